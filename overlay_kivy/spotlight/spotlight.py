"""Spotlight: dims the window but for a rounded cut-out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import (
    AliasProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
)
from kivy.uix.widget import Widget

from overlay_kivy.geometry import Rect, scrim_strips
from overlay_kivy.spotlight.textures import MaskTextures
from overlay_kivy.theme import Theme

__all__ = ["Spotlight"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

#: Of the line around the cut-out; Kivy softens its edges, and it looks two dp wide.
_HALF_LINE_DP = 1.25
#: How far from the edge of the window its middle is, so that all of it is to be seen.
_INSET_DP = 1
_NOTHING = (0.0, 0.0, 0.0, 0.0)


class Spotlight(Widget):
    """Draws the scrim.  It takes no touches: the layer around it decides about them."""

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours and radii.

    :attr:`theme` is an :class:`~kivy.properties.ObjectProperty` and defaults to the
    light :class:`~overlay_kivy.theme.Theme`.
    """

    hole = ObjectProperty(None, allownone=True)
    """The cut-out, a :class:`~overlay_kivy.geometry.Rect` in window pixels.

    :attr:`hole` is an :class:`~kivy.properties.ObjectProperty` and defaults to None: the
    scrim covers everything.
    """

    radius = NumericProperty(None, allownone=True)
    """Roundness of the cut-out in pixels.

    :attr:`radius` is a :class:`~kivy.properties.NumericProperty` and defaults to None:
    the theme's.
    """

    strips = ListProperty([_NOTHING] * 4)
    """The dim rectangles around the cut-out, as ``x, y, width, height``."""

    corner = ListProperty([0, 0])
    """Where the lower left corner of the cut-out is; what follows is relative to it.

    A cut-out that only moves is drawn anew nowhere but in the strips.
    """

    corners = ListProperty(_NOTHING)
    """Where the dim corners of the cut-out go, as ``x, y, width, height``."""

    corners_texture = ObjectProperty(None, allownone=True)
    """What lies outside a rounded rectangle, stretched by its middle."""

    corners_border = ListProperty([0, 0])
    """How much of that texture is corner, and how large that is drawn, in pixels."""

    ring = ListProperty([*_NOTHING, 0])
    """The line around the cut-out, as ``x, y, width, height, radius``.

    A line and no texture: it is as wide around a corner of any radius as along a side.
    """

    line = NumericProperty("1dp")
    """Half the width of that line, in pixels."""

    glow = ListProperty(_NOTHING)
    """Where the glow around the line goes, as ``x, y, width, height``."""

    glow_texture = ObjectProperty(None, allownone=True)
    """The glow, stretched by its middle."""

    glow_border = ListProperty([0, 0])
    """How much of that texture is corner, and how large that is drawn, in pixels."""

    def _is_open(self) -> bool:
        return self.hole is not None and not self.hole.is_empty

    is_open = AliasProperty(_is_open, bind=["hole"])
    """Whether there is a cut-out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._textures = MaskTextures()
        self.bind(pos=self._draw, size=self._draw, hole=self._draw, theme=self._draw)
        self.bind(radius=self._draw)
        self._draw()

    def _draw(self, *_args: Any) -> None:
        window = Rect(self.x, self.y, self.width, self.height)
        if not self.is_open:
            self.strips = [_edges(window), _NOTHING, _NOTHING, _NOTHING]
            self.corners = self.glow = _NOTHING
            self.ring = [*_NOTHING, 0]
            return
        hole = self.hole.clipped(window).rounded()
        self.strips = [_edges(strip) for strip in scrim_strips(window, hole)]
        wanted = self.radius
        if wanted is None:
            wanted = dp(self.theme.spotlight_radius)
        radius = max(1.0, min(wanted, hole.width / 2, hole.height / 2))
        masks = self._textures.pair(radius)
        self.corner = [hole.x, hole.y]
        around = window.moved(-hole.x, -hole.y)
        hole = hole.moved(-hole.x, -hole.y)
        self.corners, self.corners_texture = _edges(hole), masks.corners
        self.corners_border = masks.radius, radius
        reach = radius * masks.reach / masks.radius
        self.glow, self.glow_texture = _edges(hole.grown(reach)), masks.glow
        self.glow_border = masks.radius + masks.reach, radius + reach
        # At the window's edge, too, the whole line is to be seen.
        self.line = dp(_HALF_LINE_DP)
        line = hole.clipped(around.grown(-dp(_INSET_DP)))
        self.ring = [*_edges(line), min(radius, line.width / 2, line.height / 2)]


def _edges(rect: Rect) -> tuple[float, float, float, float]:
    return rect.x, rect.y, rect.width, rect.height
