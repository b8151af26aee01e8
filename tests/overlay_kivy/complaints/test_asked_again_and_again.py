"""Complaint 15: the survey came again and again, for each tutorial and after each start."""

from __future__ import annotations

import pytest

from client_sdk._clock import SystemClock
from client_sdk.contracts.behaviour import MissingTarget
from client_sdk.contracts.step import StepKind
from overlay_kivy.testing import advance_frames, wait_for
from tests.overlay_kivy.surveys import SCORE, survey_of
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

SURVEY = survey_of(SCORE)
ONE = make_step("one")
DAY_SECONDS = 86_400


class Calendar(SystemClock):
    """The machine's clock, some days later."""

    def __init__(self) -> None:
        self.days = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.days * DAY_SECONDS * 1000


@pytest.fixture
def calendar(stage):
    """The dates that the client goes by."""
    stage.clock = calendar = Calendar()
    stage.restart_app()
    return calendar


def publish(stage):
    """Let the server have two tutorials that ask the same."""
    stage.publish(ONE, survey=SURVEY)
    stage.publish(make_step("news"), survey=SURVEY, tutorial_id="news")


def play(stage, tutorial_id=TOUR, *taps):
    """Go through a tutorial and press what is named; return whether it asked."""
    stage.events.clear()
    stage.overlay.run(tutorial_id, restart=True)
    wait_for(lambda: stage.overlay.is_open)
    stage.press("next")
    wait_for(lambda: stage.seen("survey", "dismiss"))
    asked = bool(stage.seen("survey"))
    for name in taps if asked else ():
        stage.press(name)
    wait_for(lambda: not stage.overlay.is_open)
    advance_frames(2)
    return asked


def answers(stage):
    stage.client.flush(timeout_seconds=5)
    return len(stage.server.surveys)


def test_who_has_answered_is_asked_by_no_tutorial_for_thirty_days(stage, calendar):
    publish(stage)
    assert play(stage, TOUR, "score-9", "submit")

    asked = []
    for calendar.days in (0, 1, 29):
        asked += [play(stage, TOUR), play(stage, "news")]

    assert asked == [False] * 6
    assert answers(stage) == 1


def test_who_answered_a_month_ago_is_asked_again(stage, calendar):
    publish(stage)
    play(stage, TOUR, "score-9", "submit")

    calendar.days = 31

    assert play(stage, "news", "score-3", "submit")
    assert answers(stage) == 2


def test_answer_that_still_waits_for_a_network_counts_after_a_restart(stage):
    publish(stage)
    sessions = [stage.client.tutorial(one) for one in (TOUR, "news")]
    wait_for(lambda: all(one.config for one in sessions))
    stage.server.online = False
    play(stage, TOUR, "score-9", "submit")

    stage.restart_app()

    assert not play(stage, "news")
    assert stage.server.surveys == {}


def test_part_of_an_answer_counts_too(stage):
    publish(stage)
    assert play(stage, TOUR, "score-2", "not-now")

    assert not play(stage, "news")
    assert answers(stage) == 1


def test_who_said_not_now_is_not_asked_by_that_run_again(stage):
    publish(stage)
    assert play(stage, TOUR, "not-now")
    stage.events.clear()

    stage.restart_app()
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.overlay.session is None)

    assert stage.events == []
    assert answers(stage) == 0


def test_who_said_not_now_is_asked_by_no_tutorial_for_thirty_days(stage, calendar):
    publish(stage)
    assert play(stage, TOUR, "not-now")

    asked = []
    for calendar.days in (0, 1, 29):
        asked += [play(stage, TOUR), play(stage, "news")]
    calendar.days = 31

    assert asked == [False] * 6
    assert play(stage, "news", "score-3", "submit")
    assert answers(stage) == 1


def test_app_that_skips_the_survey_for_the_user_has_it_counted_once_it_was_shown(stage):
    publish(stage)
    stage.run(ONE, survey=SURVEY)
    stage.press("next")
    stage.overlay.skip()

    assert not play(stage, "news")


def test_survey_that_was_not_shown_does_not_count(stage):
    publish(stage)
    gone = make_step("gone", target="gone", on_missing_target=MissingTarget.SKIP)
    stage.publish(gone, survey=SURVEY)
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.seen("dismiss"))
    stage.publish(ONE, survey=SURVEY, tutorial_id="hidden")
    stage.overlay.run("hidden")
    wait_for(lambda: stage.overlay.is_open)
    with stage.overlay.suspended("a call"):
        stage.overlay.next()
        stage.overlay.skip()

    assert not stage.seen("survey")
    assert play(stage, "news", "not-now")


def test_step_that_would_ask_is_left_out_and_not_counted(stage):
    publish(stage)
    play(stage, TOUR, "score-9", "submit")
    ask = make_step("ask", kind=StepKind.SURVEY)
    steps = make_step("a"), ask, make_step("b")
    stage.publish(*steps, survey=SURVEY, tutorial_id="other")
    stage.overlay.run("other")
    stage.wait_for_step("a")

    assert stage.card.ids.caption.text == "1 of 2"
    stage.press("next")
    stage.wait_for_step("b")
