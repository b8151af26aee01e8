"""The layer: which touches are whose, and what it lights."""

from __future__ import annotations

import pytest
from kivy.base import EventLoop
from kivy.uix.button import Button

from overlay_kivy.places import rect_of
from overlay_kivy.testing import (
    advance_frames,
    drag,
    tap,
    tap_widget,
    touching,
    wait_for,
)
from tests.overlay_kivy.places import assert_lit

pytestmark = pytest.mark.gui


class Strip(Button):
    """A banner without anything around it."""

    @property
    def strip_height(self):
        """Of what is drawn, in pixels."""
        return self.height


def strip(height=80):
    return Strip(size_hint=(None, None), height=height, text="A banner")


def test_tap_in_the_cut_out_reaches_the_app_and_is_told(layering, app):
    layering.show(app.ids.add, lets_through=True)

    tap_widget(app.ids.add)

    assert app.additions == 1
    assert layering.taps == 1


def test_tap_in_the_cut_out_is_told_but_stays_here_unless_it_is_let_through(
    layering, app
):
    layering.show(app.ids.add)

    tap_widget(app.ids.add)

    assert app.additions == 0
    assert layering.taps == 1


def test_tap_on_the_scrim_reaches_nobody(layering, app):
    layering.show(app.ids.add, lets_through=True)

    tap_widget(app.ids.team_tab)

    assert app.visited == []
    assert layering.taps == 0


def test_list_scrolls_under_a_finger_that_goes_down_in_the_cut_out(layering, app):
    layering.show(app.row(4), lets_through=True)
    x, y = layering.hole.center

    # Also beyond the cut-out: the gesture is one.
    drag((x, y), (x, y + 240), frames=6)

    assert app.ids.scroll.scroll_y < 0.9
    assert layering.taps == 0
    assert_lit(layering, app.row(4))


def test_list_does_not_scroll_under_a_finger_that_goes_down_on_the_scrim(layering, app):
    layering.show(app.row(4), lets_through=True)
    x, y = app.row(1).center

    drag((x, y), (x, y + 240), frames=6)

    assert app.ids.scroll.scroll_y == 1


def test_touch_that_began_before_the_layer_ends_in_the_app(layering, app):
    with touching(*app.ids.add.to_window(*app.ids.add.center)):
        layering.show(app.row(4))
        assert app.ids.add.state == "down"

    assert app.ids.add.state == "normal"
    assert app.additions == 1


def test_app_hides_the_layer_in_the_tap_that_it_got(layering, app):
    app.ids.add.bind(on_release=lambda _: layering.layer.hide())
    layering.show(app.ids.add, lets_through=True)

    tap_widget(app.ids.add)

    assert app.additions == 1
    assert not layering.layer.is_shown


def test_tap_that_makes_its_target_go_is_told_before_the_loss(layering, app):
    told = []
    layering.layer.bind(on_target_tap=lambda _: told.append("tap"))
    layering.layer.bind(on_target_lost=lambda _: told.append("lost"))
    button = app.ids.add.__self__
    button.bind(on_release=lambda _: button.parent.remove_widget(button))
    layering.show(button, lets_through=True)

    tap_widget(button)
    advance_frames(1)

    assert told == ["tap", "lost"]


@pytest.mark.parametrize("at_top", [True, False])
def test_banner_leaves_the_app_its_touches_and_its_light(layering, app, at_top):
    banner = strip(height=60)
    layering.layer.show_banner(EventLoop.window, banner, at_top=at_top)
    advance_frames(1)

    assert banner.width == app.width
    assert (banner.top == app.top) == at_top
    assert (banner.y == 0) != at_top
    assert layering.layer.spotlight.opacity == 0
    tap_widget(app.row(2))
    tap_widget(app.ids.team_tab if at_top else app.ids.add)
    assert app.visited == ["team"] if at_top else app.additions == 1


def test_banner_takes_the_touches_that_are_on_it(layering, app):
    pressed: list[object] = []
    banner = strip(height=120)
    banner.bind(on_release=pressed.append)
    layering.layer.show_banner(EventLoop.window, banner, at_top=True)
    advance_frames(1)

    tap(40, app.top - 20)

    assert len(pressed) == 1
    assert app.additions == 0


def test_beacon_marks_its_target_and_takes_no_other_touch(layering, app):
    pressed: list[object] = []
    beacon = Button(size_hint=(None, None), size=(32, 32))
    beacon.bind(on_release=pressed.append)
    layering.layer.show_beacon(EventLoop.window, beacon, target=app.row(3))
    advance_frames(1)
    row = rect_of(app.row(3))

    assert beacon.center == pytest.approx([row.right, row.top], abs=1)
    tap_widget(app.ids.add)
    assert app.additions == 1
    tap_widget(beacon)
    assert len(pressed) == 1


def test_beacon_follows_its_target_and_goes_with_it(layering, app):
    beacon = Button(size_hint=(None, None), size=(32, 32))
    layering.layer.show_beacon(EventLoop.window, beacon, target=app.row(5))
    app.ids.scroll.scroll_y = 0.9
    advance_frames(1)
    assert beacon.center_y == pytest.approx(rect_of(app.row(5)).top, abs=1)

    app.ids.rows.remove_widget(app.row(5))
    advance_frames(1)

    assert layering.lost == 1
    assert not layering.layer.is_shown


def test_beacon_at_the_windows_corner_is_whole(layering, app):
    beacon = Button(size_hint=(None, None), size=(48, 48))
    layering.layer.show_beacon(EventLoop.window, beacon, target=app.ids.bar)
    advance_frames(1)

    assert rect_of(app).contains(rect_of(beacon))


def test_several_targets_share_one_cut_out(layering, app):
    layering.show(app.row(2), extra_targets=[app.row(3), app.row(4)])

    assert_lit(layering, app.row(2), app.row(3), app.row(4))


def test_further_target_that_cannot_be_seen_is_left_out(layering, app):
    layering.show(app.row(2), extra_targets=[app.row(11), Button()])

    assert_lit(layering, app.row(2))


def test_further_target_that_moves_is_followed(layering, app):
    layering.show(app.ids.add, extra_targets=[app.row(1)])

    app.row(0).height = 150
    advance_frames(1)

    assert_lit(layering, app.ids.add, app.row(1))


def test_step_says_how_wide_and_how_round_its_light_is(layering, app):
    layering.show(app.ids.add, padding=0, radius=20)

    assert_lit(layering, app.ids.add, padding=0)
    assert layering.layer.spotlight.radius == 20

    layering.show(app.row(2))
    assert_lit(layering, app.row(2))
    assert layering.layer.spotlight.radius == 12


def test_layer_stands_above_what_was_opened_before_it(layering, app):
    above = Button(size_hint=(0.5, 0.5))
    EventLoop.window.add_widget(above)
    layering.show(above)

    assert EventLoop.window.children[0] is layering.layer
    EventLoop.window.remove_widget(above)
    wait_for(lambda: layering.lost)
