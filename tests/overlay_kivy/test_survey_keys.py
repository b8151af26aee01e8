"""The survey by keyboard alone, and beside a keyboard on the screen."""

from __future__ import annotations

import pytest
from kivy.base import EventLoop

from overlay_kivy.targets import rect_of
from overlay_kivy.testing import (
    advance_frames,
    press_key,
    resize_window,
    type_text,
)
from tests.overlay_kivy.surveys import EASE, LONG, SCORE, USES, WHY, survey_of
from tests.overlay_kivy.test_survey_questions import ask, asked, body, press
from tests.overlay_kivy.tours import make_step

__all__ = ["ask"]

pytestmark = pytest.mark.gui


def keys(*names):
    for name in names:
        press_key(name)


def ringed(stage):
    control = stage.card.keys.control
    return control.name if control is not None else None


class TestKeys:
    def test_a_whole_survey_is_answered_without_a_finger(self, ask):
        stage = ask(LONG)
        keys("tab", *["right"] * 4, "tab", "tab", "enter")
        keys("tab")
        type_text("Slow")
        keys("tab", "tab", "tab", "space")
        assert asked(stage) == ["ease"]
        keys("enter", "tab", "down", "space", "tab", "tab", "tab", "enter")
        keys("tab", "down", "escape")
        assert asked(stage) == ["uses"]
        keys("enter", "enter")

        assert [
            (one["question"], one.get("score", one.get("options", one.get("text"))))
            for one in body(stage)["answers"]
        ] == [("score", 3), ("why", "Slow"), ("uses", ["bill"]), ("how", ["fixed"])]

    def test_tab_stays_on_the_sheet_in_both_directions(self, ask):
        stage = ask(survey_of(SCORE))
        seen = []
        for _ in range(4):
            press_key("tab")
            seen.append(ringed(stage))
        assert seen == ["score-0", "not-now", "submit", "score-0"]

        press_key("tab", "shift")
        assert ringed(stage) == "submit"

    def test_tab_leaves_the_field_and_never_reaches_the_apps_own(self, ask):
        stage = ask(survey_of(WHY.__class__(id="t", kind=WHY.kind, prompt="?")))
        stage.press("t")
        type_text("a")
        press_key("tab")

        assert ringed(stage) == "not-now"
        assert not stage.app.ids.field.focus
        press_key("tab", "shift")
        assert stage.overlay.control("t").focus
        press_key("tab", "shift")
        assert ringed(stage) == "submit"
        assert stage.overlay.control("t").text == "a"

    def test_enter_in_a_field_is_a_new_line_and_with_ctrl_goes_on(self, ask):
        stage = ask(survey_of(WHY.__class__(id="t", kind=WHY.kind, prompt="?")))
        stage.press("t")
        type_text("a")
        press_key("enter")
        assert stage.overlay.control("t").text == "a\n"

        type_text("b")
        press_key("enter", "ctrl")
        assert body(stage)["answers"] == [{"question": "t", "text": "a\nb"}]

    def test_enter_without_a_ring_goes_on(self, ask):
        stage = ask(survey_of(EASE, SCORE))
        press_key("enter")

        assert asked(stage) == ["score"]

    def test_a_touch_takes_the_ring_away(self, ask):
        stage = ask(survey_of(USES))
        press_key("tab")
        press(stage, "uses-bill")

        assert ringed(stage) is None

    def test_arrows_follow_the_reading_direction(self, ask):
        stage = ask(survey_of(EASE))
        stage.card.is_rtl = stage.card.views[0].is_rtl = True
        advance_frames(2)
        keys("tab", "left", "left", "left", "right")

        assert stage.card.views[0].answer.score == 2
        one, two = (stage.overlay.control(f"ease-{n}") for n in (1, 2))
        assert two.x < one.x


@pytest.fixture
def screen_keyboard(monkeypatch):
    """Let a keyboard of some height come on the screen, as a phone's window tells it."""
    window = EventLoop.window

    def come(height):
        monkeypatch.setattr(type(window), "_get_kivy_vkheight", lambda _: height)
        window._keyboard_changed = not window._keyboard_changed
        advance_frames(4)

    yield come
    monkeypatch.undo()
    window._keyboard_changed = not window._keyboard_changed


def field_above(stage, name, height):
    """Whether the whole field is to be seen above the keyboard."""
    field = rect_of(stage.overlay.control(name))
    scroll = rect_of(stage.card.ids.scroll)
    return field.y >= height and field.y >= scroll.y - 1 and field.top <= scroll.top + 1


class TestAKeyboardOnTheScreen:
    def test_it_covers_neither_the_field_nor_the_buttons(self, ask, screen_keyboard):
        stage = ask(LONG)
        press(stage, "score-1", "next", "why")
        screen_keyboard(380)

        assert field_above(stage, "why", 380)
        assert rect_of(stage.overlay.control("next")).y >= 380
        assert rect_of(stage.card).top <= 860

    def test_the_sheet_comes_down_again_with_it(self, ask, screen_keyboard):
        stage = ask(LONG)
        press(stage, "score-1", "next", "why")
        before = rect_of(stage.overlay.control("why"))
        screen_keyboard(380)
        screen_keyboard(0)

        assert rect_of(stage.overlay.control("why")) == before

    @pytest.mark.parametrize("size", [(320, 568), (640, 360)])
    def test_the_field_scrolls_into_view_where_there_is_little_room(
        self, stage, screen_keyboard, size
    ):
        resize_window(*size)
        stage.run(
            make_step("one"),
            survey=survey_of(
                WHY.__class__(
                    id="t",
                    kind=WHY.kind,
                    prompt="What went wrong, and when was that? " * 4,
                )
            ),
        )
        advance_frames(3)
        stage.press("next")
        advance_frames(3)
        stage.card.ids.scroll.scroll_y = 0
        advance_frames(2)
        stage.press("t")
        screen_keyboard(190)

        assert field_above(stage, "t", 190)
        assert rect_of(stage.card).top <= size[1]

    def test_buttons_come_back_after_they_made_way_for_the_field(
        self, stage, screen_keyboard
    ):
        resize_window(640, 360)
        stage.run(make_step("one"), survey=LONG)
        advance_frames(3)
        stage.press("next")
        advance_frames(3)
        press(stage, "score-1", "next", "why")
        screen_keyboard(220)
        assert stage.overlay.control("next") is None
        type_text("Slow")
        press_key("enter", "ctrl")
        screen_keyboard(0)

        assert asked(stage) == ["ease"]
        press(stage, "ease-2", "next")
        assert asked(stage) == ["uses"]

    def test_a_window_that_kivy_pans_is_not_lifted_twice(
        self, ask, screen_keyboard, monkeypatch
    ):
        stage = ask(LONG)
        press(stage, "score-1", "next", "why")
        monkeypatch.setattr(EventLoop.window, "softinput_mode", "pan")
        screen_keyboard(380)

        assert stage.card.keyboard_height == 0
        # Kivy moves everything up by the keyboard's height.
        assert rect_of(stage.card).top + 380 <= 860

    def test_nothing_listens_to_it_any_more_once_the_sheet_is_gone(
        self, ask, screen_keyboard
    ):
        stage = ask(LONG)
        sheet = stage.card
        press(stage, "not-now")
        screen_keyboard(380)

        assert sheet.keyboard_height == 0
