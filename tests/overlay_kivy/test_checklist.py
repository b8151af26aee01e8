"""A list of tutorials that knows what the user has done."""

from __future__ import annotations

import gc
import weakref

import pytest
from kivy.base import EventLoop
from kivy.uix.anchorlayout import AnchorLayout

from overlay_kivy.checklist.checklist import Checklist, ChecklistItem
from overlay_kivy.testing import advance_frames, tap_widget, wait_for
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui

ITEMS = [
    ChecklistItem("look", "Look around"),
    ChecklistItem("make", "Make your first project"),
    ChecklistItem("invite", "Invite somebody"),
]


@pytest.fixture
def listed(stage):
    """A list over the app, and a tutorial for each of its items."""
    for item in ITEMS:
        stage.publish(make_step(item.tutorial_id), tutorial_id=item.tutorial_id)

    def show(**fields):
        checklist = Checklist(
            overlay=stage.overlay,
            **{"items": ITEMS, "size_hint_x": None, "width": 380, **fields},
        )
        holder = AnchorLayout()
        holder.add_widget(checklist)
        EventLoop.window.add_widget(holder)
        advance_frames(3)
        return checklist

    return show


def rows(checklist):
    return checklist.ids.rows.children[::-1]


def ticks(checklist):
    return [row.is_done for row in rows(checklist)]


def do_first(stage, checklist):
    tap_widget(rows(checklist)[0])
    stage.wait_for_step("look")
    stage.press("next")
    wait_for(lambda: checklist.done == 1)


def test_tapping_an_item_runs_it_and_its_end_ticks_it(stage, listed):
    checklist = listed()
    assert checklist.caption == "0 of 3"

    do_first(stage, checklist)

    assert ticks(checklist) == [True, False, False]
    assert checklist.caption == "1 of 3"


def test_what_is_done_is_there_after_a_restart(stage, listed):
    do_first(stage, listed())
    stage.restart_app()

    assert ticks(listed()) == [True, False, False]


def test_tutorial_that_was_skipped_is_not_done_and_can_be_done_yet(stage, listed):
    stage.publish(make_step("one"), make_step("two"), tutorial_id="look")
    checklist = listed()
    tap_widget(rows(checklist)[0])
    stage.wait_for_step("one")
    stage.press("skip")
    advance_frames(5)
    assert ticks(checklist) == [False, False, False]

    tap_widget(rows(checklist)[0])

    wait_for(lambda: stage.overlay.is_open)


def test_list_that_is_done_says_so(stage, listed):
    checklist = listed(items=ITEMS[:1])
    assert not checklist.is_complete

    do_first(stage, checklist)

    assert checklist.is_complete
    assert checklist.caption == "1 of 1"


def test_list_without_items_says_that_there_is_nothing_to_do(listed):
    checklist = listed(items=[])

    assert (checklist.caption, checklist.is_complete) == ("", False)
    assert checklist.height > 60


def test_list_that_nobody_holds_is_gone_and_hears_nothing(stage, listed):
    checklist = weakref.ref(listed())
    EventLoop.window.remove_widget(EventLoop.window.children[0])
    wait_for(lambda: gc.collect() >= 0 and checklist() is None)

    stage.client.ping("look", "look", "completed")
    advance_frames(3)
