"""BannerStrip: a step as a strip at the window's edge; the app stays usable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty
from kivy.uix.widget import Widget

from overlay_kivy import picture, text  # noqa: F401 - their KV rules
from overlay_kivy.step_view import StepView

__all__ = ["BannerStrip"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

#: What the words of a banner need at least to have the buttons beside them.
_LEAST_WORDS_DP = 260


class BannerStrip(StepView, Widget):
    """Words and buttons side by side where there is room, else one below the other."""

    natural_width = NumericProperty("720dp")
    """How wide it is where there is room, in pixels."""

    max_height = NumericProperty("320dp")
    """Where the words begin to scroll instead of growing."""

    text_opacity = NumericProperty(1)
    """Of what is on the strip, while it moves in."""

    is_wide = BooleanProperty(False)
    """Whether the buttons stand beside the words."""

    row_width = NumericProperty(0)
    """Of the buttons in one line, in pixels."""

    side_room = NumericProperty(0)
    """Between the strip's end and what stands there, in pixels."""

    end_room = NumericProperty(0)
    """Kept free for the cross, in pixels."""

    strip_x = NumericProperty(0)
    """Where the strip itself is: the widget goes over the whole width of the window."""

    strip_y = NumericProperty(0)
    """See :attr:`strip_x`."""

    strip_width = NumericProperty(1)
    """See :attr:`strip_x`."""

    strip_height = NumericProperty(1)
    """See :attr:`strip_x`."""

    strip_right = NumericProperty(0)
    """See :attr:`strip_x`."""

    strip_top = NumericProperty(0)
    """See :attr:`strip_x`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        arrange = self._arrange
        self.ids.actions.bind(children=arrange)
        self.bind(strip_width=arrange, cta=arrange, labels=arrange, theme=arrange)
        self.bind(is_rtl=self._mirror)
        if self.is_rtl:
            self._mirror()
        self.fill_row(self.ids.actions)
        self._arrange()

    @property
    def controls(self) -> list[Any]:
        """What a finger can be at, in reading order."""
        row = self.ids.actions.children[::-1]
        return [*row, *([self.ids.close] if self.has_close else [])]

    def _mirror(self, *_args: Any) -> None:
        """Let the strip run the other way."""
        self.ids.heading.children = self.ids.heading.children[::-1]

    def collide_point(self, x: float, y: float) -> bool:
        """Tell whether a touch is on the strip; the app has what is beside it."""
        is_across: bool = self.strip_x <= x <= self.strip_right
        is_along: bool = self.strip_y <= y <= self.strip_top
        return is_across and is_along

    def _arrange(self, *_args: Any) -> None:
        self.row_width = self.ids.actions.natural_width()
        self.is_wide = self.strip_width - self.row_width >= dp(_LEAST_WORDS_DP + 88)
