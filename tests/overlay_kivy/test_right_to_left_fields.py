"""What the survey shows and takes in Hebrew and Arabic is drawn as it is read."""

from __future__ import annotations

import pytest
from kivy.base import EventLoop
from kivy.uix.label import Label

from client_sdk import SurveyPrompt
from client_sdk.contracts.questions import QuestionKind
from overlay_kivy.testing import advance_frames, press_key, tap, type_text, wait_for
from overlay_kivy.text import ShapedLabel, ShapedText
from tests.overlay_kivy.surveys import EASE, question, survey_of
from tests.overlay_kivy.test_survey_questions import ask, body, press

__all__ = ["ask"]

pytestmark = pytest.mark.gui

HEBREW = "שלום עולם"
ARABIC = "مرحبا بالعالم"
MIXED = "ראו Google Drive כאן"
TEXTS = pytest.mark.parametrize("text", [HEBREW, ARABIC, MIXED])


@pytest.fixture
def field(ask, stage):
    """A text field of the survey, that has the keyboard."""
    stage.overlay.language = "he"
    ask(survey_of(question(QuestionKind.TEXT)))
    press(stage, "q")
    return stage.overlay.control("q")


def drawn_alone(field, text):
    """Return the picture of a text as the overlay's labels draw it."""
    label = ShapedText(text=text, font_size=field.font_size, font_name=field.font_name)
    label.refresh()
    return label.texture


@TEXTS
def test_line_is_drawn_as_a_label_draws_it(field, text):
    type_text(text)
    line, wanted = field._lines_labels[0], drawn_alone(field, text)

    assert line.size == wanted.size
    assert line.pixels == wanted.pixels
    # Letters that join, or run to the left, are no wider than they are apart.
    assert any(line.pixels)


def test_line_of_the_other_direction_is_drawn_as_ever(field):
    type_text("Hello")

    assert field._lines_labels[0].size[0] > 0
    assert field.cursor_offset() == field._get_row_width(0)


@TEXTS
def test_answer_goes_out_as_it_was_typed(ask, stage, field, text):
    type_text(text)
    stage.press("submit")

    assert body(stage)["answers"] == [{"question": "q", "text": text}]


def test_cursor_stands_where_the_next_letter_comes(field):
    right = field.right - field.padding[2]
    type_text("ש")
    places = [field.cursor_pos[0]]
    for letter in "לום":
        type_text(letter)
        places.append(field.cursor_pos[0])

    assert places == sorted(places, reverse=True)
    assert places[-1] == pytest.approx(right - field._get_row_width(0), abs=2)


def test_arrow_keys_go_the_way_they_point(field):
    type_text(HEBREW)
    press_key("right")
    press_key("right")
    type_text("-")

    assert field.text == HEBREW[:-2] + "-" + HEBREW[-2:]
    press_key("left")
    type_text("+")
    assert field.text == HEBREW[:-2] + "-" + HEBREW[-2:-1] + "+" + HEBREW[-1:]


@pytest.mark.parametrize(("part", "column"), [(0.02, len(HEBREW)), (0.98, 0)])
def test_touch_puts_the_cursor_where_the_finger_is(field, part, column):
    type_text(HEBREW)
    width = field._get_row_width(0)
    x = field.right - field.padding[2] - width * (1 - part)
    y = field.top - field.padding[1] - field.line_height / 2
    tap(*field.to_window(x, y))

    assert field.cursor == (column, 0)


def test_selection_is_where_its_letters_are(field):
    type_text(HEBREW)
    field.select_text(0, 4)
    advance_frames(3)
    (mark,) = (
        one
        for one in field.canvas.get_group("selection")
        if hasattr(one, "pos") and one.size[0] > 3
    )

    first = drawn_alone(field, HEBREW[:4]).width
    assert mark.size[0] == pytest.approx(first, abs=2)
    assert mark.pos[0] + mark.size[0] == pytest.approx(
        field.right - field.padding[2], abs=2
    )


def test_long_text_wraps_and_no_letter_is_lost(field):
    type_text((HEBREW + " ") * 12)

    assert len(field._lines) > 2
    assert "".join(field._lines).split() == field.text.split()
    room = field.width - field.padding[0] - field.padding[2]
    assert all(label.width <= room + 1 for label in field._lines_labels)


def test_hint_is_drawn_in_its_own_direction(ask, stage):
    stage.overlay.language = "he"
    ask(survey_of(question(QuestionKind.TEXT)))
    hint = stage.overlay.control("q")

    assert hint.hint_text == "לא חובה"
    wanted = drawn_alone(hint, hint.hint_text)
    assert hint._hint_text_labels[0].pixels == wanted.pixels


def test_thanks_and_progress_are_drawn_in_their_direction(ask, stage):
    stage.overlay.language = "he"
    prompt = SurveyPrompt(question="?", thanks="תודה רבה", questions=(EASE, EASE_TOO))
    ask(prompt)
    plain = [
        one
        for one in stage.card.walk()
        if isinstance(one, Label) and one.text and not isinstance(one, ShapedLabel)
    ]
    assert plain == []

    press(stage, "ease-3", "next", "too-3", "submit")
    wait_for(lambda: stage.card.is_thanking)
    advance_frames(2)
    thanks = [one for one in stage.card.walk() if isinstance(one, Label) and one.text]
    assert [one.text for one in thanks] == ["תודה רבה"]
    assert all(isinstance(one, ShapedLabel) for one in thanks)
    assert EventLoop.window.children[0] is stage.layer


EASE_TOO = EASE.__class__(id="too", kind=EASE.kind, prompt="?")
