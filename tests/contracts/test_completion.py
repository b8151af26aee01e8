"""A tutorial is complete when what everybody meets of it is completed."""

from __future__ import annotations

from typing import Any

import pytest

from client_sdk.contracts.behaviour import Branch, MissingTarget
from client_sdk.contracts.completion import required_steps
from client_sdk.contracts.step import Step, StepKind


def step(name: str, *to: str, **fields: Any) -> Step:
    """Return a step with a branch to each of these."""
    branches = tuple(Branch(condition="c", to=each) for each in to) or None
    return Step(id=name, title=name, branches=branches, **fields)


@pytest.mark.parametrize(
    ("steps", "required"),
    [
        pytest.param([step("a"), step("b")], "ab", id="plain"),
        pytest.param(
            [step("a"), step("b", show_on="x"), step("c")], "ac", id="show-on"
        ),
        pytest.param(
            [step("a"), step("b", kind=StepKind.SURVEY), step("c")], "ac", id="survey"
        ),
        pytest.param(
            [step("a"), step("b", on_missing_target=MissingTarget.SKIP)], "a", id="skip"
        ),
        pytest.param(
            [step("a"), step("b", on_missing_target=MissingTarget.WAIT)],
            "ab",
            id="wait",
        ),
        pytest.param(
            [step("a", "c"), step("b"), step("c"), step("d")], "acd", id="branch"
        ),
        pytest.param(
            [step("a", "c"), step("b", "d"), step("c"), step("d")], "ad", id="fork"
        ),
        pytest.param([step("a"), step("b", "a"), step("c")], "abc", id="way-back"),
        pytest.param([step("a", "gone"), step("b")], "ab", id="nowhere"),
        pytest.param([step("a", show_on="x")], "a", id="nothing-for-everybody"),
    ],
)
def test_what_may_be_left_out_is_not_required(steps: list[Step], required: str):
    assert required_steps(steps) == set(required)
