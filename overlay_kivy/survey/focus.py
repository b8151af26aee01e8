"""FocusRing: shows which control the keys would press."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, InstructionGroup, SmoothLine
from kivy.metrics import dp

__all__ = ["FocusRing"]

_GAP_DP = 2
_WIDTH_DP = 1.4


class FocusRing:
    """A line around one control, drawn with it, so that it scrolls and is clipped alike."""

    def __init__(self) -> None:
        self.control: Any = None
        self._color = Color()
        self._line = SmoothLine(width=dp(_WIDTH_DP))
        self._group = InstructionGroup()
        self._group.add(self._color)
        self._group.add(self._line)

    def show(self, control: Any, color: Any, radius: float) -> None:
        """Go around a control; ``radius`` in pixels, of those that are not round."""
        self.hide()
        self.control = control
        self._color.rgba = color
        self._radius = radius
        control.canvas.after.add(self._group)
        control.bind(pos=self._draw, size=self._draw)
        self._draw()

    def hide(self) -> None:
        """Be around nothing."""
        if self.control is None:
            return
        self.control.unbind(pos=self._draw, size=self._draw)
        self.control.canvas.after.remove(self._group)
        self.control = None

    def _draw(self, *_args: Any) -> None:
        control, gap = self.control, dp(_GAP_DP)
        diameter = getattr(control, "diameter", None)
        width, height = (diameter, diameter) if diameter else control.size
        self._line.rounded_rectangle = (
            control.center_x - width / 2 - gap,
            control.center_y - height / 2 - gap,
            width + 2 * gap,
            height + 2 * gap,
            (diameter / 2 if diameter else self._radius) + gap,
        )
