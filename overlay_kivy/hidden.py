"""Targets that the app does not show now: on other screens, tabs, slides, or far down a list."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from kivy.uix.carousel import Carousel
from kivy.uix.recycleview import RecycleView
from kivy.uix.screenmanager import ScreenManager
from kivy.uix.tabbedpanel import TabbedPanel

from overlay_kivy.recycled import scroll_to_item

__all__ = ["reveal"]

Turn = Callable[[], Any]
_Branch = tuple[Any, list[Turn]]


def reveal(
    roots: Iterable[Any],
    is_it: Callable[[Any], bool],
    tour_id: str,
    *,
    may_change_screen: bool = True,
) -> bool:
    """Turn to where a target is; return False if it is nowhere, or is shown already.

    Goes through the screens, slides, tabs and list items below ``roots``, of those that
    are shown first.  What was turned comes to rest some frames later.
    """
    pending: deque[_Branch] = deque((root, []) for root in roots)
    while pending:
        widget, turns = pending.popleft()
        if is_it(widget):
            for turn in turns:
                turn()
            return bool(turns)
        if isinstance(widget, RecycleView) and _scroll(widget, tour_id, turns):
            return True
        pending += ((shown, turns) for shown in _shown_in(widget))
        for hidden, turn in _hidden_in(widget, may_change_screen):
            pending.append((hidden, [*turns, turn]))
    return False


def _scroll(view: RecycleView, tour_id: str, turns: list[Turn]) -> bool:
    for index, item in enumerate(view.data):
        if item.get("tour_id") == tour_id:
            for turn in turns:
                turn()
            shown = view.view_adapter.views if view.view_adapter else {}
            return bool(turns) if index in shown else scroll_to_item(view, index)
    return False


def _shown_in(widget: Any) -> list[Any]:
    # A carousel has its neighbouring slides in the tree, out of sight.
    if isinstance(widget, Carousel):
        return [] if widget.current_slide is None else [widget.current_slide]
    return list(widget.children)


def _hidden_in(widget: Any, may_change_screen: bool) -> Iterator[tuple[Any, Turn]]:
    if isinstance(widget, ScreenManager) and may_change_screen:
        for screen in widget.screens:
            if screen is not widget.current_screen:
                yield screen, partial(setattr, widget, "current", screen.name)
    elif isinstance(widget, TabbedPanel):
        for tab in widget.tab_list:
            if tab is not widget.current_tab and tab.content is not None:
                yield tab.content, partial(widget.switch_to, tab)
    elif isinstance(widget, Carousel):
        for index, slide in enumerate(widget.slides):
            if index != widget.index:
                yield slide, partial(setattr, widget, "index", index)
