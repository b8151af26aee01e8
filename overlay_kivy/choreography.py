"""Choreography: moves what a layer shows from where it is to where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kivy.metrics import dp

from client_sdk.contracts.step import Placement
from overlay_kivy.containment import contained
from overlay_kivy.geometry import CardPlacement, Rect, Size, pointed_at
from overlay_kivy.motion import FOCUS_DP, LEAVING_SHARE, Motion
from overlay_kivy.scenes import Card, Scene
from overlay_kivy.spotlight.spotlight import Spotlight

__all__ = ["Choreography"]


class Choreography:
    """Draws one scene after another, from :meth:`begin` to :meth:`end`.

    The layer says what is shown and where the cut-out belongs; this says where all of it
    is in a frame.
    """

    def __init__(
        self, layer: Any, spotlight: Spotlight, fail: Callable[[], None]
    ) -> None:
        self.fail = fail
        self._layer = layer
        self._spotlight = spotlight
        self._motion = Motion(self._draw)
        self._scene: Scene | None = None
        self._seconds = self._radius = self._old_radius = 0.0
        self._is_new = self._is_same_card = False
        #: Where the cut-out belongs, and the point where one closes that is not wanted.
        self._hole: Rect | None = None
        self._closing: Rect | None = None
        self._spot: CardPlacement | None = None
        self._size = Size(0, 0)
        self._window: Rect | None = None
        #: What can be seen in this frame.
        self._scrim = 0.0
        self._shown_hole: Rect | None = None
        self._shown_card = Rect(0, 0, 0, 0)
        self._leaving: Any = None
        #: Called when all of it has faded; None while it stays.
        self._on_gone: Callable[[], None] | None = None

    @property
    def is_moving(self) -> bool:
        """Whether something is not in its place yet."""
        return not self._motion.is_still

    def begin(self, scene: Scene, *, radius: float, seconds: float) -> None:
        """Go on with this scene from the next :meth:`arrange` on; ``radius`` in pixels."""
        self._drop_leaving()
        self._is_same_card = isinstance(self._scene, Card) and isinstance(scene, Card)
        self._leaving = None if self._scene is None else self._scene.content
        if self._leaving is scene.content or seconds <= 0:
            self._leaving = None
        self._scene, self._seconds = scene, seconds
        self._old_radius, self._radius = self._radius, radius
        self._is_new = True

    def is_leaving(self, content: Any) -> bool:
        """Tell whether a widget still fades; it is removed when nobody sees it."""
        return content is self._leaving

    def leave(self, seconds: float, on_gone: Callable[[], None]) -> None:
        """Fade all of it, the way it came; ``on_gone`` is called when nobody sees it.

        What was on its way goes on meanwhile, so that nothing jumps.
        """
        if self._spot is None or seconds <= 0:
            on_gone()
            return
        self._on_gone = on_gone
        self._motion.presence.pull(1.0)
        self._motion.start(seconds)

    def end(self) -> None:
        """Leave nothing that moves, and nothing that fades."""
        self._motion.stop()
        self._drop_leaving()
        self._on_gone = None
        self._layer.opacity = 1
        self._scene = self._hole = self._closing = self._spot = self._window = None
        self._shown_hole = self._spotlight.hole = None
        self._scrim = 0.0

    def arrange(self, window: Rect, hole: Rect | None) -> None:
        """Take notice of where cut-out and content belong now, and draw."""
        scene = self._scene
        if scene is None:
            return
        spot, size = scene.spot(window, hole), scene.size
        before = self._spot, self._size, self._window
        self._hole, self._spot, self._size, self._window = hole, spot, size, window
        if self._is_new:
            self._is_new = False
            self._turn(scene, spot)
        elif before[2] == window:
            self._smooth(spot, size, before[0], before[1])
        self._draw()

    def _smooth(
        self, spot: CardPlacement, size: Size, old: CardPlacement | None, old_size: Size
    ) -> None:
        """Let the card slide where it changes sides, or is laid out while it moves."""
        is_laid_out = self._is_same_card and self.is_moving and old_size != size
        if old is None or not (is_laid_out or self._is_elsewhere(spot, old, old_size)):
            return
        self._motion.card.shift(old.x - spot.x, old.y - spot.y)
        if is_laid_out:
            self._motion.surface.shift(
                old_size.width - size.width, old_size.height - size.height
            )
        self._motion.start(self._seconds)

    def _is_elsewhere(
        self, spot: CardPlacement, old: CardPlacement, old_size: Size
    ) -> bool:
        """Tell whether a card is on another side of its target, or at another end."""
        has_turned = old_size == self._size and old.y != spot.y
        is_on_target = self._hole is not None and spot.side is Placement.CENTER
        return old.side is not spot.side or (is_on_target and has_turned)

    def _turn(self, scene: Scene, spot: CardPlacement) -> None:
        """Let everything start where the scene before left it."""
        self._turn_spotlight(scene)
        motion = self._motion
        if self._is_same_card:
            old = self._shown_card
            motion.card.pull(old.x - spot.x, old.y - spot.y)
            size = scene.size
            motion.surface.pull(old.width - size.width, old.height - size.height)
        else:
            motion.card.release()
            motion.surface.release()
        motion.content.release()
        motion.content.pull(-1.0)
        motion.start(self._seconds)

    def _turn_spotlight(self, scene: Scene) -> None:
        motion, old, hole = self._motion, self._shown_hole, self._hole
        scrim = 1.0 if scene.has_scrim else 0.0
        motion.scrim.pull(self._scrim - scrim)
        self._closing = None
        if hole is None:
            if old is None:
                motion.hole.release()
                return
            hole = self._closing = Rect(*old.center, 0, 0)
        elif old is None:
            # A scrim that is there opens; one that only comes closes in on the target.
            focus = hole.grown(dp(FOCUS_DP))
            old = Rect(*hole.center, 0, 0) if self._scrim else focus
            self._old_radius = self._radius
        motion.hole.pull(
            old.x - hole.x,
            old.y - hole.y,
            old.right - hole.right,
            old.top - hole.top,
            self._old_radius - self._radius,
        )

    @property
    def _presence(self) -> float:
        """How much of all is to be seen, 0 to 1."""
        return 1.0 if self._on_gone is None else self._motion.presence.values[0]

    @contained
    def _draw(self) -> None:
        """Put everything where it is in this frame."""
        scene, spot = self._scene, self._spot
        if scene is None or spot is None:
            return
        if self._on_gone is not None and self._motion.presence.rests:
            self._on_gone()
            return
        self._layer.opacity = self._presence
        self._draw_spotlight(scene)
        self._draw_content(scene, spot, 1 + self._motion.content.values[0])

    def _draw_spotlight(self, scene: Scene) -> None:
        motion = self._motion
        self._scrim = (1.0 if scene.has_scrim else 0.0) + motion.scrim.values[0]
        self._spotlight.opacity = self._scrim
        x, y, right, top, radius = motion.hole.values
        hole = self._hole
        if hole is None and not motion.hole.rests:
            hole = self._closing
        if hole is not None:
            x, y = hole.x + x, hole.y + y
            width, height = hole.right + right - x, hole.top + top - y
            hole = Rect(x, y, max(width, 0.0), max(height, 0.0))
        self._shown_hole = hole
        self._spotlight.radius = self._radius + radius
        self._spotlight.hole = hole

    def _draw_content(self, scene: Scene, spot: CardPlacement, fade: float) -> None:
        content, before = scene.content, self._shown_card
        to_go = 0.0 if self._is_same_card else 1 - fade
        shown = self._card_now(scene, spot, max(to_go, 1 - self._presence))
        self._shown_card = shown
        arrow = spot.arrow
        if arrow is not None and self._shown_hole is not None and self.is_moving:
            arrow = pointed_at(spot.side, shown, self._shown_hole)
        scene.put(
            replace(spot, x=shown.x, y=shown.y, arrow=arrow),
            fade if self._is_same_card else 1.0,
        )
        if hasattr(content, "stretch"):
            content.stretch = (
                shown.width - content.width,
                shown.height - content.height,
            )
        content.opacity = fade if scene.fades and not self._is_same_card else 1.0
        self._fade_leaving(shown, before, 1 - fade / LEAVING_SHARE)

    def _card_now(self, scene: Scene, spot: CardPlacement, to_go: float) -> Rect:
        dx, dy = self._motion.card.values
        wider, taller = self._motion.surface.values
        size, window = self._size, self._window
        dx, dy = (
            by + entry * to_go
            for by, entry in zip((dx, dy), scene.entry(), strict=True)
        )
        card = Rect(spot.x + dx, spot.y + dy, size.width + wider, size.height + taller)
        # The window may have become smaller on the way.
        if window is not None and self._is_same_card:
            card = card.pushed_into(window)
        return card

    def _fade_leaving(self, shown: Rect, before: Rect, opacity: float) -> None:
        leaving = self._leaving
        if leaving is None:
            return
        if opacity <= 0:
            self._drop_leaving()
        elif self._is_same_card and hasattr(leaving, "stretch"):
            # Its words alone: the card that comes has taken its place.
            leaving.pos = leaving.x + shown.x - before.x, leaving.y + shown.y - before.y
            leaving.surface_opacity = 0
            leaving.text_opacity = opacity
        else:
            leaving.opacity = opacity

    def _drop_leaving(self) -> None:
        leaving, self._leaving = self._leaving, None
        if leaving is not None:
            self._layer.remove_widget(leaving)
