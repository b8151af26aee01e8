"""How the overlay goes: it fades, and the app has everything from the first frame on."""

from __future__ import annotations

from itertools import pairwise

import pytest
from kivy.base import EventLoop
from kivy.clock import Clock

from client_sdk import SurveyPrompt
from client_sdk.contracts.behaviour import AdvanceKind, AdvanceOn
from client_sdk.contracts.step import StepKind
from overlay_kivy.layer import OverlayLayer
from overlay_kivy.testing import (
    advance_frames,
    press_key,
    resize_window,
    tap,
    tap_widget,
    touching,
    wait_for,
)
from tests.overlay_kivy.layers import brightness, drawn
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui

#: A frame lets no more of it pass than a twentieth: enough for some touches.
SLOW = 1.2
MADE = AdvanceOn(kind=AdvanceKind.EVENT, name="made")
STEPS = make_step("new", target="new-project"), make_step("two")


def scheduled():
    callbacks = (event.get_callback() for event in Clock.get_events())
    return {getattr(one, "__qualname__", repr(one)) for one in callbacks if one}


@pytest.fixture
def shown(stage):
    """Show a tour that is at rest, and takes so many seconds to go."""

    def show(seconds, *steps, survey=None):
        stage.overlay = stage.make_overlay(motion_seconds=seconds)
        stage.run(*(steps or STEPS), survey=survey)
        rest(stage)
        return stage

    return show


def rest(stage):
    wait_for(lambda: not stage.layer.is_moving)


WAYS = {
    "close": lambda stage: stage.overlay.close(),
    "skip": lambda stage: stage.press("skip"),
    "cross": lambda stage: stage.press("close"),
    "back key": lambda stage: press_key("escape"),
    "pause": lambda stage: stage.overlay.pause(),
    "suspension": lambda stage: stage.overlay.suspend("call"),
}


@pytest.mark.parametrize("way", WAYS)
def test_app_has_touches_and_keys_from_the_first_frame_of_the_fade(shown, way):
    stage = shown(SLOW)
    keys = []

    def on_key(_window, code, *_args):
        keys.append(code)
        return True

    WAYS[way](stage)
    EventLoop.window.bind(on_keyboard=on_key)

    assert stage.layer.opacity > 0.5, "there is no fade"
    assert not stage.overlay.is_open
    tap_widget(stage.app.ids.add)
    tap(*stage.layer.content.center)
    press_key("left")
    assert stage.app.additions == 1
    assert keys == [276]
    EventLoop.window.unbind(on_keyboard=on_key)


def test_everything_gets_lighter_until_the_app_is_as_it_was(shown):
    advance_frames(2)
    before = brightness(drawn())
    stage = shown(SLOW)
    light = [brightness(drawn())]
    stage.overlay.close()
    while stage.layer is not None:
        light.append(brightness(drawn()))
        advance_frames(1)
    light.append(brightness(drawn()))

    assert len(light) > 5
    # The card that goes is brighter than the scrim: no more than its share.
    assert all(b >= a - 2 for a, b in pairwise(light)), light
    assert light[-1] == pytest.approx(before, abs=0.5)
    assert max(b - a for a, b in pairwise(light)) < 0.6 * (before - light[0])


@pytest.mark.parametrize("way", ["close", "skip", "cross"])
def test_nothing_is_left_when_it_has_gone(shown, way):
    stage = shown(0.1)
    WAYS[way](stage)
    wait_for(lambda: stage.layer is None)

    assert EventLoop.window.children == [stage.app]
    wait_for(lambda: scheduled() == {"Cache._purge_by_timeout"})


@pytest.mark.parametrize("way", WAYS)
def test_it_goes_at_once_where_motion_is_unwanted(stage, way):
    stage.overlay = stage.make_overlay(motion_seconds=SLOW, reduced_motion=True)
    stage.run(*STEPS)
    WAYS[way](stage)

    assert stage.layer is None


def test_tour_that_waits_fades_and_leaves_the_app_to_the_user(shown):
    wait = make_step("wait", kind=StepKind.WAIT, advance_on=MADE)
    stage = shown(SLOW, make_step("one"), wait, make_step("two"))
    stage.press("next")
    wait_for(lambda: stage.shown == "wait")

    assert stage.layer.opacity > 0.5
    tap_widget(stage.app.ids.add)
    assert stage.app.additions == 1

    stage.overlay.emit("made")
    stage.wait_for_step("two")
    assert layers() == [stage.layer]
    assert stage.layer.opacity == 1


def layers():
    return [x for x in EventLoop.window.children if isinstance(x, OverlayLayer)]


def test_tour_that_is_resumed_in_the_middle_of_the_fade_is_there_again(shown):
    stage = shown(SLOW)
    stage.overlay.pause()
    advance_frames(2)
    stage.overlay.resume()
    wait_for(lambda: stage.overlay.is_open)

    assert len(layers()) == 1
    assert stage.layer.opacity == 1
    tap_widget(stage.app.ids.add)
    assert stage.app.additions == 0


def test_next_tour_begins_while_the_one_before_fades(shown):
    stage = shown(SLOW)
    stage.publish(make_step("news"), tutorial_id="news")
    stage.overlay.run("news")
    stage.press("skip")
    stage.wait_for_step("news")
    assert len(layers()) == 2
    assert stage.layer.is_shown, "the one that goes is above the one that comes"

    wait_for(lambda: len(layers()) == 1)
    assert stage.overlay.control("next")


def test_window_that_is_turned_in_the_middle_ends_the_fade(shown):
    stage = shown(SLOW)
    stage.overlay.close()
    resize_window(860, 420)
    advance_frames(2)

    assert stage.layer is None


def test_target_that_goes_in_the_middle_of_the_fade_is_no_matter(shown, caplog):
    stage = shown(SLOW)
    stage.overlay.close()
    stage.app.ids.add.parent.remove_widget(stage.app.ids.add.__self__)
    wait_for(lambda: stage.layer is None)

    assert stage.events[-1] == ("dismiss", "closed")
    assert "failed" not in caplog.text


def test_failure_in_the_middle_of_the_fade_ends_it(shown, caplog):
    stage = shown(SLOW)
    stage.layer.content.place = None
    stage.overlay.close()
    wait_for(lambda: stage.layer is None)

    assert "the overlay failed" in caplog.text
    wait_for(lambda: scheduled() == {"Cache._purge_by_timeout"})


def test_finger_that_is_down_on_the_card_never_reaches_the_app(shown):
    stage = shown(SLOW)
    with touching(*stage.app.ids.add.to_window(*stage.app.ids.add.center)):
        stage.overlay.close()
        advance_frames(2)

    assert stage.app.ids.add.state == "normal"
    assert stage.app.additions == 0


def test_text_field_of_the_survey_gives_its_keyboard_back(shown):
    stage = shown(SLOW, make_step("one"), survey=SurveyPrompt(question="?"))
    stage.press("next")
    advance_frames(3)
    rest(stage)
    stage.press("comment")
    field = stage.overlay.control("comment")
    assert field.focus

    stage.overlay.close()

    assert not field.focus
    assert stage.layer.opacity > 0.5


def test_thanks_that_fade_take_no_touch(shown):
    stage = shown(SLOW, make_step("one"), survey=SurveyPrompt(question="?"))
    stage.press("next")
    advance_frames(3)
    rest(stage)
    stage.press("nps-9")
    stage.press("submit")
    assert stage.card.is_thanking
    press_key("enter")
    assert stage.events[-1] == ("dismiss", "finished")

    tap_widget(stage.app.ids.add)

    assert stage.app.additions == 1
