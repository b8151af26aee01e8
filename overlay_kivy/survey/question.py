"""QuestionView: what the pages of all kinds of question share."""

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

from client_sdk import Answer
from client_sdk.contracts.questions import Question, QuestionKind
from overlay_kivy.text import ShapedLabel
from overlay_kivy.theme import Labels, Theme

__all__ = ["MissingLine", "QuestionView", "SurveyText"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

_NOTHING = Question(id="?", kind=QuestionKind.TEXT, prompt="?")


class SurveyText(ShapedLabel):
    """Text that wraps, from the side where its reader begins."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    is_rtl = BooleanProperty(False)
    """Whether it is read from right to left."""


class MissingLine(SurveyText):
    """What is still missing, behind an exclamation mark; no height without a text."""

    mark = NumericProperty(0)
    """Height and width of the exclamation mark's disc, in pixels."""

    mark_x = NumericProperty(0)
    """The disc's left edge."""

    mark_y = NumericProperty(0)
    """The disc's lower edge."""


class QuestionView(BoxLayout):
    """One question and the widgets that take its answer.

    :Events:
        `on_given`: the user changed the answer.
        `on_field`: whether a text field has the keyboard now.
    """

    __events__ = ("on_given", "on_field")

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    labels = ObjectProperty(Labels(), rebind=True)
    """The overlay's own words; see :class:`~overlay_kivy.theme.Labels`."""

    is_rtl = BooleanProperty(False)
    """Whether the page is read from right to left."""

    question = ObjectProperty(_NOTHING, rebind=True)
    """A :class:`~client_sdk.contracts.questions.Question`."""

    answer = ObjectProperty(None, allownone=True)
    """The :class:`~client_sdk.Answer` so far, None before there is one."""

    is_lead = BooleanProperty(True)
    """Whether it is the first question of its page."""

    hint = StringProperty()
    """How to answer, below the question."""

    error = StringProperty()
    """What is still missing, once the user has asked to go on."""

    @property
    def missing_text(self) -> str:
        """What to say where the answer is missing."""
        return ""

    @property
    def stop(self) -> Any:
        """The control that the Tab key comes to."""
        raise NotImplementedError

    @property
    def missing_line(self) -> MissingLine:
        """Where it says what is missing."""
        return next(one for one in self.walk() if isinstance(one, MissingLine))

    def neighbour(self, control: Any, step: int) -> Any:
        """Return the control that an arrow key leads to."""
        return control

    def give(self, **parts: Any) -> None:
        """Take an answer from the user."""
        self.answer = Answer(question=self.question.id, **parts)
        self.error = ""
        self.dispatch("on_given")

    def on_given(self) -> None:
        """Handle a changed answer; does nothing by default."""

    def on_field(self, has_keyboard: bool) -> None:
        """Handle a text field's keyboard; does nothing by default."""
