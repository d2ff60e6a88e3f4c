"""Figures as numbers of a JSON record."""

from __future__ import annotations

from typing import Any

from redness_qa.metrics import Estimate, Share


def share_json(share: Share) -> dict[str, Any]:
    """Give a share as `value`, `low`, `high`, `count` and `total`; the value is None where no case was looked at."""
    low, high = share.interval
    value = share.value if share.total else None
    return {"value": value, "low": low, "high": high, "count": share.count, "total": share.total}


def estimate_json(estimate: Estimate) -> dict[str, Any]:
    """Give a figure as `value`, `low`, `high` and `total`; the value is None where no case was looked at."""
    value = estimate.value if estimate.total else None
    return {"value": value, "low": estimate.low, "high": estimate.high, "total": estimate.total}
