"""Facts about where the spotlight is, for tests that move what is under it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest
from kivy.base import EventLoop

from overlay_kivy.geometry import Rect
from overlay_kivy.places import rect_of, visible_rect
from overlay_kivy.testing import advance_frames

PADDING = 6


def assert_lit(stage: Any, *widgets: Any, padding: float = PADDING) -> None:
    """Assert that the cut-out is around what can be seen of the widgets."""
    window = EventLoop.window
    seen = Rect.enclosing([visible_rect(widget, window) for widget in widgets])
    expected = seen.grown(padding).clipped(Rect(0, 0, *window.size))
    for name in ("x", "y", "width", "height"):
        actual = getattr(stage.hole, name)
        assert actual == pytest.approx(getattr(expected, name), abs=0.01), name


def assert_readable(stage: Any) -> None:
    """Assert that the card is whole in the window, and beside the cut-out."""
    card = rect_of(stage.card)
    assert Rect(0, 0, *EventLoop.window.size).contains(card)
    assert not card.overlaps(stage.hole)


@contextmanager
def in_window(widget: Any) -> Any:
    """Show a widget above the app, as a modal view or a drop-down is."""
    EventLoop.window.add_widget(widget)
    advance_frames(2)
    try:
        yield widget
    finally:
        EventLoop.window.remove_widget(widget)
