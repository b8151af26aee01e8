"""A tour by keyboard alone."""

from __future__ import annotations

import pytest
from kivy.base import EventLoop

from client_sdk.contracts.behaviour import AdvanceKind, AdvanceOn
from overlay_kivy.testing import KEY_CODES, advance_frames, press_key, tap_widget
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui

STEPS = (make_step("a"), make_step("b"), make_step("c"))


def focused(stage):
    return [one.name for one in stage.card.controls if one.has_focus]


def test_tab_goes_round_the_cards_controls_and_never_out_of_it(stage):
    stage.run(*STEPS)
    press_key("right")
    names = [one.name for one in stage.card.controls]
    assert {"skip", "back", "next"} <= set(names)

    seen = []
    for _ in range(len(names) + 1):
        press_key("tab")
        seen += focused(stage)

    assert seen == [*names, names[0]]


def test_shift_and_tab_go_the_other_way(stage):
    stage.run(*STEPS)
    names = [one.name for one in stage.card.controls]

    press_key("tab", "shift")
    assert focused(stage) == [names[-1]]
    press_key("tab", "shift")
    assert focused(stage) == [names[-2]]


def test_enter_presses_what_has_the_focus(stage):
    stage.run(*STEPS)
    press_key("tab")
    assert focused(stage) == ["skip"]

    press_key("enter")

    assert stage.events[-1] == ("dismiss", "skipped")


@pytest.mark.parametrize("name", ["enter", "right"])
def test_key_that_is_held_goes_on_by_one_step_only(stage, name):
    stage.run(*STEPS)
    window, code = EventLoop.window, KEY_CODES[name]

    for _ in range(10):
        window.dispatch("on_keyboard", code, 0, None, [])
        advance_frames(1)

    assert stage.shown == "b"
    window.dispatch("on_key_up", code, 0)
    press_key(name)
    stage.wait_for_step("c")


def test_next_card_begins_without_focus(stage):
    stage.run(*STEPS)
    while focused(stage) != ["next"]:
        press_key("tab")
    press_key("enter")
    stage.wait_for_step("b")

    assert focused(stage) == []


def test_arrows_are_mirrored_where_text_runs_from_right_to_left(stage):
    stage.overlay.is_rtl = True
    stage.run(*STEPS)

    press_key("left")
    assert stage.shown == "b"
    press_key("right")
    assert stage.shown == "a"


def test_tap_on_the_target_reaches_the_app_and_completes_the_step(stage):
    tap_it = AdvanceOn(kind=AdvanceKind.TAP)
    stage.run(make_step("a", target="new-project", advance_on=tap_it), make_step("b"))

    tap_widget(stage.app.ids.add)
    stage.wait_for_step("b")

    assert stage.app.additions == 1
    assert ("a", "completed") in stage.delivered()
