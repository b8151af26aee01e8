"""Alpha masks with smooth edges: a stencil's would be jagged, a full-screen shader slow.

Pure arithmetic; a mask is square, one byte a pixel, 0 (nothing) to 255 (opaque).
"""

from __future__ import annotations

from collections.abc import Callable
from math import hypot

__all__ = ["corners_mask", "glow_mask", "mask_size"]

#: Opacity of the glow at the edge.
_GLOW = 0.45


def mask_size(radius: int, reach: int = 0) -> int:
    """Return the width of a mask in pixels: two corners, and a stretch between them.

    Stretched by its middle, a mask fits a cut-out of any size.
    """
    return 2 * (radius + reach) + 2


def corners_mask(radius: int) -> bytes:
    """Return what lies outside a rounded square of :func:`mask_size`."""
    return _sampled(radius, 0, lambda distance: distance + 0.5)


def glow_mask(radius: int, reach: int) -> bytes:
    """Return the glow that fades outwards from a rounded edge.

    The edge is ``reach`` pixels inside the mask, where the glow ends.
    """

    def alpha(distance: float) -> float:
        return _GLOW * max(1 - distance / reach, 0.0) ** 2 if distance > 0 else 0.0

    return _sampled(radius, reach, alpha)


def _sampled(radius: int, reach: int, alpha: Callable[[float], float]) -> bytes:
    """Return the mask whose opacity depends on the distance from the rounded edge."""
    center = radius + reach
    quarter = [bytearray(center + 1) for _ in range(center + 1)]
    # A phone takes its time over every pixel: one half of one corner holds them all.
    for y in range(center + 1):
        for x in range(y + 1):
            across, along = max(center - x - 0.5, 0.0), max(center - y - 0.5, 0.0)
            value = alpha(hypot(across, along) - radius)
            opacity = round(255 * min(max(value, 0.0), 1.0))
            quarter[y][x] = quarter[x][y] = opacity
    rows = [bytes(row + row[::-1]) for row in quarter]
    return b"".join(rows + rows[::-1])
