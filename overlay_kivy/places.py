"""Where a widget is in its window, and how much of it can be seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kivy.uix.accordion import AccordionItem
from kivy.uix.carousel import Carousel
from kivy.uix.modalview import ModalView
from kivy.uix.screenmanager import ScreenManager
from kivy.uix.scrollview import ScrollView
from kivy.uix.stencilview import StencilView

from overlay_kivy.geometry import Rect

__all__ = ["is_settled", "lineage", "rect_of", "scroll_into_view", "visible_rect"]

#: Left free around a widget that was scrolled into view.
_SCROLL_PADDING_DP = 24


def lineage(widget: Any) -> Iterator[Any]:
    """Yield a widget and its ancestors up to, and without, the window."""
    window = widget.get_root_window()
    while widget is not None and widget is not window:
        yield widget
        widget = widget.parent


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
    """Return the part of a widget that can be seen; empty if there is none.

    Behind an open modal view there is none: that dims the window and takes every touch.
    """
    rect = rect_of(widget).clipped(Rect(0, 0, *window.size))
    if _is_behind_modal(widget, window):
        return Rect(rect.x, rect.y, 0, 0)
    for one in lineage(widget):
        if one.opacity <= 0:
            return Rect(rect.x, rect.y, 0, 0)
        if one is not widget and isinstance(one, StencilView):
            rect = rect.clipped(rect_of(one))
    return rect


def is_settled(widget: Any) -> bool:
    """Tell whether no screen, slide or fold around a widget is on its way in or out."""
    for one in lineage(widget):
        if isinstance(one, ScreenManager) and one.transition.is_active:
            return False
        if isinstance(one, Carousel) and one._offset:  # noqa: SLF001 - it has no other sign
            return False
        if isinstance(one, AccordionItem) and one.collapse_alpha != one.collapse:
            return False
    return True


def scroll_into_view(widget: Any) -> None:
    """Scroll every scroll view around a widget so far that it shows the widget."""
    for view in lineage(widget):
        if view is widget or not isinstance(view, ScrollView):
            continue
        if not rect_of(view).contains(rect_of(widget)):
            view.scroll_to(widget, padding=_SCROLL_PADDING_DP, animate=False)
            # Now and not before the next frame: an outer view measures from here.
            view.update_from_scroll()


def _is_behind_modal(widget: Any, window: Any) -> bool:
    """Tell whether a modal view is drawn above all that a widget is in."""
    *_, root = lineage(widget)
    for one in window.children:
        if one is root:
            return False
        if _is_modal(one):
            return True
    return False


def _is_modal(widget: Any) -> bool:
    """Tell whether a widget of the window keeps the user from all below it."""
    # KivyMD has no modal views: its dialogs and pickers lay a scrim below themselves.
    kind = type(widget)
    is_scrim = kind.__module__.startswith("kivymd.") and kind.__name__.endswith("Scrim")
    return is_scrim or isinstance(widget, ModalView)
