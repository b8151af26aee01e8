"""ScoreScale: one score of many, as numbers or as stars."""

from __future__ import annotations

from math import cos, pi, sin
from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.metrics import dp, sp
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.label import Label
from kivy.uix.layout import Layout

from overlay_kivy.survey.question import QuestionView
from overlay_kivy.theme import Theme

__all__ = ["ScaleQuestion", "ScoreChip", "ScoreScale", "ScoreStar"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

#: Least room for a score in heights of its text, which users may have set large.
_LEAST_PITCH_TEXTS = 1.75
_CHIP_GAP_DP = 4
#: Largest circle, and how much of it its text may fill at most.
_CHIP_DP = 42
_CHIP_TEXTS = 2
#: Where few scores have much room, they keep together.
_LARGEST_PITCH_DP = 72
_STAR_POINTS = 5
_STAR_INNER = 0.46


class ScoreChip(ButtonBehavior, Label):
    """One score as a number; the finger gets all the room around the circle."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    name = StringProperty()
    """Question and score, as in ``nps-10``; tests find it by this."""

    score = NumericProperty(0)
    """What it stands for."""

    is_chosen = BooleanProperty(False)
    """Whether this is the answer."""

    is_reached = BooleanProperty(False)
    """Whether the answer is this score or a higher one."""

    has_error = BooleanProperty(False)
    """Whether an answer is missing."""

    diameter = NumericProperty(0)
    """Of the circle, in pixels."""

    edge = NumericProperty(1)
    """Width of the circle's line, in pixels."""


class ScoreStar(ScoreChip):
    """One score as a star, filled up to the answer."""

    outline = ListProperty()
    """The star's corners, as x and y by turns, in pixels."""

    vertices = ListProperty()
    """Its middle and its corners, as a mesh wants them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(pos=self._shape, size=self._shape, diameter=self._shape)

    def _shape(self, *_args: Any) -> None:
        x, y, radius = self.center_x, self.center_y, self.diameter / 2
        corners = []
        for corner in range(2 * _STAR_POINTS):
            reach = radius * (_STAR_INNER if corner % 2 else 1)
            angle = pi / 2 + corner * pi / _STAR_POINTS
            corners.append((x + reach * cos(angle), y + reach * sin(angle)))
        self.outline = [value for corner in corners for value in corner]
        fan = [(x, y), *corners, corners[0]]
        self.vertices = [value for one in fan for value in (*one, 0, 0)]


class ScoreScale(Layout):
    """Scores in as few lines as give a finger enough room for each."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    is_rtl = BooleanProperty(False)
    """Whether the lowest score stands at the right."""

    has_error = BooleanProperty(False)
    """Whether an answer is missing."""

    score = NumericProperty(None, allownone=True)
    """The chosen score; None before there is one."""

    outdent = NumericProperty("8dp")
    """How far circles reach beyond the sides: most of their room is around them."""

    span = NumericProperty(0)
    """Width of a line, from the first circle or star to the last, in pixels."""

    __events__ = ("on_choose",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        layout = self._trigger_layout
        self.bind(pos=layout, width=layout, is_rtl=layout, theme=layout)
        paint = self._paint
        self.bind(theme=paint, score=paint, has_error=paint)

    def fill(self, name: str, low: int, high: int, *, are_stars: bool = False) -> None:
        """Offer the scores from ``low`` to ``high``."""
        self.clear_widgets()
        for score in range(low, high + 1):
            if are_stars:
                chip = ScoreStar(name=f"{name}-{score}", score=score)
            else:
                chip = ScoreChip(name=f"{name}-{score}", score=score, text=str(score))
            chip.bind(on_release=self._choose)
            self.add_widget(chip)
        self._paint()

    @property
    def chips(self) -> list[ScoreChip]:
        """The scores, the lowest first."""
        return self.children[::-1]

    def do_layout(self, *_args: Any) -> None:
        """Place the chips; Kivy calls it before the next frame."""
        chips = self.chips
        if not chips:
            return
        text = sp(self.theme.label_size)
        least = max(dp(self.theme.touch_size), text * _LEAST_PITCH_TEXTS)
        room = self.width + 2 * self.outdent
        lines = min(-(-len(chips) * least // max(room, least)), len(chips))
        per_line = int(-(-len(chips) // lines))
        pitch = min(room / per_line, max(dp(_LARGEST_PITCH_DP), least))
        largest = max(dp(_CHIP_DP), text * _CHIP_TEXTS)
        diameter = min(pitch - dp(_CHIP_GAP_DP), largest)
        line = max(dp(self.theme.touch_size), diameter + dp(_CHIP_GAP_DP))
        self.height = -(-len(chips) // per_line) * line
        self.span = (per_line - 1) * pitch + diameter
        for index, chip in enumerate(chips):
            row, column = divmod(index, per_line)
            # A last line that is not full stands in the middle, as on a keyboard.
            count = min(per_line, len(chips) - row * per_line)
            column = count - 1 - column if self.is_rtl else column
            chip.diameter = diameter
            chip.size = pitch, line
            x = self.center_x - count * pitch / 2 + column * pitch
            chip.pos = x, self.top - (row + 1) * line

    def on_choose(self, score: int) -> None:
        """Handle the user's choice; does nothing by default."""

    def _choose(self, chip: ScoreChip) -> None:
        self.score = chip.score
        self.dispatch("on_choose", int(chip.score))

    def _paint(self, *_args: Any) -> None:
        for chip in self.children:
            chip.theme, chip.has_error = self.theme, self.has_error
            chip.is_chosen = chip.score == self.score
            chip.is_reached = self.score is not None and chip.score <= self.score


class ScaleQuestion(QuestionView):
    """A question that a score answers."""

    @property
    def missing_text(self) -> str:
        """What to say where the answer is missing."""
        return self.labels.missing_score

    @property
    def scale(self) -> ScoreScale:
        """The scores."""
        return self.ids.scale

    @property
    def stop(self) -> ScoreChip:
        """The chosen score, or the lowest one."""
        chips = self.scale.chips
        return next((chip for chip in chips if chip.is_chosen), chips[0])

    def neighbour(self, control: Any, step: int) -> Any:
        """Choose the next score; an arrow key does so in every radio group."""
        chips = self.scale.chips
        at = chips.index(control) + step if control.is_chosen else 0
        chip = chips[min(max(at, 0), len(chips) - 1)]
        chip.dispatch("on_release")
        return chip
