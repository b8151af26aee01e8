"""StepCard: picture, title, body, progress and buttons of one step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    ReferenceListProperty,
)
from kivy.uix.widget import Widget

from client_sdk.contracts.step import Placement
from overlay_kivy import picture, progress, text  # noqa: F401 - their KV rules
from overlay_kivy.buttons import OverlayButton
from overlay_kivy.geometry import CardPlacement
from overlay_kivy.step_view import StepView

__all__ = ["StepCard"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))


class StepCard(StepView, Widget):
    """One step's card; its height follows from its text."""

    natural_width = NumericProperty("360dp")
    """How wide it is where there is room, in pixels."""

    row_width = NumericProperty(0)
    """What the buttons need to stand in two lines, in pixels."""

    title_size = NumericProperty(19)
    """Of the title's type, in scale-independent pixels."""

    image_height = NumericProperty(180)
    """Tallest picture, in pixels."""

    below_text = NumericProperty(0)
    """Height of what does not scroll, in pixels."""

    words_height = NumericProperty(0)
    """Of title and body, in pixels."""

    heading_height = NumericProperty(0)
    """Of title and icon with what is free around them, in pixels."""

    few_lines = NumericProperty(0)
    """The least of a text that is worth scrolling, in pixels."""

    has_fixed_heading = BooleanProperty(True)
    """Whether the title stays where it is; it scrolls, too, where it leaves no room."""

    least_words = NumericProperty(0)
    """How much of them has to be seen at once, in pixels."""

    text_room = NumericProperty(0)
    """Room for picture and words, in pixels."""

    max_height = NumericProperty("480dp")
    """Where the text begins to scroll instead of growing."""

    text_opacity = NumericProperty(1)
    """Of what is on the card, not of the card: shapes that overlap cannot fade as one."""

    surface_opacity = NumericProperty(1)
    """Of the card without what is on it."""

    stretch = ListProperty([0, 0])
    """By how much the card looks wider and higher than it is, while it changes its size."""

    overlap = NumericProperty(1)
    """How much is drawn of what lies on the card in the card's own colour, 0 to 1."""

    has_arrow = BooleanProperty(False)
    """Whether it points at a target."""

    arrow_half = NumericProperty(0)
    """Half the side of the square whose corner is the arrow, in pixels."""

    arrow_edge = NumericProperty(0)
    """The same with the card's edge around it."""

    arrow_x = NumericProperty(0)
    """The middle of the arrow."""

    arrow_y = NumericProperty(0)
    """See :attr:`arrow_x`."""

    arrow_pos = ReferenceListProperty(arrow_x, arrow_y)
    """:attr:`arrow_x` and :attr:`arrow_y`."""

    def __init__(self, **kwargs: Any) -> None:
        self._placement: CardPlacement | None = None
        super().__init__(**kwargs)
        self.bind(pos=self._point, size=self._point, stretch=self._point)
        self.bind(has_fixed_heading=self._move_heading, is_rtl=self._mirror)
        if self.is_rtl:
            self._mirror()
        self._move_heading()
        self.fill_row(self.ids.actions)

    @property
    def controls(self) -> list[Any]:
        """What a finger or the keyboard can be at, in reading order."""
        row: list[OverlayButton] = self.ids.actions.children[::-1]
        return [*row, *([self.ids.close] if self.has_close else [])]

    def place(
        self, placement: CardPlacement, *, lift: float = 0.0, text_opacity: float = 1.0
    ) -> None:
        """Go where the placement says, ``lift`` pixels lower while it moves in."""
        self._placement = placement
        self.text_opacity = text_opacity
        self.pos = round(placement.x), round(placement.y - lift)
        self._point()

    def _arrange_buttons(self, *_args: Any) -> None:
        super()._arrange_buttons()
        if self._row is not None:
            self.row_width = self._row.two_line_width()

    def _mirror(self, *_args: Any) -> None:
        """Let the rows of the card run the other way."""
        for row in (self.ids.heading, self.ids.progress):
            row.children = row.children[::-1]

    def _move_heading(self, *_args: Any) -> None:
        """Put the title above what scrolls, or at its beginning."""
        heading = self.ids.heading.__self__
        home = self.ids.head if self.has_fixed_heading else self.ids.text
        if heading not in home.children:
            heading.parent.remove_widget(heading)
            # Right above what is lowest there.
            home.add_widget(heading, 1)

    def _point(self, *_args: Any) -> None:
        """Put the arrow on the edge that faces the target, clear of the corners."""
        placement = self._placement
        self.has_arrow = placement is not None and placement.arrow is not None
        if placement is None or placement.arrow is None:
            return
        inset = dp(self.theme.card_radius + self.theme.arrow_size)
        if placement.side in (Placement.TOP, Placement.BOTTOM):
            is_above = placement.side is Placement.TOP
            x = self.x + min(max(placement.arrow, inset), self.width - inset)
            self.arrow_pos = x, self.y if is_above else self.top + self.stretch[1]
        else:
            y = self.y + min(max(placement.arrow, inset), self.height - inset)
            is_right = placement.side is Placement.RIGHT
            self.arrow_pos = self.x if is_right else self.right + self.stretch[0], y
