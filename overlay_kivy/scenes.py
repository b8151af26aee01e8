"""What a layer can show, and where each of them stands in the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kivy.metrics import dp

from client_sdk.contracts.step import Placement
from overlay_kivy.geometry import (
    Rect,
    Size,
    beacon_center,
    card_height_limit,
    place_card,
)
from overlay_kivy.theme import Theme

__all__ = ["Banner", "Beacon", "Card", "Scene", "Sheet"]

_SLIDE_DP = 10
#: A card with less height than this is better off in the middle.
_LEAST_CARD_DP = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One thing in the window; ``content`` is its widget, which knows its own height."""

    content: Any
    theme: Theme
    #: Whether the app is dimmed, and gets no touches.
    has_scrim = True

    def fit(self, window: Rect, hole: Rect | None) -> None:
        """Give the content the size that the window has room for."""

    def move(self, window: Rect, hole: Rect | None, progress: float) -> None:
        """Put the content in its place; ``progress`` is how far it has come, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(Scene):
    """A card beside the cut-out; in the middle without one."""

    placement: Placement = Placement.AUTO
    is_rtl: bool = False

    def fit(self, window: Rect, hole: Rect | None) -> None:
        """As wide as the theme says; its text scrolls where the card would be too tall."""
        margin = dp(self.theme.margin)
        room = max(window.width - 2 * margin, 0)
        self.content.width = min(room, dp(self.theme.card_width))
        self.content.max_height = card_height_limit(
            window,
            hole,
            self.content.width,
            margin=margin,
            gap=dp(self.theme.gap),
            least=dp(_LEAST_CARD_DP),
        )

    def move(self, window: Rect, hole: Rect | None, progress: float) -> None:
        """Beside the cut-out, a little lower while it moves in."""
        placement = place_card(
            window,
            hole,
            Size(self.content.width, self.content.height),
            self.placement,
            margin=dp(self.theme.margin),
            gap=dp(self.theme.gap),
            is_rtl=self.is_rtl,
        )
        self.content.place(
            placement, lift=(1 - progress) * dp(_SLIDE_DP), text_opacity=progress
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet(Scene):
    """The survey at the window's lower end."""

    def fit(self, window: Rect, hole: Rect | None) -> None:
        """As wide as the theme says, and never taller than the window."""
        self.content.width = min(window.width, dp(self.theme.sheet_width))
        self.content.max_height = window.height - 2 * dp(self.theme.margin)

    def move(self, window: Rect, hole: Rect | None, progress: float) -> None:
        """Up from below the window."""
        self.content.center_x = window.center[0]
        self.content.y = window.y - (1 - progress) * self.content.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner(Scene):
    """A strip at an edge of a window that can be used."""

    at_top: bool = False
    has_scrim = False

    def fit(self, window: Rect, hole: Rect | None) -> None:
        """As wide as the window."""
        self.content.width = window.width

    def move(self, window: Rect, hole: Rect | None, progress: float) -> None:
        """In over its edge."""
        outside = (1 - progress) * self.content.height
        self.content.x = window.x
        if self.at_top:
            self.content.top = window.top + outside
        else:
            self.content.y = window.y - outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacon(Scene):
    """A mark on a corner of its target, in a window that can be used."""

    is_rtl: bool = False
    has_scrim = False

    def move(self, window: Rect, hole: Rect | None, progress: float) -> None:
        """On the target's upper corner at the end of a line, whole in the window."""
        size = Size(self.content.width, self.content.height)
        if hole is not None:
            self.content.center = beacon_center(window, hole, size, is_rtl=self.is_rtl)
        self.content.opacity = progress
