"""Items of a RecycleView: its few widgets show now one of them, now another."""

from __future__ import annotations

from typing import Any

from kivy.uix.recycleview import RecycleView
from kivy.uix.recycleview.views import RecycleDataAdapter

from overlay_kivy.places import lineage

__all__ = ["Anchor", "is_outdated", "is_recycle_view", "scroll_to_item"]


class Anchor:
    """Holds on to what a widget stands for: itself, or the item of a list that it shows."""

    def __init__(self, widget: Any) -> None:
        self._widget = widget = widget.__self__  # what `ids` holds is a proxy
        self._list, view = _list_and_view(widget)
        self._path: list[int] = []
        self._item: Any = None
        if self._list is not None:
            self._path = _path(view, widget)
            index = _index_of(self._list, view)
            self._item = None if index is None else self._list.data[index]

    @property
    def widget(self) -> Any | None:
        """The widget that shows it now, or None."""
        if self._list is None:
            return self._widget
        for index, view in self._list.view_adapter.views.items():
            if index < len(self._list.data) and self._is_it(self._list.data[index]):
                return _follow(view, self._path)
        return None

    def _is_it(self, item: Any) -> bool:
        name = self._item.get("tour_id") if self._item else None
        if name is not None:
            return bool(item.get("tour_id") == name)
        return item is self._item or bool(item == self._item)


def is_recycle_view(widget: Any) -> bool:
    """Tell whether a widget is a RecycleView, by what it has.

    Its class does not tell: Kivy loads the module a second time, as
    ``recycleview.__init__``, for KV that names it.
    """
    return isinstance(getattr(widget, "view_adapter", None), RecycleDataAdapter)


def is_outdated(widget: Any) -> bool:
    """Tell whether a widget has its ``tour_id`` from an item that it shows no more."""
    around, view = _list_and_view(widget)
    if around is None:
        return False
    index = _index_of(around, view)
    if index is None:
        return True
    if view is not widget or not any("tour_id" in item for item in around.data):
        return False
    return bool(around.data[index].get("tour_id") != widget.tour_id)


def scroll_to_item(view: RecycleView, index: int) -> bool:
    """Scroll a list to where an item has no widget yet; False where it is not laid out."""
    layout = view.layout_manager
    places = getattr(layout, "view_opts", None) or ()
    if index >= len(places) or places[index].get("pos") is None:
        return False
    (x, y), (width, height) = places[index]["pos"], places[index]["size"]
    view.scroll_x = _share(x - layout.x + width / 2, view.width, layout.width)
    view.scroll_y = _share(y - layout.y + height / 2, view.height, layout.height)
    return True


def _share(middle: float, seen: float, whole: float) -> float:
    return (
        min(max((middle - seen / 2) / (whole - seen), 0.0), 1.0) if whole > seen else 1
    )


def _list_and_view(widget: Any) -> tuple[RecycleView | None, Any]:
    """Return the innermost list around a widget, and the item's view that holds it."""
    below = [widget]
    for one in lineage(widget):
        if len(below) > 1 and is_recycle_view(one):
            layout = one.layout_manager
            return (one, below[-2]) if below[-1] is layout else (None, None)
        if one is not widget:
            below.append(one)
    return None, None


def _index_of(around: RecycleView, view: Any) -> int | None:
    for index, shown in around.view_adapter.views.items():
        if shown is view and index < len(around.data):
            return int(index)
    return None


def _path(view: Any, widget: Any) -> list[int]:
    """Return the way from an item's view to a widget in it."""
    path = []
    while widget is not view:
        path.append(widget.parent.children.index(widget))
        widget = widget.parent
    return path[::-1]


def _follow(view: Any, path: list[int]) -> Any | None:
    for index in path:
        if index >= len(view.children):
            return None
        view = view.children[index]
    return view
