"""TargetSearch: looks for a step's target until it is there, visible and at rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock

from overlay_kivy.containment import contained
from overlay_kivy.geometry import Rect
from overlay_kivy.targets import (
    TargetRegistry,
    is_settled,
    rect_of,
    scroll_into_view,
    visible_rect,
)

__all__ = ["TargetSearch"]

#: A screen that slides in takes some ten looks; nobody sees a thirtieth of a second.
_INTERVAL_SECONDS = 1 / 30


class TargetSearch:
    """One search at a time; ends in one of the callbacks.

    Args:
        registry: Knows the widgets' names.
        on_found: Called with the widget.
        on_waiting: Called once if the first look did not find it: whatever is shown must
            go, because the app may need the touches to get there.
        on_missing: Called when the time is over.
        fail: Called when one of these raised.
    """

    def __init__(
        self,
        registry: TargetRegistry,
        *,
        on_found: Callable[[Any], None],
        on_waiting: Callable[[], None],
        on_missing: Callable[[], None],
        fail: Callable[[], None],
    ) -> None:
        self.fail = fail
        self._registry = registry
        self._on_found = on_found
        self._on_waiting = on_waiting
        self._on_missing = on_missing
        self._tour_id = ""
        self._window: Any = None
        self._besides: Any = None
        self._seconds_left = 0.0
        self._last_rect: Rect | None = None
        # The first look waits for the next frame, so that layouts had their turn.
        self._first = Clock.create_trigger(self._look_first, 0)
        self._again = Clock.create_trigger(
            self._look_again, _INTERVAL_SECONDS, interval=True
        )

    def start(
        self, tour_id: str, window: Any, *, besides: Any, wait_seconds: float
    ) -> None:
        """Look in a window's tree, but not under ``besides``; ends a running search."""
        self.stop()
        self._tour_id, self._window, self._besides = tour_id, window, besides
        self._seconds_left = wait_seconds
        self._first()

    def stop(self) -> None:
        """End the search without a callback."""
        self._first.cancel()
        self._again.cancel()
        self._window = self._besides = self._last_rect = None

    @contained
    def _look_first(self, _dt: float) -> None:
        target = self._find()
        if target is not None and is_settled(target):
            self._end(target)
            return
        self._on_waiting()
        self._again()

    @contained
    def _look_again(self, dt: float) -> None:
        self._seconds_left -= dt
        target = self._find()
        is_late = self._seconds_left <= 0
        # A target in motion is worth waiting for, and one that never rests is not lost.
        if target is not None and (is_late or self._rests(target)):
            self._end(target)
        elif is_late:
            self.stop()
            self._on_missing()

    def _find(self) -> Any | None:
        target = self._registry.find(self._tour_id, self._window, besides=self._besides)
        if target is None:
            return None
        scroll_into_view(target)
        return None if visible_rect(target, self._window).is_empty else target

    def _rests(self, target: Any) -> bool:
        before, self._last_rect = self._last_rect, rect_of(target)
        return before == self._last_rect and is_settled(target)

    def _end(self, target: Any) -> None:
        self.stop()
        self._on_found(target)
