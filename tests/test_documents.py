"""What SECURITY.md and PRIVACY.md promise is there."""

from __future__ import annotations

import re
from pathlib import Path

from redness_qa.api.intake import BODY_SECONDS, MAX_BODY_BYTES
from redness_qa.serving.connections import HEAD_SECONDS, MAX_CONNECTIONS_OF_A_CLIENT

ROOT = Path(__file__).resolve().parent.parent
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PRIVACY = (ROOT / "PRIVACY.md").read_text(encoding="utf-8")


def test_the_tests_that_are_named_are_there() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", SECURITY))

    assert len(named) > 25
    assert {name for name in named if f"def {name}(" not in code} == set()


def test_the_bounds_that_are_named_are_the_bounds() -> None:
    assert f"{MAX_BODY_BYTES // 1000} kB" in SECURITY
    assert f"{HEAD_SECONDS:.0f} seconds" in SECURITY
    assert HEAD_SECONDS == BODY_SECONDS
    assert f"{MAX_CONNECTIONS_OF_A_CLIENT} connections" in SECURITY


def test_the_settings_that_are_named_are_settings() -> None:
    settings = (ROOT / "src" / "redness_qa" / "settings.py").read_text(encoding="utf-8")

    for name in re.findall(r"REDNESS_QA_[A-Z_]+", SECURITY + PRIVACY):
        assert f'"{name}"' in settings
