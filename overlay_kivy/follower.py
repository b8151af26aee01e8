"""TargetFollower: tells when a target may have moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from weakref import ref

from kivy.clock import Clock
from kivy.core.window import WindowBase

from overlay_kivy.places import lineage

__all__ = ["TargetFollower"]

#: What moves, hides or clips a widget when it changes, on itself or on an ancestor, and
#: what a recycled one shows.  A scatter's transform is among them: its ``pos`` depends on it.
_WATCHED = (
    "pos",
    "size",
    "parent",
    "opacity",
    "scroll_x",
    "scroll_y",
    "viewport_size",
    "data",
)


class TargetFollower:
    """Tells when a widget may have moved; costs nothing while nothing moves."""

    def __init__(self, on_moved: Callable[[], None]) -> None:
        self._on_moved = on_moved
        self._trigger = Clock.create_trigger(self._tell, -1)
        self._chain: list[ref[Any]] = []

    def follow(self, *widgets: Any) -> None:
        """Watch widgets and their ancestors, and nothing else any more."""
        every = (one for widget in widgets for one in _line(widget))
        line = list(dict.fromkeys(every))
        chain = [ref(one) for one in line]
        if chain == self._chain:
            return
        self.stop()
        for one in line:
            for name in _watched(one):
                one.bind(**{name: self.notice})
        self._chain = chain

    def stop(self) -> None:
        """Watch nothing any more."""
        self._trigger.cancel()
        for reference in self._chain:
            widget = reference()
            if widget is not None:
                for name in _watched(widget):
                    widget.unbind(**{name: self.notice})
        self._chain = []

    def notice(self, *_args: Any) -> None:
        """Ask for a look before the next frame is drawn."""
        # A scroll view moves its content in a trigger of its own.  Ours must run after
        # it: going back to the end of the queue sees to that.
        self._trigger.cancel()
        self._trigger()

    def _tell(self, _dt: float) -> None:
        self._on_moved()


def _line(widget: Any) -> Iterator[Any]:
    yield from lineage(widget)
    window = widget.get_root_window()
    if window is not None:
        yield window


def _watched(widget: Any) -> Iterator[str]:
    if isinstance(widget, WindowBase):
        return iter(("children",))  # a dialog may open above the target
    return (name for name in _WATCHED if widget.property(name, True) is not None)
