"""ChoiceQuestion: one option, or any number of them."""

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
from kivy.uix.behaviors import ButtonBehavior

from client_sdk.contracts.questions import QuestionKind
from overlay_kivy.survey.question import QuestionView
from overlay_kivy.text import ShapedLabel
from overlay_kivy.theme import Theme

__all__ = ["ChoiceQuestion", "OptionRow"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))


class OptionRow(ButtonBehavior, ShapedLabel):
    """One option; the whole line is its touch target."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    name = StringProperty()
    """Question and option, as in ``role-team``; tests find it by this."""

    option = StringProperty()
    """The option's id."""

    is_rtl = BooleanProperty(False)
    """Whether the mark stands at the right."""

    is_one_of_many = BooleanProperty(True)
    """Whether choosing it drops the others: a circle then, else a box."""

    is_chosen = BooleanProperty(False)
    """Whether it is part of the answer."""

    has_error = BooleanProperty(False)
    """Whether an answer is missing."""

    edge = NumericProperty(1)
    """Width of the line around it, in pixels."""

    mark = NumericProperty(0)
    """Height and width of the circle or box, in pixels."""

    mark_x = NumericProperty(0)
    """The mark's left edge."""

    mark_y = NumericProperty(0)
    """The mark's lower edge."""

    mark_radius = NumericProperty(0)
    """Half of :attr:`mark` for a circle."""


class ChoiceQuestion(QuestionView):
    """A question that options answer."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for option in self.question.options or ():
            row = OptionRow(
                name=f"{self.question.id}-{option.id}",
                option=option.id,
                text=option.label,
                is_one_of_many=not self.is_multiple,
            )
            row.bind(on_release=self._choose)
            self.ids.options.add_widget(row)
        for name in ("answer", "theme", "error", "is_rtl"):
            self.fbind(name, self._paint)
        self._paint()

    @property
    def is_multiple(self) -> bool:
        """Whether any number of options may be chosen."""
        return self.question.kind is QuestionKind.MULTIPLE

    @property
    def missing_text(self) -> str:
        """What to say where the answer is missing."""
        return self.labels.missing_option

    @property
    def rows(self) -> list[OptionRow]:
        """The options in their order."""
        return self.ids.options.children[::-1]

    @property
    def stop(self) -> OptionRow:
        """The first option that is chosen, or the first of all."""
        rows = self.rows
        return next((row for row in rows if row.is_chosen), rows[0])

    def neighbour(self, control: Any, step: int) -> Any:
        """Go to the next option; where only one counts, that chooses it."""
        rows = self.rows
        row = rows[min(max(rows.index(control) + step, 0), len(rows) - 1)]
        if not self.is_multiple:
            row.dispatch("on_release")
        return row

    def _choose(self, row: OptionRow) -> None:
        # What is chosen keeps the author's order, whatever order it was touched in.
        chosen = {one.option for one in self.rows if one.is_chosen}
        chosen = chosen ^ {row.option} if self.is_multiple else {row.option}
        options = tuple(one.option for one in self.rows if one.option in chosen)
        self.give(options=options)

    def _paint(self, *_args: Any) -> None:
        chosen = (self.answer.options if self.answer else None) or ()
        for row in self.rows:
            row.theme, row.is_rtl = self.theme, self.is_rtl
            row.is_chosen, row.has_error = row.option in chosen, bool(self.error)
