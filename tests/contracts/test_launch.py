"""Server and device decide alike which tutorial may start: the golden cases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from client_sdk.contracts.codec import decode, parse_timestamp
from client_sdk.contracts.launch import (
    LaunchFacts,
    LaunchReason,
    may_start,
    rule_checks,
)
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


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["name"])
def test_the_first_rule_that_is_not_met_gives_the_reason(case: dict[str, Any]):
    """What a person reads is what was decided."""
    rules = decode(Rules, case["rules"]) if "rules" in case else None
    facts = decode(LaunchFacts, case["facts"])

    checks = rule_checks(rules, facts, parse_timestamp(GOLDEN["now"]))

    against = [check.reason for check in checks if not check.is_met]
    assert (against or [LaunchReason.OK])[0] == case["reason"]
    assert all(check.detail for check in checks)


IDS = st.lists(st.sampled_from("abc"), max_size=3).map(tuple)
MOMENTS = st.datetimes(
    datetime.fromisoformat("2026-01-01"),
    datetime.fromisoformat("2026-01-03"),
    timezones=st.just(UTC),
)
RULES = st.builds(
    Rules,
    devices=st.none() | IDS,
    personas=st.none() | IDS,
    starts_at=st.none() | MOMENTS,
    ends_at=st.none() | MOMENTS,
    requires=IDS,
    repeatable=st.booleans(),
    max_runs=st.none() | st.integers(1, 3),
    cooldown_seconds=st.none() | st.integers(1, 100_000),
)
FACTS = st.builds(
    LaunchFacts,
    device=st.sampled_from("abc"),
    persona=st.sampled_from("abc"),
    finished=IDS,
    is_finished=st.booleans(),
    is_unfinished=st.booleans(),
    runs=st.integers(0, 3),
    last_run_at=st.none() | MOMENTS,
)


@given(RULES, FACTS, MOMENTS)
def test_the_checks_and_the_decision_agree_always(
    rules: Rules, facts: LaunchFacts, now: datetime
):
    against = [c.reason for c in rule_checks(rules, facts, now) if not c.is_met]

    assert (against or [LaunchReason.OK])[0] is may_start(rules, facts, now)
