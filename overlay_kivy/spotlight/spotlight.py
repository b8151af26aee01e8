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
from overlay_kivy.spotlight.masks import corners_mask, mask_size, ring_mask
from overlay_kivy.theme import Theme

__all__ = ["Spotlight"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

_LINE_DP = 2
_GLOW_DP = 12
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
    """The dim rectangles around the cut-out, as ``x, y, width, height``."""

    corners = ListProperty(_NOTHING)
    """Where the dim corners of the cut-out go, as ``x, y, width, height``."""

    corners_texture = ObjectProperty(None, allownone=True)
    """What lies outside a rounded rectangle, stretched by its middle."""

    corners_border = NumericProperty(0)
    """How much of that texture is corner, in pixels."""

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
            self.corners = self.ring = _NOTHING
            return
        hole = self.hole.clipped(window).rounded()
        self.strips = [_edges(strip) for strip in scrim_strips(window, hole)]
        radius = self._radius(hole)
        self.corners_texture = self._mask("corners", radius)
        self.corners_border = radius
        self.corners = _edges(hole)
        self.ring_texture = self._mask("ring", radius)
        self.ring_border = radius + self._reach
        self.ring = _edges(hole.grown(self._reach))

    def _radius(self, hole: Rect) -> int:
        wanted = dp(self.theme.spotlight_radius)
        return max(1, int(min(wanted, hole.width / 2, hole.height / 2)))

    @property
    def _reach(self) -> int:
        return round(dp(_GLOW_DP))

    def _mask(self, kind: str, radius: int) -> Texture:
        """Return the mask for a radius, made once."""
        if (kind, radius) not in self._masks:
            if kind == "corners":
                size, alpha = mask_size(radius), corners_mask(radius)
            else:
                size = mask_size(radius, self._reach)
                alpha = ring_mask(radius, self._reach, dp(_LINE_DP))
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
