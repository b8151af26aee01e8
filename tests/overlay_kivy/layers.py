"""A layer over the sample app, without a tour: what a test of places and motion needs."""

from __future__ import annotations

from typing import Any

from kivy.base import EventLoop
from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels

from overlay_kivy.geometry import Rect
from overlay_kivy.layer import OverlayLayer
from overlay_kivy.testing import advance_frames, wait_for
from overlay_kivy.tooltip.tooltip import TooltipCard


class Layering:
    """One layer, and what it told."""

    def __init__(self) -> None:
        self.failures = 0
        self.lost = 0
        self.taps = 0
        self.layer = OverlayLayer(fail=self._fail)
        self.layer.bind(on_target_lost=self._lose, on_target_tap=self._tap)

    def _fail(self) -> None:
        self.failures += 1

    def _lose(self, _layer: Any) -> None:
        self.lost += 1

    def _tap(self, _layer: Any) -> None:
        self.taps += 1

    def show(self, target: Any = None, *, title: str = "A step", **how: Any) -> Any:
        """Show a card and return it."""
        card = TooltipCard(title=title, body="What it is about.", cta="Next", count=3)
        self.layer.show_card(EventLoop.window, card, target=target, **how)
        advance_frames(1)
        return card

    def settle(self) -> None:
        """Wait until nothing moves."""
        wait_for(lambda: not self.layer.is_moving)
        advance_frames(1)

    @property
    def hole(self) -> Rect:
        """The cut-out as it is drawn."""
        hole = self.layer.spotlight.hole
        assert hole is not None, "there is no cut-out"
        return hole


def drawn() -> bytes:
    """Return the window's pixels, three bytes each, as they are drawn now."""
    window = EventLoop.window
    window.dispatch("on_draw")
    size = int(window.width), int(window.height)
    return bytes(glReadPixels(0, 0, *size, GL_RGB, GL_UNSIGNED_BYTE))


def brightness(pixels: bytes) -> float:
    """Return the mean of a picture, 0 to 255."""
    part = pixels[::7]
    return sum(part) / len(part)


def difference(one: bytes, other: bytes) -> float:
    """Return the mean difference of two pictures, 0 to 255."""
    pairs = list(zip(one[::7], other[::7], strict=True))
    return sum(abs(a - b) for a, b in pairs) / len(pairs)
