"""Line icons on a grid of 24 by 24, drawn on the canvas in any colour and size."""

from __future__ import annotations

from math import cos, pi, sin
from typing import Any

from kivy.graphics import Color, SmoothLine
from kivy.metrics import dp
from kivy.properties import ColorProperty, NumericProperty, OptionProperty
from kivy.uix.widget import Widget

from demo_app import theme

__all__ = ["ICONS", "Icon"]

Stroke = tuple[tuple[float, float], ...]

GRID = 24.0


def _arc(x: float, y: float, radius: float, start: float, end: float) -> Stroke:
    """Return an arc in degrees, counter-clockwise from three o'clock."""
    steps = max(8, int(abs(end - start) / 12))
    angles = (start + (end - start) * i / steps for i in range(steps + 1))
    return tuple(
        (x + radius * cos(a * pi / 180), y + radius * sin(a * pi / 180)) for a in angles
    )


def _circle(x: float, y: float, radius: float) -> Stroke:
    return _arc(x, y, radius, 0, 360)


def _dot(x: float, y: float) -> Stroke:
    return _circle(x, y, 0.35)


def _box(x: float, y: float, right: float, top: float, radius: float) -> Stroke:
    """Return a rectangle with round corners."""
    return (
        *_arc(right - radius, top - radius, radius, 0, 90),
        *_arc(x + radius, top - radius, radius, 90, 180),
        *_arc(x + radius, y + radius, radius, 180, 270),
        *_arc(right - radius, y + radius, radius, 270, 360),
        (right, top - radius),
    )


#: Strokes of every icon, y upwards.
ICONS: dict[str, tuple[Stroke, ...]] = {
    "projects": (
        _box(3, 4, 21, 17, 2.5),
        ((3, 11.5), (21, 11.5)),
        ((8.5, 17), (8.5, 19.5), (9.5, 20.5), (14.5, 20.5), (15.5, 19.5), (15.5, 17)),
    ),
    "team": (
        _circle(9, 15.5, 3.5),
        _arc(9, 4, 6, 0, 180),
        _arc(15.5, 15.5, 3.5, -80, 80),
        _arc(15.5, 4, 6, 5, 62),
    ),
    "assistant": (
        (
            *_arc(18, 17, 2.5, 0, 90),
            *_arc(6, 17, 2.5, 90, 180),
            *_arc(6, 9, 2.5, 180, 270),
            (8, 6.5),
            (8, 3),
            (12, 6.5),
            *_arc(18, 9, 2.5, 270, 360),
            (20.5, 17),
        ),
        _dot(8, 13),
        _dot(12, 13),
        _dot(16, 13),
    ),
    "settings": (
        ((3, 17), (12, 17)),
        ((19, 17), (21, 17)),
        _circle(15.5, 17, 3),
        ((3, 7), (5, 7)),
        ((12, 7), (21, 7)),
        _circle(8.5, 7, 3),
    ),
    "close": (((6, 6), (18, 18)), ((6, 18), (18, 6))),
    "send": (((12, 4), (12, 20)), ((5.5, 13.5), (12, 20), (18.5, 13.5))),
    "replay": (_arc(12, 12, 8, -190, 105), ((3.5, 9.5), (4.1, 13.8), (8.2, 12.6))),
    "folder": (
        (
            (3, 6.5),
            (4.5, 5),
            (19.5, 5),
            (21, 6.5),
            (21, 15.5),
            (19.5, 17),
            (12, 17),
            (10, 19.5),
            (4.5, 19.5),
            (3, 18),
            (3, 6.5),
        ),
    ),
    "offline": (
        _arc(12, 4, 13, 62, 118),
        _arc(12, 4, 8, 58, 122),
        _dot(12, 6),
        ((4, 20), (20, 4)),
    ),
    "sync": (
        _arc(12, 12, 8, 20, 160),
        _arc(12, 12, 8, 200, 340),
        ((4.5, 19), (4.5, 14.7), (8.8, 14.7)),
        ((19.5, 5), (19.5, 9.3), (15.2, 9.3)),
    ),
    "info": (_circle(12, 12, 9), ((12, 7.5), (12, 12.5)), _dot(12, 16.3)),
    "mail": (_box(3, 5, 21, 19, 2.5), ((3.5, 17.5), (12, 11), (20.5, 17.5))),
    "check": (((5, 12), (10, 7), (19, 17)),),
    "question": (
        _circle(12, 12, 9),
        (*_arc(12, 14.3, 2.6, 180, -50), (12, 11.2), (12, 10.4)),
        _dot(12, 7.4),
    ),
    "chevron": (((9, 6), (15, 12), (9, 18)),),
}


class Icon(Widget):
    """One icon, centred in the widget and as large as fits."""

    name = OptionProperty("info", options=list(ICONS))
    color = ColorProperty(theme.INK_MUTED)
    stroke = NumericProperty("1.2dp")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for prop in ("name", "color", "stroke", "pos", "size"):
            self.fbind(prop, self._draw)
        self._draw()

    def _draw(self, *_: Any) -> None:
        side = min(self.size)
        left, bottom = self.center_x - side / 2, self.center_y - side / 2
        scale = side / GRID
        self.canvas.clear()
        with self.canvas:
            Color(*self.color)
            for stroke in ICONS[self.name]:
                points = [
                    value
                    for x, y in stroke
                    for value in (left + x * scale, bottom + y * scale)
                ]
                SmoothLine(points=points, width=self.stroke, overdraw_width=dp(1.2))
