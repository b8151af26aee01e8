"""SurveySheet: one NPS question and a comment, at the lower end of the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.metrics import dp, sp
from kivy.properties import (
    BooleanProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.layout import Layout
from kivy.uix.textinput import TextInput

from client_sdk.contracts.limits import MAX_COMMENT_LENGTH, has_no_nul
from client_sdk.contracts.tutorial import SurveyPrompt
from overlay_kivy.buttons import OverlayButton
from overlay_kivy.theme import Labels, Theme

__all__ = [
    "CommentField",
    "CommentFrame",
    "ScoreChip",
    "ScoreScale",
    "SurveySheet",
    "SurveyThanks",
]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

_SCORES = range(11)
#: With less room for each than this the eleven chips take two lines.
_LEAST_PITCH_DP = 27
#: The same in heights of their text, which users may have set large.
_LEAST_PITCH_TEXTS = 1.75
_CHIP_GAP_DP = 3
#: Largest circle, and how much of it its text may fill at most.
_CHIP_DP = 38
_CHIP_TEXTS = 2
_LINE_DP = 48


class ScoreChip(ButtonBehavior, Label):
    """One score; the finger gets all the room around the circle."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    name = StringProperty()
    """``nps-0`` to ``nps-10``; tests find it by this."""

    score = NumericProperty(0)
    """0 to 10."""

    is_chosen = BooleanProperty(False)
    """Whether this is the answer."""

    diameter = NumericProperty(0)
    """Of the circle, in pixels."""


class ScoreScale(Layout):
    """The scores 0 to 10 in one line, or in two where one is too narrow."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    score = NumericProperty(None, allownone=True)
    """The chosen score; None before there is one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for score in _SCORES:
            chip = ScoreChip(name=f"nps-{score}", score=score, text=str(score))
            chip.bind(on_release=self._choose)
            self.add_widget(chip)
        self.bind(pos=self._trigger_layout, width=self._trigger_layout)
        self.bind(theme=self._paint, score=self._paint)
        self._paint()

    def do_layout(self, *_args: Any) -> None:
        """Place the chips; Kivy calls it before the next frame."""
        chips = self.children[::-1]
        text = sp(self.theme.label_size)
        least = max(dp(_LEAST_PITCH_DP), text * _LEAST_PITCH_TEXTS)
        lines = 1 if self.width >= len(chips) * least else 2
        per_line = -(-len(chips) // lines)
        pitch = self.width / per_line
        largest = max(dp(_CHIP_DP), text * _CHIP_TEXTS)
        diameter = min(pitch - dp(_CHIP_GAP_DP), largest)
        line = max(dp(_LINE_DP), diameter + dp(_CHIP_GAP_DP))
        self.height = lines * line
        for index, chip in enumerate(chips):
            row, column = divmod(index, per_line)
            chip.diameter = diameter
            chip.size = pitch, line
            chip.pos = self.x + column * pitch, self.top - (row + 1) * line

    def _choose(self, chip: ScoreChip) -> None:
        self.score = chip.score

    def _paint(self, *_args: Any) -> None:
        for chip in self.children:
            chip.theme = self.theme
            chip.is_chosen = chip.score == self.score


class CommentField(TextInput):
    """Takes what the server can store, and no more of it than it may have."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    name = StringProperty("comment")
    """Tests find the field by this."""

    def insert_text(self, substring: str, from_undo: bool = False) -> Any:
        """Insert what fits; Kivy calls it for typed and for pasted text."""
        storable = "".join(char for char in substring if has_no_nul(char))
        room = max(MAX_COMMENT_LENGTH - len(self.text), 0)
        return super().insert_text(storable[:room], from_undo=from_undo)


class CommentFrame(BoxLayout):
    """The edge around the comment field."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    has_focus = BooleanProperty(False)
    """Whether the field in it has the keyboard."""

    line_width = NumericProperty(1)
    """Of the edge, in pixels."""


class SurveyThanks(BoxLayout):
    """A check mark and the prompt's thanks."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    text = StringProperty()
    """What is said."""


class SurveySheet(BoxLayout):
    """Asks the question, then says thanks.

    :Events:
        `on_submit`: score, comment; the answer was given.
        `on_decline`: the user does not want to answer.
    """

    __events__ = ("on_submit", "on_decline")

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    labels = ObjectProperty(Labels(), rebind=True)
    """The overlay's own words; see :class:`~overlay_kivy.theme.Labels`."""

    prompt = ObjectProperty(SurveyPrompt(question="?"), rebind=True)
    """What is asked, a :class:`~client_sdk.contracts.tutorial.SurveyPrompt`."""

    score = NumericProperty(None, allownone=True)
    """The chosen score; None before there is one."""

    is_thanking = BooleanProperty(False)
    """Whether the answer was given."""

    max_height = NumericProperty("640dp")
    """Where the questions begin to scroll instead of growing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.not_now_button = OverlayButton(name="not-now", is_leading=True)
        self.submit_button = OverlayButton(name="submit", is_filled=True, disabled=True)
        self.not_now_button.bind(on_release=lambda _: self.dispatch("on_decline"))
        self.submit_button.bind(on_release=lambda _: self.submit())
        for button in (self.not_now_button, self.submit_button):
            self.ids.actions.add_widget(button)
        self.bind(labels=self._name_buttons, theme=self._name_buttons)
        self._name_buttons()

    @property
    def comment_field(self) -> CommentField:
        """The field for the comment."""
        return self.ids.comment

    def submit(self) -> None:
        """Give the answer; nothing happens before a score is chosen."""
        if self.score is not None and not self.is_thanking:
            self.comment_field.focus = False
            self.dispatch("on_submit", int(self.score), self.comment_field.text.strip())

    def thank(self) -> None:
        """Show the thanks in place of the question."""
        self.is_thanking = True
        self.clear_widgets()
        self.add_widget(SurveyThanks(theme=self.theme, text=self.prompt.thanks))

    def on_score(self, _sheet: SurveySheet, score: int | None) -> None:
        """Allow to submit once there is a score."""
        self.submit_button.disabled = score is None

    def on_submit(self, score: int, comment: str) -> None:
        """Handle the answer; does nothing by default."""

    def on_decline(self) -> None:
        """Handle "Not now"; does nothing by default."""

    def _name_buttons(self, *_args: Any) -> None:
        self.not_now_button.text = self.labels.not_now
        self.submit_button.text = self.labels.submit
        self.not_now_button.theme = self.submit_button.theme = self.theme
