"""Schemathesis sends what the OpenAPI document allows and what it forbids, and holds the answers to the document."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from answering import Canned
from redness_qa.api.refusals import REFUSALS
from test_api import build

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
CODES = {refusal.code for refusal in REFUSALS}

schema = schemathesis.openapi.from_asgi("/openapi.json", build(Canned()))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@schema.parametrize()
@settings(
    max_examples=150,
    derandomize=True,  # the same cases in every run
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
def test_the_document_holds_under_attack(case: Case[Any]) -> None:
    response = case.call_and_validate(checks=CHECKS)

    assert response.headers["x-content-type-options"] == ["nosniff"]
    if response.status_code >= 400:
        assert response.json()["code"] in CODES
