"""What the app can do with a tour that runs."""

from __future__ import annotations

import pytest

from client_sdk import SurveyPrompt
from overlay_kivy.testing import advance_frames, tap_widget, wait_for
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

QUESTION = SurveyPrompt(question="How likely are you to recommend us?")
STEPS = (make_step("a"), make_step("b", target="new-project"), make_step("c"))


def place(overlay):
    step = overlay.current_step
    return (step.id if step else None, overlay.index, overlay.size)


def test_overlay_tells_where_the_tour_is(stage):
    overlay = stage.overlay
    assert place(overlay) == (None, None, 0)
    assert not any([overlay.is_running, overlay.is_first_step, overlay.is_last_step])

    stage.run(*STEPS)
    assert place(overlay) == ("a", 0, 3)
    assert overlay.is_running
    assert overlay.is_first_step

    overlay.go_to("c")
    assert place(overlay) == ("c", 2, 3)
    assert overlay.is_last_step
    assert not overlay.is_first_step


def test_app_steps_through_the_tour_as_its_buttons_do(stage):
    stage.run(*STEPS)
    stage.overlay.next()
    stage.wait_for_step("b")
    stage.overlay.back()
    stage.wait_for_step("a")
    stage.overlay.go_to("c")
    stage.wait_for_step("c")
    stage.overlay.go_to("nowhere")
    assert stage.overlay.current_step.id == "c"

    stage.overlay.skip()

    assert stage.events[-1] == ("dismiss", "skipped")


def test_controls_do_nothing_without_a_tour(stage):
    overlay = stage.overlay
    for move in (
        overlay.next,
        overlay.back,
        overlay.skip,
        overlay.pause,
        overlay.resume,
    ):
        move()
    overlay.go_to("a")
    overlay.emit("made")
    overlay.refresh()
    advance_frames(3)

    assert stage.events == []


def test_survey_that_the_app_goes_on_from_is_not_answered(stage):
    stage.run(make_step("a"), survey=QUESTION)
    stage.overlay.next()
    wait_for(lambda: stage.overlay.control("submit"))

    stage.overlay.next()

    assert stage.events[-1] == ("dismiss", "finished")
    stage.delivered()
    assert stage.server.surveys == {}


def test_paused_tour_shows_nothing_and_goes_on_at_its_step_and_screen(stage):
    stage.run(make_step("a"), make_step("t", screen="team", target="invite"))
    stage.press("next")
    stage.wait_for_step("t")

    stage.overlay.pause()
    assert stage.layer is None
    assert stage.overlay.is_paused
    tap_widget(stage.app.ids.add)
    assert stage.app.additions == 1
    stage.overlay.next()
    stage.app.show("projects")
    advance_frames(3)
    assert stage.overlay.current_step.id == "t"

    stage.overlay.resume()
    wait_for(lambda: stage.overlay.is_open)

    assert stage.app.ids.screens.current == "team"
    assert stage.seen("step", "pause", "resume") == [
        ("step", "a"),
        ("step", "t"),
        ("pause", None),
        ("resume", None),
    ]


def test_running_a_paused_tour_resumes_it(stage):
    stage.run(*STEPS)
    stage.overlay.pause()

    stage.overlay.run(TOUR)

    wait_for(lambda: stage.overlay.is_open)
    assert not stage.overlay.is_paused


def test_step_returns_when_the_last_reason_to_hide_it_is_gone(stage):
    stage.run(*STEPS)
    stage.overlay.next()
    stage.wait_for_step("b")

    stage.overlay.suspend("call")
    with stage.overlay.suspended("dialog"):
        stage.overlay.unsuspend("call")
        stage.overlay.unsuspend("never given")
        stage.settle()
        assert stage.layer is None
        assert stage.overlay.is_suspended
        tap_widget(stage.app.ids.add)
    wait_for(lambda: stage.overlay.is_open)

    assert stage.app.additions == 1
    assert stage.seen("step") == [("step", "a"), ("step", "b")]
    assert stage.hole


def test_reason_that_was_given_twice_is_taken_back_twice(stage):
    stage.run(*STEPS)
    stage.overlay.suspend("call")
    stage.overlay.suspend("call")
    stage.overlay.unsuspend("call")
    stage.settle()
    assert stage.layer is None

    stage.overlay.unsuspend("call")
    wait_for(lambda: stage.layer)


def test_tour_that_begins_while_nothing_may_be_shown_appears_afterwards(stage):
    stage.overlay.suspend("call")
    stage.publish(*STEPS)
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.overlay.is_running)
    stage.settle()
    assert stage.layer is None
    assert stage.events == []

    stage.overlay.unsuspend("call")

    stage.wait_for_step("a")


def test_survey_returns_too(stage):
    stage.run(make_step("a"), survey=QUESTION)
    stage.press("next")
    with stage.overlay.suspended("call"):
        assert stage.layer is None
    wait_for(lambda: stage.overlay.control("submit"))

    assert stage.events.count(("survey", QUESTION.question)) == 1


def test_client_that_is_closed_takes_its_tour_along(stage):
    stage.run(*STEPS)
    stage.client.close()
    wait_for(lambda: not stage.overlay.is_running)

    assert stage.layer is None
    assert stage.events[-1] == ("dismiss", "closed")
