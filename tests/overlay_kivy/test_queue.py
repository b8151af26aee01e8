"""Several tutorials take turns; they never lie on each other."""

from __future__ import annotations

import pytest
from kivy.base import EventLoop

from overlay_kivy.layer import OverlayLayer
from overlay_kivy.testing import advance_frames, wait_for
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui


@pytest.fixture
def two(stage):
    stage.publish(make_step("news"), tutorial_id="news")
    stage.run(make_step("a"), make_step("b"))
    return stage


def layers():
    return [x for x in EventLoop.window.children if isinstance(x, OverlayLayer)]


@pytest.mark.parametrize("way_out", ["next", "skip"])
def test_second_tutorial_waits_until_the_first_has_ended(two, way_out):
    two.overlay.run("news")
    advance_frames(5)
    assert two.shown == "a"
    assert len(layers()) == 1

    two.press(way_out)
    if way_out == "next":
        two.wait_for_step("b")
        two.press("next")
    two.wait_for_step("news")

    assert len(layers()) == 1
    assert two.events[-4][0] == "dismiss"
    assert two.events[-3:] == [("pre_open", None), ("open", None), ("step", "news")]


def test_tutorial_that_is_asked_for_twice_is_shown_once(two):
    two.overlay.run("news")
    two.overlay.run("news")
    two.overlay.skip()
    two.wait_for_step("news")
    two.press("next")
    wait_for(lambda: two.overlay.session is None)

    assert two.events.count(("step", "news")) == 1


def test_urgent_tutorial_takes_the_place_of_the_one_that_is_shown(two):
    welcome = two.overlay.session
    two.overlay.run("news", replace=True)
    two.wait_for_step("news")

    assert ("dismiss", "replaced") in two.events
    assert welcome.step.id == "a"


def test_urgent_tutorial_goes_before_those_that_wait(two):
    two.publish(make_step("alarm"), tutorial_id="alarm")
    two.overlay.run("news")
    two.overlay.run("alarm", replace=True)
    two.wait_for_step("alarm")
    two.press("next")
    two.wait_for_step("news")

    steps = [step for name, step in two.events if name == "step"]
    assert steps == ["a", "alarm", "news"]


def test_close_takes_away_what_waits_its_turn(two):
    two.overlay.run("news")
    two.overlay.close()
    two.settle()

    assert layers() == []
    assert two.overlay.session is None
    assert two.events[-1] == ("dismiss", "closed")


def test_tutorial_without_content_holds_up_no_other(stage):
    stage.publish(make_step("a"))
    stage.overlay.run("not-there-yet")
    stage.overlay.run(TOUR)
    stage.wait_for_step("a")

    stage.publish(make_step("news"), tutorial_id="not-there-yet")
    stage.press("next")
    stage.client.wake()
    wait_for(lambda: stage.overlay.session.config is not None)

    stage.wait_for_step("news")


def test_failure_of_one_tutorial_does_not_cost_the_next(two, caplog):
    def fail(overlay, step):
        # The next one may begin in the same frame.
        overlay.unbind(on_step=fail)
        raise ZeroDivisionError(step.id)

    two.overlay.run("news")
    two.overlay.bind(on_step=fail)
    two.overlay.next()
    wait_for(lambda: ("dismiss", "failed") in two.events)

    two.wait_for_step("news")


def test_handler_of_the_end_may_run_the_next_tutorial(two):
    def go_on(overlay, _reason):
        overlay.unbind(on_dismiss=go_on)
        overlay.run("news")

    two.overlay.bind(on_dismiss=go_on)
    two.overlay.skip()

    two.wait_for_step("news")
    assert len(layers()) == 1
