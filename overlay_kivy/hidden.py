"""Targets that the app does not show now: elsewhere, folded up, in a menu, down a list."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from kivy.uix.accordion import Accordion, AccordionItem
from kivy.uix.actionbar import ActionGroup
from kivy.uix.carousel import Carousel
from kivy.uix.recycleview import RecycleView
from kivy.uix.screenmanager import ScreenManager
from kivy.uix.spinner import Spinner
from kivy.uix.tabbedpanel import TabbedPanel

from overlay_kivy.recycled import is_recycle_view, scroll_to_item

__all__ = ["PutBack", "reveal"]

#: Takes back what was done to show a target.
PutBack = Callable[[], Any]
#: Shows what is hidden; returns how to take that back, or None where it may stay.
Turn = Callable[[], PutBack | None]
_Hidden = tuple[Any, Turn]
_Branch = tuple[Any, list[Turn]]


def reveal(
    roots: Iterable[Any],
    is_it: Callable[[Any], bool],
    tour_id: str,
    *,
    may_change_screen: bool = True,
    may_turn: bool = True,
) -> list[PutBack] | None:
    """Turn to where a target is, if it is somewhere and not shown already.

    Goes through the screens, slides, tabs, folds, menus and list items below ``roots``, of
    those that are shown first; without ``may_turn`` only through lists.  What was turned
    comes to rest some frames later.  Returns what closes again that must not stay open: a
    menu lies over the app.  None where the target is nowhere yet.
    """
    pending: deque[_Branch] = deque((root, []) for root in roots)
    while pending:
        widget, turns = pending.popleft()
        if is_it(widget):
            return _turn(turns)
        if is_recycle_view(widget):
            index = _index_of(widget, tour_id)
            if index is not None:
                put_back = _turn(turns)
                return put_back if _scroll(widget, index) or turns else None
        pending += ((shown, turns) for shown in _shown_in(widget))
        found = _hidden_in(widget, may_change_screen) if may_turn else ()
        pending += ((hidden, [*turns, turn]) for hidden, turn in found)
    return None


def _turn(turns: Iterable[Turn]) -> list[PutBack]:
    done = (turn() for turn in turns)
    return [put_back for put_back in done if put_back is not None]


def _index_of(view: RecycleView, tour_id: str) -> int | None:
    places = (i for i, item in enumerate(view.data) if item.get("tour_id") == tour_id)
    return next(places, None)


def _scroll(view: RecycleView, index: int) -> bool:
    return index in view.view_adapter.views or scroll_to_item(view, index)


def _shown_in(widget: Any) -> list[Any]:
    # A carousel has its neighbouring slides in the tree, out of sight.
    if isinstance(widget, Carousel):
        return [] if widget.current_slide is None else [widget.current_slide]
    if isinstance(widget, AccordionItem) and widget.collapse:
        return [widget.container_title]
    return list(widget.children)


def _hidden_in(widget: Any, may_change_screen: bool) -> Iterator[_Hidden]:
    for kind, parts in _PARTS.items():
        if isinstance(widget, kind) and (
            may_change_screen or kind is not ScreenManager
        ):
            yield from parts(widget)


def _screens(manager: ScreenManager) -> Iterator[_Hidden]:
    for screen in manager.screens:
        if screen is not manager.current_screen:
            yield screen, partial(setattr, manager, "current", screen.name)


def _tabs(panel: TabbedPanel) -> Iterator[_Hidden]:
    for tab in panel.tab_list:
        if tab is not panel.current_tab and tab.content is not None:
            yield tab.content, partial(panel.switch_to, tab)


def _slides(carousel: Carousel) -> Iterator[_Hidden]:
    for index, slide in enumerate(carousel.slides):
        if index != carousel.index:
            yield slide, partial(setattr, carousel, "index", index)


def _folds(accordion: Accordion) -> Iterator[_Hidden]:
    for item in accordion.children:
        if item.collapse:
            yield item.container, partial(setattr, item, "collapse", False)


def _menu(menu: ActionGroup | Spinner) -> Iterator[_Hidden]:
    # Kivy opens none where the widget that it hangs on is not in the window.
    if not menu.is_open and menu.get_parent_window() is not None:
        yield menu._dropdown.container, partial(_open, menu)  # noqa: SLF001


def _open(menu: Any) -> PutBack:
    menu.is_open = True
    return partial(setattr, menu, "is_open", False)


#: What of a widget may be hidden, with how to show it.
_PARTS: dict[type, Callable[[Any], Iterator[_Hidden]]] = {
    ScreenManager: _screens,
    TabbedPanel: _tabs,
    Carousel: _slides,
    Accordion: _folds,
    ActionGroup: _menu,
    Spinner: _menu,
}
