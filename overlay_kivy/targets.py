"""Which widget a step points at, and where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary, ref

from kivy.clock import Clock
from kivy.properties import StringProperty
from kivy.uix.screenmanager import ScreenManager
from kivy.uix.scrollview import ScrollView
from kivy.uix.stencilview import StencilView

from overlay_kivy.geometry import Rect

__all__ = [
    "TargetFollower",
    "TargetRegistry",
    "TourTarget",
    "is_settled",
    "rect_of",
    "scroll_into_view",
    "visible_rect",
]

#: What moves, hides or clips a widget when it changes, on itself or on an ancestor.  A
#: scatter's transform is among them: its ``pos`` depends on it.
_WATCHED = (
    "pos",
    "size",
    "parent",
    "opacity",
    "scroll_x",
    "scroll_y",
    "viewport_size",
)
#: Left free around a widget that was scrolled into view.
_SCROLL_PADDING_DP = 24


class TourTarget:
    """Mixin that makes a widget class a possible target: ``tour_id: "dashboard"``."""

    tour_id = StringProperty()
    """The name that a step's ``target`` refers to.

    :attr:`tour_id` is a :class:`~kivy.properties.StringProperty` and defaults to ''.
    """


class TargetRegistry:
    """Finds the widget of a name.

    The widget tree itself is the register of tagged widgets: nothing has to be signed on
    or off, and a widget that is not shown cannot be found.  Widgets registered in code
    are held weakly beside it.
    """

    def __init__(self) -> None:
        self._registered: WeakKeyDictionary[Any, str] = WeakKeyDictionary()

    def __len__(self) -> int:
        return len(self._registered)

    def register(self, widget: Any, tour_id: str) -> None:
        """Name a widget that carries no ``tour_id`` of its own."""
        self._registered[widget] = tour_id

    def unregister(self, widget: Any) -> None:
        """Forget a widget; nothing happens if it was not registered."""
        self._registered.pop(widget, None)

    def find(self, tour_id: str, window: Any, *, besides: Any = None) -> Any | None:
        """Return the widget of a name in a window's tree, or None.

        Of several the one that shows most wins.  Widgets on a screen that is not shown
        are in no window's tree; those under ``besides`` do not count.
        """
        found = self._named(tour_id, window, besides)
        return max(found, key=lambda widget: _area(widget, window), default=None)

    def _named(self, tour_id: str, window: Any, besides: Any) -> Iterator[Any]:
        for widget in _walk(window, besides):
            if getattr(widget, "tour_id", None) == tour_id:
                yield widget
        for widget, name in list(self._registered.items()):
            if name == tour_id and widget.get_root_window() is window:
                yield widget


class TargetFollower:
    """Tells when a widget may have moved; costs nothing while nothing moves."""

    def __init__(self, on_moved: Callable[[], None]) -> None:
        self._on_moved = on_moved
        self._trigger = Clock.create_trigger(self._tell, -1)
        self._chain: list[ref[Any]] = []

    def follow(self, *widgets: Any) -> None:
        """Watch widgets and their ancestors, and nothing else any more."""
        every = (one for widget in widgets for one in _lineage(widget))
        lineage = list(dict.fromkeys(every))
        chain = [ref(one) for one in lineage]
        if chain == self._chain:
            return
        self.stop()
        for one in lineage:
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


def rect_of(widget: Any) -> Rect:
    """Return where a widget is in its window; the box around it if it is turned."""
    corners = (
        (widget.x, widget.y),
        (widget.right, widget.y),
        (widget.right, widget.top),
        (widget.x, widget.top),
    )
    return Rect.around([widget.to_window(*corner) for corner in corners])


def visible_rect(widget: Any, window: Any) -> Rect:
    """Return the part of a widget that can be seen; empty if there is none."""
    rect = rect_of(widget).clipped(Rect(0, 0, *window.size))
    for one in _lineage(widget):
        if one.opacity <= 0:
            return Rect(rect.x, rect.y, 0, 0)
        if one is not widget and isinstance(one, StencilView):
            rect = rect.clipped(rect_of(one))
    return rect


def is_settled(widget: Any) -> bool:
    """Tell whether no screen around a widget is on its way in or out."""
    managers = (one for one in _lineage(widget) if isinstance(one, ScreenManager))
    return not any(manager.transition.is_active for manager in managers)


def scroll_into_view(widget: Any) -> None:
    """Scroll every scroll view around a widget so far that it shows the widget."""
    for view in _lineage(widget):
        if view is widget or not isinstance(view, ScrollView):
            continue
        if not rect_of(view).contains(rect_of(widget)):
            view.scroll_to(widget, padding=_SCROLL_PADDING_DP, animate=False)
            # Now and not before the next frame: an outer view measures from here.
            view.update_from_scroll()


def _walk(window: Any, besides: Any) -> Iterator[Any]:
    pending = [child for child in window.children if child is not besides]
    while pending:
        widget = pending.pop()
        yield widget
        pending.extend(widget.children)


def _lineage(widget: Any) -> Iterator[Any]:
    """Yield a widget and its ancestors up to, and without, the window."""
    window = widget.get_root_window()
    while widget is not None and widget is not window:
        yield widget
        widget = widget.parent


def _area(widget: Any, window: Any) -> float:
    rect = visible_rect(widget, window)
    return rect.width * rect.height


def _watched(widget: Any) -> Iterator[str]:
    return (name for name in _WATCHED if widget.property(name, True) is not None)
