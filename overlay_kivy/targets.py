"""Which widget a step points at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary, WeakSet, ref

from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from overlay_kivy import hidden
from overlay_kivy.hidden import PutBack
from overlay_kivy.places import is_settled, rect_of, scroll_into_view, visible_rect
from overlay_kivy.recycled import is_outdated

__all__ = [
    "Part",
    "TargetRegistry",
    "TourTarget",
    "is_settled",
    "rect_of",
    "scroll_into_view",
    "visible_rect",
]

#: What of a composite widget is meant: a widget in it, its id or attribute there, or a
#: function that gets the composite and returns it.
Part: TypeAlias = Widget | str | Callable[[Any], Any]


class TourTarget:
    """Mixin that makes a widget class a possible target: ``tour_id: "dashboard"``."""

    tour_id = StringProperty()
    """The name that a step's ``target`` refers to.

    :attr:`tour_id` is a :class:`~kivy.properties.StringProperty` and defaults to ''.
    """

    tour_target = ObjectProperty(None, allownone=True)
    """What of the widget the spotlight holds, where that is not all of it.

    A widget in it, the id or attribute of one, or a function that gets this widget and
    returns it.  :attr:`tour_target` is an :class:`~kivy.properties.ObjectProperty` and
    defaults to None.
    """


class TargetRegistry:
    """Finds the widget of a name.

    The widget tree itself is the register of tagged widgets: nothing has to be signed on
    or off, and a widget that is not shown cannot be found.  Widgets registered in code
    are held weakly beside it.
    """

    def __init__(self) -> None:
        self._names: WeakKeyDictionary[Any, tuple[str, Any]] = WeakKeyDictionary()
        self._registered: dict[str, WeakSet[Any]] = {}

    def __len__(self) -> int:
        return len(self._names)

    def register(self, widget: Any, tour_id: str, part: Part | None = None) -> None:
        """Name a widget that carries no ``tour_id`` of its own.

        ``part`` is what of it is meant; a function must not hold the widget itself.
        """
        widget = widget.__self__  # what `ids` holds is a proxy
        self.unregister(widget)
        # Held strongly, a part would keep the widget that it is in.
        kept = ref(part.__self__) if isinstance(part, Widget) else part
        self._names[widget] = tour_id, kept
        self._registered.setdefault(tour_id, WeakSet()).add(widget)

    def unregister(self, widget: Any) -> None:
        """Forget a widget; nothing happens if it was not registered."""
        widget = widget.__self__
        tour_id, _ = self._names.pop(widget, ("", None))
        others = self._registered.get(tour_id)
        if others is not None:
            others.discard(widget)
            if not others:
                del self._registered[tour_id]

    def find(self, tour_id: str, window: Any, *, besides: Any = None) -> Any | None:
        """Return the widget of a name in a window's tree, or None.

        Of several the one that shows most wins.  Widgets on a screen that is not shown
        are in no window's tree; those under ``besides`` do not count.
        """
        found = list(dict.fromkeys(self._named(tour_id, window, besides)))
        if len(found) < 2:
            return found[0] if found else None
        return max(found, key=lambda widget: _area(widget, window))

    def reveal(
        self,
        tour_id: str,
        window: Any,
        *,
        besides: Any = None,
        may_change_screen: bool = True,
        may_turn: bool = True,
    ) -> list[PutBack] | None:
        """Turn the app to the screen, tab, slide, fold, menu or list item of the target.

        The target can be found some frames later.  Returns what closes menus again; None
        where the target is nowhere.  ``may_turn`` once for a step: the user may have left
        since.
        """

        def is_it(widget: Any) -> bool:
            return self._is_named(widget, tour_id)

        roots = [child for child in window.children if child is not besides]
        return hidden.reveal(
            roots,
            is_it,
            tour_id,
            may_change_screen=may_change_screen,
            may_turn=may_turn,
        )

    def _named(self, tour_id: str, window: Any, besides: Any) -> Iterator[Any]:
        tagged = (
            widget
            for widget in _walk(window, besides)
            if getattr(widget, "tour_id", None) == tour_id and not is_outdated(widget)
        )
        for widget in tagged:
            yield from _there(_part(widget, getattr(widget, "tour_target", None)))
        for widget in list(self._registered.get(tour_id, ())):
            if widget.get_root_window() is window:
                yield from _there(_part(widget, self._names[widget][1]))

    def _is_named(self, widget: Any, tour_id: str) -> bool:
        if getattr(widget, "tour_id", None) == tour_id and not is_outdated(widget):
            return True
        return widget in self._registered.get(tour_id, ())


def _part(widget: Any, part: Any) -> Any | None:
    """Return what is meant of a composite widget; None while it is not there."""
    if isinstance(part, ref):
        part = part()
    elif part is None:
        part = widget
    elif isinstance(part, str):
        part = widget.ids.get(part) or getattr(widget, part, None)
    elif not isinstance(part, Widget):
        part = part(widget)
    return None if part is None else part.__self__


def _there(widget: Any | None) -> Iterator[Any]:
    if widget is not None and widget.get_root_window() is not None:
        yield widget


def _walk(window: Any, besides: Any) -> Iterator[Any]:
    pending = [child for child in window.children if child is not besides]
    while pending:
        widget = pending.pop()
        yield widget
        pending.extend(widget.children)


def _area(widget: Any, window: Any) -> float:
    rect = visible_rect(widget, window)
    return rect.width * rect.height
