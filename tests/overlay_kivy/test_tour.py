"""A tour from its first card to its end, by touches and keys."""

from __future__ import annotations

import pytest
from kivy.uix.widget import Widget

from client_sdk import SessionStatus, SurveyPrompt
from overlay_kivy.testing import (
    advance_frames,
    drag,
    press_key,
    tap,
    tap_widget,
    touching,
    wait_for,
)
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

QUESTION = SurveyPrompt(question="How likely are you to recommend us?")
THREE = (
    make_step("welcome"),
    make_step("new", target="new-project"),
    make_step("team", target="invite", screen="team"),
)


def test_tour_runs_from_first_card_to_thanks_by_touches_alone(stage):
    stage.run(*THREE, survey=QUESTION)

    stage.press("next")
    stage.wait_for_step("new")
    stage.press("next")
    stage.wait_for_step("team")
    stage.press("next")
    stage.press("nps-9")
    stage.press("submit")
    wait_for(lambda: not stage.overlay.is_open)

    assert stage.events == [
        ("pre_open", None),
        ("open", None),
        ("step", "welcome"),
        ("step", "new"),
        ("step", "team"),
        ("survey", QUESTION.question),
        ("dismiss", "finished"),
    ]
    assert stage.delivered() == [
        ("welcome", "started"),
        ("welcome", "completed"),
        ("new", "started"),
        ("new", "completed"),
        ("team", "started"),
        ("team", "completed"),
    ]
    assert [answer["nps"] for answer in stage.server.surveys.values()] == [9]


def test_tour_waits_for_its_content_and_opens_when_it_comes(stage):
    stage.server.online = False
    stage.publish(*THREE)
    stage.overlay.run(TOUR)
    advance_frames(5)

    assert not stage.overlay.is_open
    assert stage.layer is None

    stage.server.online = True
    stage.client.wake()

    stage.wait_for_step("welcome")


def test_tour_resumes_after_a_restart_where_the_user_was(stage):
    stage.run(*THREE)
    stage.press("next")
    stage.wait_for_step("new")

    stage.server.online = False
    stage.restart_app()
    stage.events.clear()
    stage.overlay.run(TOUR)

    wait_for(lambda: stage.overlay.is_open)
    assert stage.shown == "new"


def test_survey_is_shown_again_after_a_restart_in_the_middle_of_it(stage):
    stage.run(make_step("welcome"), survey=QUESTION)
    stage.press("next")
    assert stage.overlay.control("submit") is not None

    stage.restart_app()
    stage.overlay.run(TOUR)

    wait_for(lambda: stage.overlay.control("submit"))


@pytest.mark.parametrize("way_out", ["next", "skip"])
def test_tour_that_ended_is_not_shown_again_unless_asked(stage, way_out):
    stage.run(*([THREE[0]] if way_out == "next" else THREE))
    stage.press(way_out)
    wait_for(lambda: not stage.overlay.is_open)

    stage.overlay.run(TOUR)
    advance_frames(5)
    assert not stage.overlay.is_open

    stage.overlay.run(TOUR, restart=True)
    wait_for(lambda: stage.overlay.is_open)


def test_running_the_same_tour_twice_changes_nothing(stage):
    stage.run(*THREE)
    stage.press("next")
    stage.wait_for_step("new")

    stage.overlay.run(TOUR)
    advance_frames(5)

    assert stage.events.count(("open", None)) == 1
    assert stage.shown == "new"


def test_tour_that_is_awaited_can_be_given_up(stage):
    stage.server.online = False
    stage.overlay.run(TOUR)
    stage.overlay.close()

    stage.publish(*THREE)
    stage.server.online = True
    stage.client.wake()
    stage.client.flush(timeout_seconds=5)
    advance_frames(5)

    assert stage.layer is None
    assert stage.events == []


def test_bridge_call_of_the_specification_runs_the_tour(stage):
    stage.publish(*THREE)
    stage.overlay.show_overlay({"tutorialId": TOUR, "anything": "else"})

    stage.wait_for_step("welcome")


@pytest.mark.parametrize(
    "props", [{}, {"tutorialId": ""}, {"tutorialId": 7}, None, "welcome-tour", 7, []]
)
def test_bridge_call_without_an_id_says_what_is_needed(stage, props):
    with pytest.raises(ValueError, match="welcome-tour"):
        stage.overlay.show_overlay(props)


def test_back_returns_to_the_screen_of_the_step_before(stage):
    stage.run(make_step("list", target="row-0", screen="projects"), *THREE[1:])
    stage.press("next")
    stage.wait_for_step("new")
    stage.press("next")
    stage.wait_for_step("team")
    assert stage.app.ids.screens.current == "team"

    stage.press("back")

    stage.wait_for_step("new")
    assert stage.app.ids.screens.current == "projects"


def test_first_step_has_no_back_and_the_last_no_skip(stage):
    stage.run(make_step("one"), make_step("two"))
    assert stage.overlay.control("back") is None
    assert stage.overlay.control("skip") is not None

    stage.press("next")

    assert stage.overlay.control("back") is not None
    assert stage.overlay.control("skip") is None
    assert stage.overlay.control("next").text == "Done"


def test_button_says_what_the_step_says(stage):
    stage.run(make_step("one", cta="Try it"))

    assert stage.overlay.control("next").text == "Try it"


def test_skip_ends_the_tour_as_skipped(stage):
    stage.run(*THREE)
    stage.press("skip")

    assert stage.layer is None
    assert stage.events[-1] == ("dismiss", "skipped")
    assert ("welcome", "skipped") in stage.delivered()


def test_keys_step_through_the_tour(stage):
    stage.run(make_step("one"), make_step("two"), make_step("three"))

    press_key("right")
    assert stage.shown == "two"
    press_key("enter")
    assert stage.shown == "three"
    press_key("left")
    assert stage.shown == "two"
    press_key("escape")
    assert stage.shown == "one"
    press_key("left")
    assert stage.shown == "one"


def test_keys_reach_the_app_again_after_the_tour(stage):
    from kivy.base import EventLoop

    keys = []

    def on_key(_window, code, *_args):
        keys.append(code)
        return True

    EventLoop.window.bind(on_keyboard=on_key)
    stage.run(make_step("one"))
    press_key("right")
    assert keys == []

    wait_for(lambda: not stage.overlay.is_open)
    press_key("left")

    assert keys == [276]
    EventLoop.window.unbind(on_keyboard=on_key)


def test_text_field_of_the_app_loses_the_keyboard_to_the_tour(stage):
    stage.app.show("team")
    wait_for(lambda: stage.app.ids.field.get_root_window())
    stage.app.ids.field.focus = True

    stage.run(make_step("one"))

    assert not stage.app.ids.field.focus


def test_touches_outside_the_card_do_not_reach_the_app(stage):
    stage.run(*THREE)
    stage.press("next")
    stage.wait_for_step("new")

    tap_widget(stage.app.ids.add)
    tap(10, 10)

    assert stage.app.additions == 0
    assert stage.shown == "new"


def test_touches_reach_the_app_before_and_after_the_tour(stage):
    tap_widget(stage.app.ids.add)
    stage.run(make_step("one"))
    stage.press("next")
    wait_for(lambda: not stage.overlay.is_open)
    tap_widget(stage.app.ids.add)

    assert stage.app.additions == 2


class TouchLog(Widget):
    """Writes down what reaches it, and grabs nothing."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen = []

    def on_touch_down(self, touch):
        self.seen.append("down")

    def on_touch_up(self, touch):
        self.seen.append("up")


@pytest.mark.parametrize("has_step", [False, True])
def test_touch_that_began_in_the_app_ends_there(stage, has_step):
    log = TouchLog()
    stage.app.add_widget(log)

    with touching(210, 400):
        if has_step:
            stage.run(make_step("one"))

    assert log.seen == ["down", "up"]


def test_touch_that_began_on_the_overlay_never_reaches_the_app(stage):
    log = TouchLog()
    stage.app.add_widget(log)
    stage.run(make_step("one"))

    drag((20, 700), (400, 100))

    assert log.seen == []


def test_close_leaves_the_session_where_it_was(stage):
    stage.run(*THREE)
    stage.press("next")
    stage.wait_for_step("new")
    session = stage.overlay.session
    stage.overlay.close()

    assert stage.layer is None
    assert stage.events[-1] == ("dismiss", "closed")
    assert session.status is SessionStatus.RUNNING
    assert session.step.id == "new"


def test_card_moves_in_and_arrives(stage):
    stage.overlay = stage.make_overlay(motion_seconds=2)
    stage.run(*THREE)
    start = stage.card.center_y
    assert stage.card.opacity < 1
    assert stage.layer.spotlight.opacity < 1

    wait_for(lambda: stage.card.opacity == 1)

    assert stage.layer.spotlight.opacity == 1
    assert start < stage.card.center_y == pytest.approx(430, abs=1)
