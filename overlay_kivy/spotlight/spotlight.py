"""Spotlight: dims the window but for a rounded cut-out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.graphics.texture import Texture
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
from overlay_kivy.spotlight.masks import corner_mask, ring_mask, ring_mask_size
from overlay_kivy.theme import Theme

__all__ = ["Spotlight"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

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

    strips = ListProperty([_NOTHING] * 4)
    """The four dim rectangles around the cut-out, as ``x, y, width, height``."""

    corners = ListProperty([_NOTHING] * 4)
    """The dim corners of the cut-out: lower left, lower right, upper right, upper left."""

    corner_texture = ObjectProperty(None, allownone=True)
    """What lies outside the quarter circle of the lower left corner."""

    ring_texture = ObjectProperty(None, allownone=True)
    """The light line around the cut-out, stretched by its middle."""

    ring = ListProperty(_NOTHING)
    """Where the line's texture goes, as ``x, y, width, height``."""

    ring_border = NumericProperty(0)
    """How much of the line's texture is corner, in pixels."""

    def _is_open(self) -> bool:
        return self.hole is not None and not self.hole.is_empty

    is_open = AliasProperty(_is_open, bind=["hole"])
    """Whether there is a cut-out."""

    def __init__(self, **kwargs: Any) -> None:
        self._masks: dict[tuple[str, int], Texture] = {}
        super().__init__(**kwargs)
        self.bind(pos=self._draw, size=self._draw, hole=self._draw, theme=self._draw)
        self._draw()

    def _draw(self, *_args: Any) -> None:
        window = Rect(self.x, self.y, self.width, self.height)
        if not self.is_open:
            self.strips = [_edges(window), _NOTHING, _NOTHING, _NOTHING]
            self.corners = [_NOTHING] * 4
            return
        hole = self.hole.clipped(window).rounded()
        self.strips = [_edges(strip) for strip in scrim_strips(window, hole)]
        radius = self._radius(hole)
        self._draw_corners(hole, radius)
        self._draw_ring(hole, radius)

    def _radius(self, hole: Rect) -> int:
        wanted = dp(self.theme.spotlight_radius)
        return max(1, int(min(wanted, hole.width / 2, hole.height / 2)))

    def _draw_corners(self, hole: Rect, radius: int) -> None:
        self.corner_texture = self._mask("corner", radius)
        right, top = hole.right - radius, hole.top - radius
        places = ((hole.x, hole.y), (right, hole.y), (right, top), (hole.x, top))
        self.corners = [(x, y, radius, radius) for x, y in places]

    def _draw_ring(self, hole: Rect, radius: int) -> None:
        reach = self._reach()
        self.ring_texture = self._mask("ring", radius)
        self.ring_border = radius + reach
        self.ring = _edges(hole.grown(reach))

    def _reach(self) -> int:
        return round(dp(12))

    def _mask(self, kind: str, radius: int) -> Texture:
        """Return the mask for a radius, made once."""
        if (kind, radius) not in self._masks:
            reach = self._reach()
            if kind == "corner":
                size, alpha = radius, corner_mask(radius)
            else:
                size = ring_mask_size(radius, reach)
                alpha = ring_mask(radius, reach, dp(2))
            self._masks[kind, radius] = _texture(size, alpha)
        return self._masks[kind, radius]


def _edges(rect: Rect) -> tuple[float, float, float, float]:
    return rect.x, rect.y, rect.width, rect.height


def _texture(size: int, alpha: bytes) -> Texture:
    # White everywhere: a dark pixel under a half-opaque one would show as a fringe.
    pixels = b"".join(b"\xff\xff\xff" + alpha[i : i + 1] for i in range(len(alpha)))

    def fill(texture: Texture) -> None:
        texture.blit_buffer(pixels, colorfmt="rgba", bufferfmt="ubyte")

    texture = Texture.create(size=(size, size), colorfmt="rgba")
    texture.wrap = "clamp_to_edge"
    fill(texture)
    # Android takes the graphics context away while an app sleeps.
    texture.add_reload_observer(fill)
    return texture
