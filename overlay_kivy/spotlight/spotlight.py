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
#: Pixels of a mask's corner: enough for every eye, little enough for a slow phone.
_MOST_DETAIL = 56
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

    corners = ListProperty(_NOTHING)
    """Where the dim corners of the cut-out go, as ``x, y, width, height``."""

    corners_texture = ObjectProperty(None, allownone=True)
    """What lies outside a rounded rectangle, stretched by its middle."""

    corners_border = ListProperty([0, 0])
    """How much of that texture is corner, and how large that is drawn, in pixels."""

    ring = ListProperty(_NOTHING)
    """Where the line around the cut-out goes, as ``x, y, width, height``."""

    ring_texture = ObjectProperty(None, allownone=True)
    """The line and its glow, stretched by its middle."""

    ring_border = ListProperty([0, 0])
    """How much of that texture is corner, and how large that is drawn, in pixels."""

    def _is_open(self) -> bool:
        return self.hole is not None and not self.hole.is_empty

    is_open = AliasProperty(_is_open, bind=["hole"])
    """Whether there is a cut-out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._mask_radius = self._mask_reach = 0
        self._make_masks()
        self.bind(theme=self._make_masks)
        self.bind(pos=self._draw, size=self._draw, hole=self._draw, theme=self._draw)
        self.bind(radius=self._draw)
        self._draw()

    def _make_masks(self, *_args: Any) -> None:
        """Make the textures once; smaller cut-outs draw them smaller."""
        radius, reach = dp(max(self.theme.spotlight_radius, 1)), dp(_GLOW_DP)
        detail = min(1.0, _MOST_DETAIL / (radius + reach))
        self._mask_radius = max(1, round(radius * detail))
        self._mask_reach = max(1, round(reach * detail))
        line = ring_mask(self._mask_radius, self._mask_reach, dp(_LINE_DP) * detail)
        self.ring_texture = _texture(
            mask_size(self._mask_radius, self._mask_reach), line
        )
        self.corners_texture = _texture(
            mask_size(self._mask_radius), corners_mask(self._mask_radius)
        )

    def _draw(self, *_args: Any) -> None:
        window = Rect(self.x, self.y, self.width, self.height)
        if not self.is_open:
            self.strips = [_edges(window), _NOTHING, _NOTHING, _NOTHING]
            self.corners = self.ring = _NOTHING
            return
        hole = self.hole.clipped(window).rounded()
        self.strips = [_edges(strip) for strip in scrim_strips(window, hole)]
        wanted = dp(self.theme.spotlight_radius if self.radius is None else self.radius)
        radius = max(1.0, min(wanted, hole.width / 2, hole.height / 2))
        reach = radius * self._mask_reach / self._mask_radius
        self.corners = _edges(hole)
        self.corners_border = self._mask_radius, radius
        self.ring = _edges(hole.grown(reach))
        self.ring_border = self._mask_radius + self._mask_reach, radius + reach


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
