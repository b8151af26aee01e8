"""What 200 tours leave behind: nothing."""

from __future__ import annotations

import gc

import pytest
from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.graphics.instructions import Instruction
from kivy.graphics.texture import Texture
from kivy.uix.widget import Widget

from overlay_kivy.testing import advance_frames, press_key, wait_for
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

TOURS = 200
BOUND = ("pos", "size", "parent", "opacity")


def alive(kind):
    return sum(1 for one in gc.get_objects() if issubclass(type(one), kind))


def clock_events():
    callbacks = (event.get_callback() for event in Clock.get_events())
    return sorted(
        getattr(one, "__qualname__", repr(one)) for one in callbacks if one is not None
    )


def bindings(widget):
    """How many are bound to what the overlay watches, on a widget and its ancestors."""
    found = 0
    while widget is not None and widget is not EventLoop.window:
        found += sum(len(widget.get_property_observers(name)) for name in BOUND)
        widget = widget.parent
    return found


def count(app):
    # Kivy's scroll bars fade when nobody looks any more; that ends by itself.
    wait_for(lambda: clock_events() == ["Cache._purge_by_timeout"])
    advance_frames(2)
    gc.collect()
    window = EventLoop.window
    return {
        "children of the window": len(window.children),
        "widgets": alive(Widget),
        "textures": alive(Texture),
        "canvas instructions": alive(Instruction),
        "bindings of the target": bindings(app.ids.add.__self__),
        "bindings of the window": len(window.get_property_observers("size")),
    }


def open_and_close(stage, tours, seconds):
    for number in range(tours):
        stage.overlay = stage.make_overlay(motion_seconds=seconds)
        stage.overlay.run(TOUR, restart=True)
        wait_for(lambda: stage.overlay.is_open)
        if number % 4 == 1:
            press_key("right")
        if number % 4 == 2:
            advance_frames(3)
        stage.overlay.close()


@pytest.mark.parametrize("seconds", [0, 0.2], ids=["at rest", "in motion"])
def test_tours_that_were_opened_and_closed_leave_nothing(stage, app, seconds):
    stage.publish(
        make_step("new", target="new-project"), make_step("row", target="row-3")
    )
    open_and_close(stage, 4, seconds)
    before = count(app)

    open_and_close(stage, TOURS // 2, seconds)

    # Kivy's caches let go of what nobody used for a while: less than before is no leak.
    after = count(app)
    assert {name: n for name, n in after.items() if n > before[name]} == {}, before
