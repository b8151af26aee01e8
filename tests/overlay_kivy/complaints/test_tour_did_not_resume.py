"""Complaint 7: after a restart the tour began anew, or stood at a step that is not there any more."""

from __future__ import annotations

import pytest

from client_sdk.contracts.behaviour import AdvanceKind, AdvanceOn, Hook, MissingTarget
from client_sdk.contracts.step import StepKind
from overlay_kivy.testing import wait_for
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

ONE, END = make_step("one"), make_step("end")


def restart(stage):
    stage.restart_app()
    stage.events.clear()
    stage.overlay.run(TOUR)


def test_step_whose_target_is_gone_is_left_when_the_tour_resumes(stage):
    late = make_step(
        "late",
        target="new-project",
        on_missing_target=MissingTarget.SKIP,
        target_wait_ms=50,
    )
    stage.run(ONE, late, END)
    stage.press("next")
    stage.wait_for_step("late")
    stage.app.ids.add.tour_id = "renamed"

    restart(stage)

    stage.wait_for_step("end")
    assert stage.seen("step", "error") == [
        ("error", "late: target_missing"),
        ("step", "end"),
    ]


def test_wait_goes_on_after_a_restart(stage):
    made = AdvanceOn(kind=AdvanceKind.EVENT, name="made")
    stage.run(ONE, make_step("do-it", kind=StepKind.WAIT, advance_on=made), END)
    stage.press("next")
    wait_for(lambda: stage.shown == "do-it")

    restart(stage)
    wait_for(lambda: stage.shown == "do-it")
    stage.overlay.emit("made")

    stage.wait_for_step("end")


def test_what_a_step_has_opened_is_opened_again_after_a_restart(stage):
    calls = []
    stage.overlay.hooks["open_menu"] = lambda: calls.append("first start")
    stage.run(ONE, make_step("menu", before=Hook(name="open_menu")))
    stage.press("next")
    stage.wait_for_step("menu")

    stage.restart_app()
    stage.overlay.hooks["open_menu"] = lambda: calls.append("second start")
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.overlay.is_open)

    assert calls == ["first start", "second start"]
