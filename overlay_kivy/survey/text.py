"""TextQuestion: an answer in the user's own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.properties import (
    BooleanProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.boxlayout import BoxLayout

from client_sdk.contracts.limits import MAX_COMMENT_LENGTH, has_no_nul
from overlay_kivy.survey.question import QuestionView
from overlay_kivy.survey.shaped_input import ShapedInput
from overlay_kivy.theme import Theme

__all__ = ["AnswerField", "FieldFrame", "TextQuestion"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

#: The counter is shown with so many characters left, or with a tenth of them.
_NEAR_CHARACTERS = 20
_NEAR_PART = 10


class AnswerField(ShapedInput):
    """Takes what the server can store, and no more of it than it may have.

    :Events:
        `on_tab`: step; the Tab key, 1, or -1 with Shift.  It never goes into the text.
        `on_finish`: Ctrl and Enter.
    """

    __events__ = ("on_tab", "on_finish")

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    name = StringProperty()
    """The question's id; tests find the field by this."""

    limit = NumericProperty(MAX_COMMENT_LENGTH)
    """Most characters."""

    def insert_text(self, substring: str, from_undo: bool = False) -> Any:
        """Insert what fits; Kivy calls it for typed and for pasted text."""
        storable = "".join(char for char in substring if has_no_nul(char))
        room = max(int(self.limit) - len(self.text), 0)
        return super().insert_text(storable[:room], from_undo=from_undo)

    def keyboard_on_key_down(
        self, window: Any, keycode: Any, text: str, modifiers: Any
    ) -> Any:
        """Leave the field with Tab: Kivy's own way would lead into the app below."""
        if keycode[1] == "tab":
            self.dispatch("on_tab", -1 if "shift" in modifiers else 1)
            return True
        if keycode[1] in ("enter", "numpadenter") and {"ctrl", "meta"} & {*modifiers}:
            self.dispatch("on_finish")
            return True
        return super().keyboard_on_key_down(window, keycode, text, modifiers)

    def on_tab(self, step: int) -> None:
        """Handle the Tab key; does nothing by default."""

    def on_finish(self) -> None:
        """Handle Ctrl and Enter; does nothing by default."""


class FieldFrame(BoxLayout):
    """The edge around the field."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    has_focus = BooleanProperty(False)
    """Whether the field in it has the keyboard."""

    has_error = BooleanProperty(False)
    """Whether an answer is missing."""

    edge = NumericProperty(1)
    """Its width, in pixels."""


class TextQuestion(QuestionView):
    """A question that a text answers."""

    left = NumericProperty(MAX_COMMENT_LENGTH)
    """How many characters still fit."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        field = self.field
        # Before the answer that was kept: a text is cut at the limit of its field.
        field.limit = self.limit
        field.text = (self.answer.text if self.answer else None) or ""
        field.bind(text=self._take)
        field.bind(focus=lambda _, has_it: self.dispatch("on_field", has_it))
        self.left = self.limit - len(field.text)

    @property
    def limit(self) -> int:
        """Most characters of an answer."""
        return self.question.max_length or MAX_COMMENT_LENGTH

    @property
    def field(self) -> AnswerField:
        """The field for the text."""
        return self.ids.field

    @property
    def missing_text(self) -> str:
        """What to say where the answer is missing."""
        return self.labels.missing_text

    @property
    def stop(self) -> AnswerField:
        """The field."""
        return self.field

    def counter(self, left: int) -> str:
        """Return what is said of the room that is left; nothing far from the limit."""
        near = max(_NEAR_CHARACTERS, self.limit // _NEAR_PART)
        if left > near or left >= self.limit:
            return ""
        return self.labels.characters_left.format(count=int(left))

    def _take(self, _field: AnswerField, text: str) -> None:
        self.left = self.limit - len(text)
        self.give(text=text)
