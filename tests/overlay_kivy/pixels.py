"""What is to be seen in the window, pixel by pixel."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from kivy.base import EventLoop
from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels

from overlay_kivy.geometry import Rect
from overlay_kivy.targets import rect_of
from overlay_kivy.testing import advance_frames
from overlay_kivy.theme import contrast_ratio

Pixel = tuple[int, int, int]


@dataclass(frozen=True)
class Picture:
    """The window as it was drawn; the origin is at the lower left."""

    width: int
    height: int
    data: bytes

    def at(self, x: float, y: float) -> Pixel:
        """Return the colour of a pixel."""
        start = 3 * (int(y) * self.width + int(x))
        red, green, blue = self.data[start : start + 3]
        return red, green, blue

    def colors(self, rect: Rect) -> Counter[Pixel]:
        """Return how often each colour is in a rectangle."""
        rect = rect.clipped(Rect(0, 0, self.width, self.height))
        found: Counter[Pixel] = Counter()
        for y in range(int(rect.y), int(rect.top)):
            row = self.data[3 * y * self.width : 3 * (y + 1) * self.width]
            row = row[3 * int(rect.x) : 3 * int(rect.right)]
            found.update(zip(row[::3], row[1::3], row[2::3], strict=True))
        return found


def read_window() -> Picture:
    """Draw the window and return what is in it."""
    window = EventLoop.window
    advance_frames(2)
    # Into the back buffer, where it can be read; what was shown has been swapped away.
    window.dispatch("on_draw")
    width, height = map(int, window.size)
    pixels = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
    return Picture(width, height, bytes(pixels))


def contrast_of(one: Pixel, other: Pixel) -> float:
    """Return the contrast of two drawn colours (WCAG 2.2)."""
    return contrast_ratio(_color(one), _color(other))


def drawn_contrast(picture: Picture, widget: Any, *, inset: float = 0) -> float:
    """Return the contrast of what is drawn on a widget to the colour that it is drawn on.

    The ground is its most frequent colour.  Of the others the strongest that fills three
    pixels counts: the edges of letters are blends.
    """
    colors = picture.colors(rect_of(widget).grown(-inset))
    (ground, _), *others = colors.most_common()
    ratios = (contrast_of(color, ground) for color, count in others if count >= 3)
    return max(ratios, default=1.0)


def _color(pixel: Pixel) -> tuple[float, float, float, float]:
    red, green, blue = (channel / 255 for channel in pixel)
    return red, green, blue, 1.0
