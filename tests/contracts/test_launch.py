"""Server and device decide alike which tutorial may start: the golden cases."""

from __future__ import annotations

from typing import Any

import pytest

from client_sdk.contracts.codec import decode, parse_timestamp
from client_sdk.contracts.launch import LaunchFacts, LaunchReason, may_start
from client_sdk.contracts.tutorial import Rules
from tests.contracts.wire_cases import load_case_file

GOLDEN = load_case_file("launch")


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["name"])
def test_a_tutorial_may_start_as_its_rules_say(case: dict[str, Any]):
    rules = decode(Rules, case["rules"]) if "rules" in case else None
    facts = decode(LaunchFacts, case["facts"])

    assert may_start(rules, facts, parse_timestamp(GOLDEN["now"])) == case["reason"]


def test_every_reason_has_a_case():
    assert {case["reason"] for case in GOLDEN["cases"]} == set(LaunchReason)
