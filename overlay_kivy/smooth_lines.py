"""Keeps Kivy's smooth lines visible when Android has taken the graphics context away.

All of them share a texture, and Kivy fills it again through the line that was made first.
Once that one is gone, nobody does, and every smooth line of the app is invisible.
"""

from __future__ import annotations

from kivy.graphics import SmoothLine
from kivy.graphics.texture import Texture

__all__ = ["keep_smooth_lines"]

#: What the texture holds: white, with edges that let everything through.
_PIXELS = b"".join(
    b"\xff\xff\xff" + alpha for alpha in (b"\0", b"\xff", b"\xff", b"\0")
)

_kept: list[Texture] = []


def keep_smooth_lines() -> None:
    """Have the shared texture filled again whenever the context was lost."""
    texture = SmoothLine().texture
    if texture not in _kept:
        texture.add_reload_observer(_fill)
        # Kivy may have dropped the one before from its cache; lines have it still.
        _kept[:] = [texture]


def _fill(texture: Texture) -> None:
    texture.blit_buffer(_PIXELS, colorfmt="rgba", bufferfmt="ubyte")
