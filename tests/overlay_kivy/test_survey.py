"""The survey sheet."""

from __future__ import annotations

import pytest
from kivy.base import EventLoop

from client_sdk import SurveyPrompt
from client_sdk.contracts.limits import MAX_COMMENT_LENGTH
from overlay_kivy.geometry import Rect
from overlay_kivy.targets import rect_of
from overlay_kivy.testing import (
    advance_frames,
    press_key,
    resize_window,
    tap,
    type_text,
    wait_for,
)
from tests.overlay_kivy.pixels import read_window
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui

PROMPT = SurveyPrompt(question="How likely are you to recommend us?", thanks="Thanks!")


@pytest.fixture
def survey(stage):
    """A stage on which the survey is shown."""
    stage.run(make_step("one"), survey=PROMPT)
    advance_frames(3)
    stage.press("next")
    advance_frames(2)
    return stage


def answers(stage):
    stage.client.flush(timeout_seconds=5)
    return [
        (one.get("nps"), one.get("comment", ""))
        for one in stage.server.surveys.values()
    ]


@pytest.mark.parametrize("score", [0, 6, 10])
def test_score_is_given_by_a_touch(survey, score):
    survey.press(f"nps-{score}")
    survey.press("submit")

    assert answers(survey) == [(score, "")]


def test_comment_is_sent_with_the_score(survey):
    survey.press("comment")
    type_text("  Fine, but where is dark mode?\n")
    survey.press("nps-7")
    survey.press("submit")

    assert answers(survey) == [(7, "Fine, but where is dark mode?")]


def test_last_score_that_was_touched_counts(survey):
    survey.press("nps-2")
    survey.press("nps-8")
    chosen = [
        chip
        for score in range(11)
        if (chip := survey.overlay.control(f"nps-{score}")).is_chosen
    ]
    assert [chip.score for chip in chosen] == [8]

    survey.press("submit")

    assert answers(survey) == [(8, "")]


def test_nothing_is_sent_before_a_score_is_chosen(survey):
    survey.press("submit")
    press_key("enter")

    assert survey.card.views[0].error == "Choose a score to go on."
    assert survey.overlay.control("submit") is not None
    assert answers(survey) == []


def test_what_is_missing_is_said_until_it_is_there(survey):
    survey.press("submit")
    survey.press("nps-4")

    assert survey.card.views[0].error == ""


def test_a_score_without_a_press_on_submit_goes_out_as_a_part(survey):
    survey.press("nps-4")
    survey.press("not-now")

    assert answers(survey) == [(4, "")]
    assert [one["complete"] for one in survey.server.surveys.values()] == [False]
    assert survey.layer is None


def test_a_comment_alone_goes_out_as_a_part(survey):
    survey.press("comment")
    type_text("No score from me")
    survey.press("not-now")
    survey.client.flush(timeout_seconds=5)

    (body,) = survey.server.surveys.values()
    assert body["answers"] == [{"question": "comment", "text": "No score from me"}]
    assert "nps" not in body
    assert body["complete"] is False


def test_thanks_are_shown_for_a_moment(survey):
    survey.press("nps-10")
    survey.press("submit")

    assert survey.card.is_thanking
    assert survey.overlay.control("submit") is None
    wait_for(lambda: survey.layer is None)
    assert survey.events[-1] == ("dismiss", "finished")


@pytest.mark.parametrize("way", ["touch", "escape", "enter"])
def test_thanks_go_at_once_when_the_user_has_seen_them(survey, way):
    survey.press("nps-10")
    survey.press("submit")
    if way == "touch":
        tap(200, 700)
    else:
        press_key(way)

    assert survey.layer is None
    assert answers(survey) == [(10, "")]


def test_touches_beside_the_sheet_do_not_reach_the_app(survey):
    tap(*survey.app.ids.add.center)

    assert survey.app.additions == 0
    assert survey.overlay.is_open


def test_comment_keeps_to_what_the_server_takes(survey):
    survey.press("comment")
    field = survey.overlay.control("comment")
    field.insert_text("a\x00b")
    field.insert_text("x" * 2 * MAX_COMMENT_LENGTH)

    assert field.text.startswith("abx")
    assert len(field.text) == MAX_COMMENT_LENGTH


def test_escape_in_the_comment_leaves_the_field_and_not_the_survey(survey):
    survey.press("comment")
    assert survey.overlay.control("comment").focus

    press_key("escape")

    assert not survey.overlay.control("comment").focus
    assert survey.overlay.is_open


def test_arrow_keys_in_the_comment_move_its_cursor(survey):
    survey.press("comment")
    type_text("ab")
    press_key("left")
    type_text("-")

    assert survey.overlay.control("comment").text == "a-b"


@pytest.mark.parametrize(
    ("chosen", "meanwhile"),
    [
        pytest.param("", "below_target", id="the app chose none"),
        pytest.param("pan", "pan", id="the app chose its own"),
    ],
)
def test_keyboard_never_covers_the_comment_and_the_app_keeps_its_mode(
    stage, monkeypatch, chosen, meanwhile
):
    window = EventLoop.window
    monkeypatch.setattr(window, "softinput_mode", chosen)
    stage.run(make_step("one"), survey=PROMPT)
    assert window.softinput_mode == chosen

    stage.press("next")
    assert window.softinput_mode == meanwhile

    stage.press("not-now")
    assert window.softinput_mode == chosen


@pytest.mark.parametrize(
    ("size", "lines"),
    [
        pytest.param((420, 860), 2, id="phone"),
        pytest.param((320, 568), 2, id="small phone"),
        pytest.param((280, 653), 3, id="folded"),
        pytest.param((900, 600), 1, id="desktop"),
        pytest.param((640, 360), 1, id="landscape"),
    ],
)
def test_scores_fit_and_have_a_fingers_room_in_every_window(stage, size, lines):
    resize_window(*size)
    stage.run(make_step("one"), survey=PROMPT)
    advance_frames(3)
    stage.press("next")
    advance_frames(3)

    chips = [rect_of(stage.overlay.control(f"nps-{score}")) for score in range(11)]
    sheet = rect_of(stage.card)

    assert len({chip.y for chip in chips}) == lines
    assert all(chip.width >= 48 and chip.height >= 48 for chip in chips)
    assert all(sheet.x <= chip.x and chip.right <= sheet.right for chip in chips)
    assert Rect(0, 0, *size).contains(sheet)


def test_sheet_has_nothing_to_drag_that_nothing_drags(survey):
    drawn, sheet = read_window(), rect_of(survey.card)
    above = Rect(sheet.center[0] - 40, sheet.top - 20, 80, 18)

    assert len(drawn.colors(above)) == 1


@pytest.mark.parametrize("size", [(420, 860), (280, 653), (640, 360)])
def test_sheet_can_be_answered_in_every_window(stage, size):
    resize_window(*size)
    stage.run(make_step("one"), survey=PROMPT)
    advance_frames(3)
    stage.press("next")
    advance_frames(3)
    stage.press("nps-10")
    stage.press("submit")

    assert answers(stage) == [(10, "")]
