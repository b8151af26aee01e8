"""What a layer can show, and where each of them stands in the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kivy.metrics import dp

from client_sdk.contracts.step import Placement
from overlay_kivy.geometry import (
    CardPlacement,
    Rect,
    Size,
    beacon_center,
    card_height_limit,
    place_card,
)
from overlay_kivy.motion import RISE_DP
from overlay_kivy.theme import Theme

__all__ = ["Banner", "Beacon", "Card", "Scene", "Sheet"]

#: A card with less height than this is better off in the middle.
_LEAST_CARD_DP = 240
#: A banner leaves the app to the user.
_TALLEST_BANNER_DP = 320


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One thing in the window; ``content`` is its widget, which knows its own height."""

    content: Any
    theme: Theme

    @property
    def has_scrim(self) -> bool:
        """Whether the app is dimmed, and gets no touches."""
        return True

    @property
    def fades(self) -> bool:
        """Whether it appears in its place, instead of coming from beyond the window."""
        return True

    @property
    def size(self) -> Size:
        """The content's size."""
        return Size(self.content.width, self.content.height)

    def fit(self, window: Rect, hole: Rect | None) -> None:
        """Give the content the size that the window has room for."""

    def spot(self, window: Rect, hole: Rect | None) -> CardPlacement:
        """Return where the content stands when nothing moves."""
        raise NotImplementedError

    def entry(self) -> tuple[float, float]:
        """Return how far from its spot the content is when it begins to appear."""
        return 0.0, 0.0

    def put(self, spot: CardPlacement, text_opacity: float) -> None:
        """Put the content there."""
        self.content.pos = round(spot.x), round(spot.y)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(Scene):
    """A card beside the cut-out; in the middle without one."""

    placement: Placement = Placement.AUTO
    is_rtl: bool = False

    def fit(self, window: Rect, hole: Rect | None) -> None:
        """As wide as the theme says; its text scrolls where the card would be too tall."""
        margin = dp(self.theme.margin)
        room = max(window.width - 2 * margin, 0)
        self.content.width = min(room, self.content.natural_width)
        self.content.max_height = card_height_limit(
            window,
            hole,
            self.content.width,
            margin=margin,
            gap=dp(self.theme.gap),
            least=dp(_LEAST_CARD_DP),
        )

    def spot(self, window: Rect, hole: Rect | None) -> CardPlacement:
        """Beside the cut-out."""
        return place_card(
            window,
            hole,
            self.size,
            self.placement,
            margin=dp(self.theme.margin),
            gap=dp(self.theme.gap),
            inset=dp(self.theme.card_radius + self.theme.arrow_size),
            is_rtl=self.is_rtl,
        )

    def entry(self) -> tuple[float, float]:
        """A little lower."""
        return 0.0, -dp(RISE_DP)

    def put(self, spot: CardPlacement, text_opacity: float) -> None:
        """Let the card go there, and point its arrow."""
        self.content.place(spot, text_opacity=text_opacity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet(Scene):
    """The survey at the window's lower end."""

    @property
    def fades(self) -> bool:
        """It comes from below the window."""
        return False

    def fit(self, window: Rect, hole: Rect | None) -> None:
        """As wide as the theme says, and never taller than the window."""
        self.content.width = min(window.width, dp(self.theme.sheet_width))
        self.content.max_height = window.height - 2 * dp(self.theme.margin)

    def spot(self, window: Rect, hole: Rect | None) -> CardPlacement:
        """In the middle of the lower edge."""
        x = window.center[0] - self.content.width / 2
        return CardPlacement(x=x, y=window.y, side=Placement.CENTER)

    def entry(self) -> tuple[float, float]:
        """From below the window."""
        return 0.0, -self.content.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner(Scene):
    """A strip at an edge of a window that can be used."""

    at_top: bool = False

    @property
    def has_scrim(self) -> bool:
        """The app is as it was."""
        return False

    @property
    def fades(self) -> bool:
        """It comes over its edge."""
        return False

    def fit(self, window: Rect, hole: Rect | None) -> None:
        """As wide as the window; its text scrolls before it takes the app's room."""
        self.content.width = window.width
        around = self.content.height - self.content.strip_height
        room = window.height - around
        self.content.max_height = min(dp(_TALLEST_BANNER_DP), room)

    def spot(self, window: Rect, hole: Rect | None) -> CardPlacement:
        """Along its edge."""
        y = window.top - self.content.height if self.at_top else window.y
        return CardPlacement(x=window.x, y=y, side=Placement.CENTER)

    def entry(self) -> tuple[float, float]:
        """From beyond its edge."""
        return 0.0, self.content.height * (1 if self.at_top else -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacon(Scene):
    """A mark on a corner of its target, in a window that can be used."""

    is_rtl: bool = False

    @property
    def has_scrim(self) -> bool:
        """The app is as it was."""
        return False

    def spot(self, window: Rect, hole: Rect | None) -> CardPlacement:
        """On the target's upper corner at the end of a line, whole in the window."""
        around = hole or window
        x, y = beacon_center(window, around, self.size, is_rtl=self.is_rtl)
        return CardPlacement(
            x=x - self.content.width / 2,
            y=y - self.content.height / 2,
            side=Placement.CENTER,
        )
