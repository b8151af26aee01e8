"""A device decides from a plan as the golden cases say; the server's tests run them, too."""

from __future__ import annotations

from typing import Any

import pytest

from client_sdk.contracts.codec import DecodeError, decode
from client_sdk.contracts.experiment import ExperimentPlan
from client_sdk.contracts.planning import VariantReason, allot, render_arm
from client_sdk.contracts.tutorial import TutorialConfig
from tests.contracts.wire_cases import load_case_file

PLANS = load_case_file("plans")
RENDERING = load_case_file("rendering")
ANSWERS = {
    persona: decode(TutorialConfig, answer)
    for persona, answer in RENDERING["answers"].items()
}


def shown(config: TutorialConfig) -> list[str]:
    return [
        f"{s.id}|{s.title}|{s.body}|{s.target or ''}|{s.cta}|{s.xp}"
        + "".join(
            f"|{t.language}:{t.title or ''},{t.body or ''},{t.cta or ''}"
            for t in s.texts or ()
        )
        for s in config.steps
    ]


@pytest.mark.parametrize("case", PLANS["cases"], ids=lambda case: case["name"])
def test_a_user_falls_into_the_arm_of_the_case(case: dict[str, Any]):
    plan = decode(ExperimentPlan, case["plan"])

    allotment = allot(plan, case["userId"], kept=case.get("kept"))

    assert (allotment.variant, allotment.reason) == (case["variant"], case["reason"])


def test_without_an_experiment_there_is_nothing_to_decide():
    assert allot(None, "x").reason is VariantReason.DISABLED


@pytest.mark.parametrize("case", RENDERING["cases"], ids=lambda case: case["name"])
def test_an_arm_is_rendered_as_the_case_says(case: dict[str, Any]):
    rendered = render_arm(ANSWERS[case["persona"]], case["variant"])

    assert shown(rendered) == case["shown"]
    assert rendered.variant == case["variant"]


@pytest.mark.parametrize("case", RENDERING["cases"], ids=lambda case: case["name"])
def test_an_arm_is_rendered_from_any_other_arm_alike(case: dict[str, Any]):
    """What was rendered once carries all that is needed for the others."""
    first = ANSWERS[case["persona"]]
    other = render_arm(first, "g_short")

    assert render_arm(other, case["variant"]) == render_arm(first, case["variant"])
    assert render_arm(other, first.variant) == first


def test_a_change_that_we_do_not_know_is_an_error():
    answer = RENDERING["answers"]["newbie"]
    arm = {"id": "g_new", "weight": 1, "overrides": [{"swap": "a"}]}
    plan = {**answer["experiment"], "variants": [arm]}
    newer = decode(TutorialConfig, {**answer, "experiment": plan})

    with pytest.raises(DecodeError):
        render_arm(newer, "g_new")


def test_an_arm_without_steps_is_an_error():
    answer = RENDERING["answers"]["team-manager"]
    overrides = [{"omit": step["id"]} for step in answer["steps"]]
    plan = {
        **answer["experiment"],
        "variants": [{"id": "empty", "weight": 1, "overrides": overrides}],
    }

    with pytest.raises(DecodeError):
        render_arm(decode(TutorialConfig, {**answer, "experiment": plan}), "empty")
