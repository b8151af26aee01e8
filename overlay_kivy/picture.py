"""Picture: an image or icon that the app ships, with rounded corners."""

from __future__ import annotations

import logging
import math
from typing import Any

from kivy.core.image import Image as CoreImage
from kivy.graphics import Color, Mesh, SmoothLine
from kivy.metrics import dp
from kivy.properties import (
    BooleanProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.resources import resource_find
from kivy.uix.widget import Widget

from overlay_kivy.theme import Theme

__all__ = ["Picture"]

logger = logging.getLogger(__name__)

#: Wider ones and taller ones are cropped: a card is no place for a panorama.
_FLATTEST, _STEEPEST = 2.4, 1.0
#: Straight pieces that a corner is made of.
_PIECES = 8
#: Of the line that smooths the corners, in pixels.
_EDGE_WIDTH = 1.0
#: Where there is only room for a flatter one there is none.
_TOO_FLAT = 3.4


class Picture(Widget):
    """Draws a file that Kivy's ``resource_find`` knows, cropped to fill its place.

    It is read at once, so that the card has its final height in its first frame.  A
    missing or broken file leaves no gap: the height is 0, and the log has one line.
    """

    theme = ObjectProperty(Theme(), rebind=True)
    """Colours; see :class:`~overlay_kivy.theme.Theme`."""

    source = StringProperty()
    """The file's name; empty for no picture."""

    texture = ObjectProperty(None, allownone=True)
    """What is drawn; None without a picture."""

    inset = NumericProperty(0)
    """Room around what is drawn, at the left, right and top, in pixels."""

    radius = NumericProperty("8dp")
    """Of the corners, in pixels."""

    max_height = NumericProperty("180dp")
    """Of what is drawn, in pixels."""

    is_square = BooleanProperty(False)
    """Whether it is drawn as high as it is wide, whatever its shape: an icon."""

    def __init__(self, **kwargs: Any) -> None:
        self._shape: Mesh | None = None
        self._edge: SmoothLine | None = None
        super().__init__(**kwargs)
        self.size_hint_y = None
        fit, draw = self._fit, self._draw
        self.bind(width=fit, inset=fit, max_height=fit, is_square=fit, texture=fit)
        self.bind(pos=draw, size=draw, inset=draw, radius=draw, texture=draw)
        self.bind(theme=self._draw_anew)
        self._fit()
        self._draw()

    def on_source(self, _picture: Picture, source: str) -> None:
        """Read the file."""
        self.texture = _read(source) if source else None

    def _fit(self, *_args: Any) -> None:
        if self.texture is None:
            self.height = 0
            return
        width, height = self.texture.size
        shape = min(max(width / height, _STEEPEST), _FLATTEST)
        shape = 1.0 if self.is_square else shape
        room = max(self.width - 2 * self.inset, dp(1))
        height = min(room / shape, self.max_height)
        self.height = self.inset + height if height * _TOO_FLAT >= room else 0

    def _draw(self, *_args: Any) -> None:
        width, height = self.width - 2 * self.inset, self.height - self.inset
        if self.texture is None or width <= 0 or height <= 0:
            self.canvas.clear()
            self._shape = self._edge = None
            return
        if self._shape is None or self._edge is None:
            with self.canvas:
                Color(1, 1, 1, 1)
                self._shape = Mesh(mode="triangle_fan")
                # Kivy draws no smooth edge around a texture, so the card's colour does.
                Color(*self.theme.surface)
                self._edge = SmoothLine(width=_EDGE_WIDTH)
        pos, size = (self.x + self.inset, self.y), (width, height)
        part = _middle(self.texture, width / height)
        points = _rounded(width, height, min(self.radius, width / 2, height / 2))
        self._shape.vertices = _vertices(points, pos, size, part.tex_coords)
        self._shape.indices = range(len(points))
        self._shape.texture = part
        self._edge.rounded_rectangle = (*pos, *size, self.radius)

    def _draw_anew(self, *_args: Any) -> None:
        self.canvas.clear()
        self._shape = self._edge = None
        self._draw()


def _middle(texture: Any, shape: float) -> Any:
    """Return the largest middle part of a texture that is so many times as wide as high."""
    width, height = texture.size
    part_width, part_height = min(width, height * shape), min(height, width / shape)
    x, y = (width - part_width) / 2, (height - part_height) / 2
    return texture.get_region(round(x), round(y), round(part_width), round(part_height))


def _rounded(width: float, height: float, radius: float) -> list[tuple[float, float]]:
    """Return the outline of a rectangle with round corners, the middle of it first.

    Kivy's own instruction draws all of a texture, also where it is given a part.
    """
    corners = (
        (width - radius, height - radius),
        (radius, height - radius),
        (radius, radius),
        (width - radius, radius),
    )
    outline = [
        (
            x + radius * math.cos((corner + piece / _PIECES) * math.pi / 2),
            y + radius * math.sin((corner + piece / _PIECES) * math.pi / 2),
        )
        for corner, (x, y) in enumerate(corners)
        for piece in range(_PIECES + 1)
    ]
    return [(width / 2, height / 2), *outline, outline[0]]


def _vertices(
    points: list[tuple[float, float]],
    pos: tuple[float, float],
    size: tuple[float, float],
    tex_coords: tuple[float, ...],
) -> list[float]:
    """Return where in the window and where on the texture each point is."""
    left, low, right, _, _, high, *_ = tex_coords
    return [
        value
        for x, y in points
        for value in (
            pos[0] + x,
            pos[1] + y,
            left + (right - left) * x / size[0],
            low + (high - low) * y / size[1],
        )
    ]


def _read(source: str) -> Any | None:
    # Not by what Kivy found a minute ago: the app may have put it elsewhere since.
    path = resource_find(source, use_cache=False)
    if path is None:
        logger.warning("the picture %r is not among the app's resources", source)
        return None
    try:
        # Not into Kivy's cache: it would keep the texture when the tour is over.
        return CoreImage(path, nocache=True).texture
    except Exception:
        logger.warning("the picture %r cannot be read", source, exc_info=True)
        return None
