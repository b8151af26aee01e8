"""Complaint 5: the target moves, turns or is resized while it is shown."""

from __future__ import annotations

import pytest
from kivy.animation import Animation
from kivy.base import EventLoop

from overlay_kivy.testing import advance_frames, resize_window, wait_for
from tests.overlay_kivy.places import assert_lit, assert_readable
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui


def test_phone_that_is_turned_has_light_and_card_in_place(stage):
    stage.run(make_step("row", target="row-2"))

    for size in ((860, 420), (420, 860), (600, 600)):
        resize_window(*size)
        assert_lit(stage, stage.app.row(2))
        assert_readable(stage)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_window_that_is_rotated_has_light_and_card_in_place(stage, rotation):
    stage.run(make_step("row", target="row-2"))
    try:
        EventLoop.window.rotation = rotation
        advance_frames(3)
        assert_lit(stage, stage.app.row(2))
        assert stage.layer.size == list(EventLoop.window.size)
    finally:
        EventLoop.window.rotation = 0
        advance_frames(3)


def test_light_is_on_its_target_in_every_frame_of_an_animation(stage):
    stage.run(make_step("new", target="new-project"))
    animation = Animation(width=300, duration=0.4)
    animation.start(stage.app.ids.add)
    seen = set()

    while animation.have_properties_to_animate(stage.app.ids.add):
        advance_frames(1)
        assert_lit(stage, stage.app.ids.add)
        seen.add(stage.hole.width)

    assert len(seen) > 4


@pytest.mark.parametrize("mode", ["resize", "pan"])
def test_keyboard_that_rises_leaves_the_light_on_its_target(stage, mode, monkeypatch):
    window = EventLoop.window
    stage.run(make_step("tab", target="team-tab"))
    # The height is the system's to tell, and there is none on a desktop.
    monkeypatch.setattr(type(window), "_get_kivy_vkheight", lambda _self: 300)
    try:
        window.softinput_mode = mode
        window.trigger_keyboard_height()
        wait_for(lambda: window.keyboard_height == 300)
        window.dispatch("on_resize", *window.system_size)
        advance_frames(3)
        assert_lit(stage, stage.app.ids.team_tab)
        assert_readable(stage)
    finally:
        monkeypatch.undo()
        window.softinput_mode = ""
        window.trigger_keyboard_height()
        wait_for(lambda: window.keyboard_height == 0)
        window.dispatch("on_resize", *window.system_size)
        advance_frames(2)
