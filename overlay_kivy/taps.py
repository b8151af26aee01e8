"""TargetTaps: notices taps on a target while nothing of the overlay is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from overlay_kivy.containment import contained
from overlay_kivy.targets import TargetRegistry, visible_rect

__all__ = ["TargetTaps"]


class TargetTaps:
    """Looks at touches on their way to the app, and takes none of them.

    The target is looked up when a finger is lifted: nothing is done in between, and a
    target that comes and goes is no trouble.
    """

    def __init__(self, registry: TargetRegistry, fail: Callable[[], None]) -> None:
        self.fail = fail
        self._registry = registry
        self._tour_id = ""
        self._window: Any = None
        self._on_tap: Callable[[], None] | None = None

    def watch(self, tour_id: str, window: Any, on_tap: Callable[[], None]) -> None:
        """Call ``on_tap`` for every tap on the target, until :meth:`stop`."""
        self.stop()
        self._tour_id, self._window, self._on_tap = tour_id, window, on_tap
        window.bind(on_touch_up=self._on_touch_up)

    def stop(self) -> None:
        """Look at touches no more."""
        if self._window is not None:
            self._window.unbind(on_touch_up=self._on_touch_up)
        self._window = self._on_tap = None

    @contained
    def _on_touch_up(self, _window: Any, touch: Any) -> bool:
        target = self._registry.find(self._tour_id, self._window)
        if target is not None and self._on_tap is not None:
            rect = visible_rect(target, self._window)
            began = touch.ox, touch.oy
            if all(
                rect.x <= x <= rect.right and rect.y <= y <= rect.top
                for x, y in (began, touch.pos)
            ):
                self._on_tap()
        return False
