"""Questions kept for the front desk: off unless the settings name a number of days, and without who asked."""

from __future__ import annotations

from redness_qa.records.redaction import redact
from redness_qa.records.store import Record, Store

__all__ = ["Record", "Store", "redact"]
