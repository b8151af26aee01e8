"""TargetSearch: looks for a step's target until it is there, visible and at rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock

from overlay_kivy.containment import contained
from overlay_kivy.geometry import Rect
from overlay_kivy.hidden import PutBack
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
#: After a window was drawn, how long until a look at what has changed in it.
_GLANCE_SECONDS = 0.15
#: How long a target that has appeared may take to come to rest.
_PATIENCE_SECONDS = 1.5


class TargetSearch:
    """One search at a time; ends in one of the callbacks.

    A target that is not there in time may be awaited for ever, by :meth:`look_on`: a
    widget can appear only in a window that is drawn, so there is a look after that, and
    nothing else is ever done.

    Args:
        registry: Knows the widgets' names.
        on_found: Called with the widget.
        on_waiting: Called once if the first look did not find it: whatever is shown must
            go, because the app may need the touches to get there.
        on_missing: Called when the time is over, for each search once.
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
        self._may_change_screen = self._may_turn = self._may_scroll = True
        self._seconds_left = 0.0
        self._last_rect: Rect | None = None
        self._is_looking_on = self._is_revealed = False
        self._scrolled_to: Any = None
        self._put_back: list[PutBack] = []
        # The first look waits for the next frame, so that layouts had their turn.
        self._first = Clock.create_trigger(self._look_first, 0)
        self._again = Clock.create_trigger(
            self._look_again, _INTERVAL_SECONDS, interval=True
        )
        self._glance = Clock.create_trigger(self._glance_at_it, _GLANCE_SECONDS)

    def start(  # noqa: PLR0913 - keyword-only
        self,
        tour_id: str,
        window: Any,
        *,
        besides: Any,
        wait_seconds: float,
        may_change_screen: bool = True,
        may_turn: bool = True,
        may_scroll: bool = True,
    ) -> None:
        """Look in a window's tree, but not under ``besides``; ends a running search.

        With ``may_turn`` the app is turned to where the target is; else it is scrolled
        there, and nothing else, or not even that without ``may_scroll``.
        """
        self.stop()
        self._may_scroll = may_scroll
        self._may_change_screen, self._may_turn = may_change_screen, may_turn
        self._is_revealed = False
        self._tour_id, self._window, self._besides = tour_id, window, besides
        self._seconds_left = wait_seconds
        self._first()

    def look_on(self) -> None:
        """Wait for a target that was missing, for as long as it takes; ends in on_found."""
        if self._window is not None and not self._is_looking_on:
            self._is_looking_on = True
            self._window.bind(on_flip=self._on_flip)

    def stop(self) -> None:
        """End the search without a callback."""
        self._rest()
        if self._is_looking_on:
            self._window.unbind(on_flip=self._on_flip)
        self._is_looking_on = False
        self._window = self._besides = self._scrolled_to = None

    def put_back(self) -> None:
        """Close the menus that were opened for the target; the step is over."""
        put_back, self._put_back = self._put_back, []
        for close in put_back:
            close()

    def _rest(self) -> None:
        for trigger in (self._first, self._again, self._glance):
            trigger.cancel()
        self._last_rect = None

    @contained
    def _look_first(self, _dt: float) -> None:
        target = self._find()
        if target is not None and is_settled(target):
            self._end(target)
            return
        if target is None:
            self._reveal()
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
            self._rest()
            if not self._is_looking_on:
                self._on_missing()
        elif target is None and not self._is_looking_on:
            self._reveal()

    def _on_flip(self, _window: Any) -> None:
        if not self._again.is_triggered:
            self._glance()

    @contained
    def _glance_at_it(self, _dt: float) -> None:
        target = self._find()
        if target is not None:
            self._seconds_left = _PATIENCE_SECONDS
            self._again()
        elif not self._is_revealed:
            # The user has the app by now: it is turned nowhere, and a list moves once.
            self._may_turn = False
            self._reveal()

    def _reveal(self) -> None:
        """Have the app show the target, which may be there since the last look only."""
        if not self._may_scroll:
            return
        put_back = self._registry.reveal(
            self._tour_id,
            self._window,
            besides=self._besides,
            may_change_screen=self._may_change_screen,
            may_turn=self._may_turn,
        )
        if put_back is not None:
            self._may_turn, self._is_revealed = False, True
            self._put_back += put_back

    def _find(self) -> Any | None:
        target = self._registry.find(self._tour_id, self._window, besides=self._besides)
        if target is None:
            self._scrolled_to = None
            return None
        # Once only while the user has the app: a list must not be torn from the finger.
        is_new = not self._is_looking_on or self._scrolled_to is not target
        if self._may_scroll and is_new:
            scroll_into_view(target)
            self._scrolled_to = target
        return None if visible_rect(target, self._window).is_empty else target

    def _rests(self, target: Any) -> bool:
        before, self._last_rect = self._last_rect, rect_of(target)
        return before == self._last_rect and is_settled(target)

    def _end(self, target: Any) -> None:
        self.stop()
        self._on_found(target)
