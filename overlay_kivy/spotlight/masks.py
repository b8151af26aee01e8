"""Alpha masks with smooth edges: a stencil's would be jagged, a full-screen shader slow.

Pure arithmetic; a mask is square, one byte a pixel, 0 (nothing) to 255 (opaque).
"""

from __future__ import annotations

from collections.abc import Callable
from math import hypot

__all__ = ["corner_mask", "ring_mask", "ring_mask_size"]

#: Opacity of the glow where it leaves the line.
_GLOW = 0.45


def corner_mask(radius: int) -> bytes:
    """Return what lies outside a quarter circle, in its lower left square.

    Mirrored, it rounds the other three corners of a cut-out.
    """

    def outside(x: float, y: float) -> float:
        return hypot(radius - x, radius - y) - radius + 0.5

    return _sampled(radius, outside)


def ring_mask_size(radius: int, reach: int) -> int:
    """Return the width in pixels of :func:`ring_mask`: two corners and a stretch."""
    return 2 * (radius + reach) + 2


def ring_mask(radius: int, reach: int, line_width: float) -> bytes:
    """Return a rounded line and the glow that fades outwards from it.

    The line's middle is ``reach`` pixels inside the mask, where the glow ends.  Stretched
    by its middle, the mask fits a cut-out of any size.
    """
    size = ring_mask_size(radius, reach)
    center = reach + radius

    def line(x: float, y: float) -> float:
        # Four equal corners: fold everything onto the lower left one.
        across = max(center - min(x, size - x), 0.0)
        along = max(center - min(y, size - y), 0.0)
        distance = hypot(across, along) - radius
        glow = _GLOW * max(1 - distance / reach, 0.0) ** 2 if distance > 0 else 0.0
        return max(line_width / 2 + 0.5 - abs(distance), glow)

    return _sampled(size, line)


def _sampled(size: int, alpha: Callable[[float, float], float]) -> bytes:
    return bytes(
        round(255 * min(max(alpha(x + 0.5, y + 0.5), 0.0), 1.0))
        for y in range(size)
        for x in range(size)
    )
