"""MaskTextures: the masks of a spotlight as textures, for cut-outs of any roundness."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

from kivy.graphics.texture import Texture
from kivy.metrics import dp

from overlay_kivy.spotlight.masks import corners_mask, glow_mask, mask_size

__all__ = ["MaskPair", "MaskTextures"]

#: How far the light around a cut-out reaches.
_GLOW_DP = 12
#: Pixels of a mask's corner: enough for every eye, little enough for a slow phone.
_MOST_DETAIL = 56
#: A mask serves radii that are this much larger or smaller: nobody sees where a glow
#: ends, and few masks serve a radius that moves.
_TOLERANCE = 0.12
#: Pairs that one spotlight keeps.
_MOST_KEPT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskPair:
    """Corners and glow of one roundness; lengths in the textures' own pixels."""

    radius: int
    #: How far the glow goes beyond the edge.
    reach: int
    corners: Texture
    glow: Texture


class MaskTextures:
    """Makes masks when they are needed, and keeps the last ones.

    A mask that is drawn larger has a wider glow.  So there is one for each roundness, and
    the glow is as wide around every cut-out.
    """

    def __init__(self) -> None:
        self._pairs: dict[int, MaskPair] = {}

    def __len__(self) -> int:
        return len(self._pairs)

    def pair(self, radius: float) -> MaskPair:
        """Return the masks for a radius in window pixels."""
        rung = round(log(max(radius, 1.0)) / (2 * _TOLERANCE))
        found = self._pairs.pop(rung, None) or _make(exp(rung * 2 * _TOLERANCE))
        self._pairs[rung] = found
        for oldest in [*self._pairs][:-_MOST_KEPT]:
            del self._pairs[oldest]
        return found


def _make(radius: float) -> MaskPair:
    reach = dp(_GLOW_DP)
    detail = min(1.0, _MOST_DETAIL / (radius + reach))
    # Both are whole: the smaller one first, and the other in proportion to it.
    own_reach = max(1, round(reach * detail))
    own_radius = max(1, round(radius * own_reach / reach))
    return MaskPair(
        radius=own_radius,
        reach=own_reach,
        corners=_texture(mask_size(own_radius), corners_mask(own_radius)),
        glow=_texture(
            mask_size(own_radius, own_reach), glow_mask(own_radius, own_reach)
        ),
    )


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
