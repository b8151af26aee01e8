"""Complaint 8: Android's back key did nothing, or closed the app, and nobody was told.

Kivy reports the key, the gesture and Esc as one and the same.
"""

from __future__ import annotations

import pytest
from kivy.base import EventLoop

from client_sdk.contracts.behaviour import AdvanceKind, AdvanceOn
from client_sdk.contracts.step import StepKind
from overlay_kivy.testing import advance_frames, press_key, tap_widget, wait_for
from tests.overlay_kivy.surveys import EASE, SCORE, survey_of
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui

STEPS = make_step("one"), make_step("two", target="new-project"), make_step("three")


@pytest.fixture
def app_keys():
    """The keys that reach the app, as a handler of its own that leaves upon "back"."""
    keys = []

    def on_key(_window, code, *_args):
        keys.append(code)
        return True

    EventLoop.window.bind(on_keyboard=on_key)
    yield keys
    EventLoop.window.unbind(on_keyboard=on_key)


def assert_app_has_its_touches(stage):
    tap_widget(stage.app.ids.add)
    assert stage.app.additions == 1


def test_back_goes_a_step_back_and_from_the_first_one_out_of_the_tour(app_keys, stage):
    stage.run(*STEPS)
    for step_id in ("two", "three"):
        press_key("right")
        stage.wait_for_step(step_id)

    for step_id in ("two", "one"):
        press_key("escape")
        stage.wait_for_step(step_id)
    press_key("escape")

    assert stage.layer is None
    assert stage.events[-1] == ("dismiss", "dismissed")
    assert ("one", "dismissed") in stage.delivered()
    assert app_keys == [], "the app left, too"
    assert_app_has_its_touches(stage)


def test_back_is_the_apps_again_when_the_tour_has_gone(app_keys, stage):
    stage.run(make_step("one"))
    press_key("escape")
    press_key("escape")

    assert app_keys == [27]


@pytest.mark.parametrize(
    ("action", "shown", "reason"),
    [("back", "one", None), ("dismiss", "two", "dismissed"), ("none", "two", None)],
)
def test_app_chooses_what_back_does(stage, action, shown, reason):
    stage.overlay.escape_action = action
    stage.run(*STEPS)
    stage.press("next")
    stage.wait_for_step("two")

    press_key("escape")
    advance_frames(3)

    assert stage.shown == shown
    assert dict(stage.events).get("dismiss") == reason


def test_back_leaves_whatever_steps_are_left_out_before_this_one(stage):
    stage.overlay.conditions["no"] = lambda: False
    stage.run(make_step("hidden", show_on="no"), make_step("one"))

    press_key("escape")

    assert stage.events[-1] == ("dismiss", "dismissed")
    assert_app_has_its_touches(stage)


@pytest.mark.parametrize("kind", [StepKind.BANNER, StepKind.HOTSPOT])
def test_back_is_the_apps_own_beside_what_leaves_the_app_to_the_user(
    app_keys, stage, kind
):
    stage.run(make_step("one", kind=kind, target="new-project"))
    press_key("escape")

    assert app_keys == [27]
    assert stage.overlay.is_open


def test_back_is_the_apps_own_while_a_step_waits(app_keys, stage):
    made = AdvanceOn(kind=AdvanceKind.EVENT, name="made")
    wait = make_step("wait", kind=StepKind.WAIT, advance_on=made)
    stage.run(make_step("one"), wait, make_step("two"))
    stage.press("next")
    wait_for(lambda: stage.shown == "wait")
    press_key("escape")

    assert app_keys == [27]
    assert stage.overlay.is_running


def test_back_leaves_the_field_then_the_page_then_the_survey(app_keys, stage):
    stage.run(make_step("one"), survey=survey_of(EASE, SCORE))
    stage.press("next")
    wait_for(lambda: stage.overlay.control("next"))
    stage.press("next")
    assert stage.overlay.control("score-9")

    press_key("escape")
    assert stage.overlay.control("ease-3")
    press_key("escape")

    assert stage.layer is None
    assert stage.events[-1] == ("dismiss", "finished")
    assert app_keys == []
    stage.delivered()
    assert stage.server.surveys == {}
