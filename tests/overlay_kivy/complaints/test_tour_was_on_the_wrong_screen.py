"""Complaint 6: the card came on another screen than its step, or pulled the user back to it."""

from __future__ import annotations

import pytest

from client_sdk.contracts.behaviour import AdvanceKind, AdvanceOn, MissingTarget
from client_sdk.contracts.step import StepKind
from overlay_kivy.testing import tap_widget, wait_for
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui

HERE = make_step("here", screen="projects", target="row-0")
THERE = make_step("there", screen="team", target="invite")


def test_each_step_is_shown_on_its_own_screen_forwards_and_backwards(stage):
    stage.run(HERE, THERE)
    seen = []
    for name, step_id in (("next", "there"), ("back", "here"), ("next", "there")):
        stage.press(name)
        stage.wait_for_step(step_id)
        seen.append(stage.app.ids.screens.current)

    assert seen == ["team", "projects", "team"]


def test_user_who_leaves_the_screen_is_not_pulled_back(stage):
    step = make_step(
        "there",
        screen="team",
        target="invite",
        on_missing_target=MissingTarget.WAIT,
        target_wait_ms=50,
    )
    stage.run(step)
    stage.app.show("projects")
    wait_for(lambda: stage.seen("error"))
    stage.settle()
    assert stage.layer is None
    assert stage.app.ids.screens.current == "projects"

    stage.app.show("team")

    wait_for(lambda: stage.layer)
    assert stage.seen("recovered") == [("recovered", "there")]


def test_target_that_leads_to_the_next_screen_takes_the_tour_along(stage):
    tap_it = AdvanceOn(kind=AdvanceKind.TAP)
    stage.run(
        make_step("tab", target="team-tab", advance_on=tap_it),
        make_step("invite", target="invite"),
    )

    tap_widget(stage.app.ids.team_tab)
    stage.wait_for_step("invite")

    assert stage.app.ids.screens.current == "team"
    assert stage.hole


def test_user_finds_the_way_alone_while_a_step_waits(stage):
    arrived = AdvanceOn(kind=AdvanceKind.EVENT, name="team_opened")
    stage.run(
        make_step("hello"),
        make_step("go", kind=StepKind.WAIT, advance_on=arrived),
        make_step("invite", target="invite"),
    )
    stage.press("next")
    wait_for(lambda: stage.shown == "go")
    assert stage.layer is None

    tap_widget(stage.app.ids.team_tab)
    stage.overlay.emit("team_opened")

    stage.wait_for_step("invite")
    assert stage.hole
