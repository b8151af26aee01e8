"""TooltipCard: title, body, progress and buttons of one step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, SmoothEllipse
from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    ReferenceListProperty,
    StringProperty,
)
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from client_sdk.contracts.tutorial import Placement
from overlay_kivy.buttons import OverlayButton
from overlay_kivy.geometry import CardPlacement
from overlay_kivy.theme import Labels, Theme

__all__ = ["ProgressDots", "TooltipCard"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

_DOT_DP = 6
_PITCH_DP = 12


class ProgressDots(Widget):
    """A dot for each step, those behind and the current one filled."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours; see :class:`~overlay_kivy.theme.Theme`."""

    position = NumericProperty(0)
    """The current step, counted from 1."""

    count = NumericProperty(0)
    """How many steps there are."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        draw = Clock.create_trigger(self._draw, -1)
        self.bind(pos=draw, size=draw, position=draw, count=draw, theme=draw)

    def _draw(self, *_args: Any) -> None:
        self.canvas.clear()
        if not self.count:
            return
        # Many steps share the room that there is.
        pitch = min(dp(_PITCH_DP), self.width / self.count)
        dot = min(dp(_DOT_DP), pitch * 0.6)
        y = self.center_y - dot / 2
        with self.canvas:
            for index in range(int(self.count)):
                is_reached = index < self.position
                Color(*(self.theme.primary if is_reached else self.theme.outline_soft))
                SmoothEllipse(pos=(self.x + index * pitch, y), size=(dot, dot))


class TooltipCard(BoxLayout):
    """One step's card; its height follows from its text.

    :Events:
        `on_next`: the main button was pressed.
        `on_back`: "Back" was pressed.
        `on_skip`: "Skip" was pressed.
    """

    __events__ = ("on_next", "on_back", "on_skip")

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and sizes; see :class:`~overlay_kivy.theme.Theme`."""

    labels = ObjectProperty(Labels(), rebind=True)
    """The overlay's own words; see :class:`~overlay_kivy.theme.Labels`."""

    title = StringProperty()
    """The step's title."""

    body = StringProperty()
    """The step's text; may be empty."""

    cta = StringProperty()
    """What the main button says."""

    position = NumericProperty(1)
    """The step's place in the tour, counted from 1."""

    count = NumericProperty(1)
    """How many steps the tour has."""

    has_back = BooleanProperty(False)
    """Whether there is a step to go back to."""

    has_skip = BooleanProperty(True)
    """Whether the rest of the tour can be skipped."""

    max_height = NumericProperty("480dp")
    """Where the text begins to scroll instead of growing."""

    text_opacity = NumericProperty(1)
    """Of what is on the card, not of the card: shapes that overlap cannot fade as one."""

    surface_opacity = NumericProperty(1)
    """Of the card without what is on it."""

    stretch = ListProperty([0, 0])
    """By how much the card looks wider and higher than it is, while it changes its size."""

    arrow_x = NumericProperty(0)
    """The middle of the arrow; hidden behind the card while it has no target."""

    arrow_y = NumericProperty(0)
    """See :attr:`arrow_x`."""

    arrow_pos = ReferenceListProperty(arrow_x, arrow_y)
    """:attr:`arrow_x` and :attr:`arrow_y`."""

    def __init__(self, **kwargs: Any) -> None:
        self._placement: CardPlacement | None = None
        super().__init__(**kwargs)
        self.skip_button = OverlayButton(name="skip", is_leading=True)
        self.back_button = OverlayButton(name="back")
        self.next_button = OverlayButton(name="next", is_filled=True)
        for button in (self.skip_button, self.back_button, self.next_button):
            button.bind(on_release=self._on_button)
        arrange = self._arrange_buttons
        self.bind(has_back=arrange, has_skip=arrange, cta=arrange, labels=arrange)
        self.bind(theme=arrange, pos=self._point, size=self._point)
        self.bind(stretch=self._point)
        self._arrange_buttons()

    @property
    def controls(self) -> list[Any]:
        """What a finger or the keyboard can be at, in reading order."""
        row: list[OverlayButton] = self.ids.actions.children[::-1]
        return row

    def place(
        self, placement: CardPlacement, *, lift: float = 0.0, text_opacity: float = 1.0
    ) -> None:
        """Go where the placement says, ``lift`` pixels lower while it moves in."""
        self._placement = placement
        self.text_opacity = text_opacity
        self.pos = round(placement.x), round(placement.y - lift)
        self._point()

    def on_next(self) -> None:
        """Handle the main button; does nothing by default."""

    def on_back(self) -> None:
        """Handle the "Back" button; does nothing by default."""

    def on_skip(self) -> None:
        """Handle the "Skip" button; does nothing by default."""

    def _on_button(self, button: OverlayButton) -> None:
        self.dispatch(f"on_{button.name}")

    def _arrange_buttons(self, *_args: Any) -> None:
        self.skip_button.text = self.labels.skip
        self.back_button.text = self.labels.back
        self.next_button.text = self.cta
        row = self.ids.actions
        row.clear_widgets()
        if self.has_skip:
            row.add_widget(self.skip_button)
        if self.has_back:
            row.add_widget(self.back_button)
        row.add_widget(self.next_button)
        for button in row.children:
            button.theme = self.theme

    def _point(self, *_args: Any) -> None:
        """Put the arrow on the edge that faces the target, clear of the corners."""
        placement = self._placement
        if placement is None or placement.arrow is None:
            self.arrow_pos = self.center
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
