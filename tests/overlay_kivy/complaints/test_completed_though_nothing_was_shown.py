"""Complaint 14: the funnel said that users had completed what none of them had seen."""

from __future__ import annotations

import pytest

from client_sdk import SurveyPrompt
from client_sdk.contracts.behaviour import AdvanceKind, AdvanceOn, MissingTarget
from client_sdk.contracts.step import StepKind
from overlay_kivy.testing import wait_for
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

QUESTION = SurveyPrompt(question="How likely are you to recommend us?")


def gone(step_id, **fields):
    return make_step(
        step_id,
        target="nowhere",
        target_wait_ms=0,
        on_missing_target=MissingTarget.SKIP,
        **fields,
    )


def completed(stage):
    return [step for step, status in stage.delivered() if status == "completed"]


def test_tour_without_any_of_its_targets_ends_as_missing_and_asks_nothing(stage):
    stage.publish(gone("one"), gone("two"), survey=QUESTION)
    stage.overlay.run(TOUR)
    wait_for(lambda: not stage.overlay.is_running and stage.events)

    assert stage.events == [
        ("error", "one: target_missing"),
        ("error", "two: target_missing"),
        ("dismiss", "target_missing"),
    ]
    assert completed(stage) == []
    assert stage.server.surveys == {}


def test_survey_follows_a_tour_of_which_something_was_seen(stage):
    stage.run(make_step("one"), gone("two"), survey=QUESTION)
    stage.press("next")
    wait_for(lambda: stage.overlay.control("submit"))

    assert completed(stage) == ["one"]


def test_step_that_the_app_leaves_before_it_is_shown_is_not_completed(stage):
    late = make_step("late", target="nowhere", on_missing_target=MissingTarget.WAIT)
    stage.publish(late, make_step("next"))
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.overlay.is_running)

    stage.overlay.next()
    stage.wait_for_step("next")

    assert completed(stage) == []


def test_wait_that_nothing_can_end_is_passed_over(stage, caplog):
    stage.publish(make_step("pause", kind=StepKind.WAIT), make_step("next"))
    stage.overlay.run(TOUR)
    stage.wait_for_step("next")

    assert completed(stage) == []
    assert "waits for nothing" in caplog.text


def test_wait_that_has_ended_is_completed(stage):
    happens = AdvanceOn(kind=AdvanceKind.EVENT, name="made")
    stage.publish(
        make_step("do-it", kind=StepKind.WAIT, advance_on=happens), make_step("next")
    )
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.shown == "do-it")
    assert stage.layer is None

    stage.overlay.emit("made")
    stage.wait_for_step("next")

    assert completed(stage) == ["do-it"]
