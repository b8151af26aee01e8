"""StepProgress: how far the user is, as dots or as a bar."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, SmoothEllipse, SmoothRoundedRectangle
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty
from kivy.uix.widget import Widget

from overlay_kivy.theme import Theme

__all__ = ["StepProgress"]

#: More steps than this are a bar: nobody counts thirteen dots.
_MOST_DOTS = 12
_DOT_DP, _PITCH_DP, _CURRENT_DP, _BAR_DP = 6, 12, 16, 120


class StepProgress(Widget):
    """A dot for each step, the current one longer; a bar for many."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours; see :class:`~overlay_kivy.theme.Theme`."""

    position = NumericProperty(0)
    """The current step, counted from 1."""

    count = NumericProperty(0)
    """How many steps there are."""

    is_rtl = BooleanProperty(False)
    """Whether the first step is at the right."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        draw = Clock.create_trigger(self._draw, -1)
        self.bind(pos=draw, size=draw, position=draw, count=draw, theme=draw)
        self.bind(is_rtl=draw)
        draw()

    def _draw(self, *_args: Any) -> None:
        self.canvas.clear()
        with self.canvas:
            if self.count > _MOST_DOTS:
                self._draw_bar()
            elif self.count:
                self._draw_dots()

    def _draw_dots(self) -> None:
        """Draw what is done and what is now in one colour, what is to come in another."""
        # Little room is shared by all.
        wanted = dp(_PITCH_DP) * (self.count - 1) + dp(_CURRENT_DP)
        scale = min(1.0, self.width / wanted)
        dot, x = dp(_DOT_DP) * scale, 0.0
        for index in range(int(self.count)):
            is_now = index == self.position - 1
            length = dp(_CURRENT_DP) * scale if is_now else dot
            self._pick(index < self.position)
            self._draw_pill(x, length, dot)
            x += length + dp(_PITCH_DP - _DOT_DP) * scale

    def _draw_bar(self) -> None:
        whole, thick = min(self.width, dp(_BAR_DP)), dp(_DOT_DP)
        self._pick(False)
        self._draw_pill(0, whole, thick)
        self._pick(True)
        done = min(max(self.position / self.count, 0), 1)
        self._draw_pill(0, max(whole * done, thick), thick)

    def _pick(self, is_reached: bool) -> None:
        Color(*(self.theme.primary if is_reached else self.theme.outline_soft))

    def _draw_pill(self, start: float, length: float, thick: float) -> None:
        """Draw a round-ended stroke that begins so far from where reading begins."""
        x = self.right - start - length if self.is_rtl else self.x + start
        place = {"pos": (x, self.center_y - thick / 2), "size": (length, thick)}
        if length <= thick:
            SmoothEllipse(**place)
        else:
            SmoothRoundedRectangle(**place, radius=[thick / 2])
