"""Finding a step's widget, and staying with it."""

from __future__ import annotations

import gc
from functools import partial

import pytest
from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.button import Button
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.modalview import ModalView
from kivy.uix.scatter import Scatter
from kivy.uix.screenmanager import CardTransition, FadeTransition, SlideTransition
from kivy.uix.scrollview import ScrollView

from overlay_kivy.geometry import Rect
from overlay_kivy.targets import (
    TargetRegistry,
    rect_of,
    scroll_into_view,
    visible_rect,
)
from overlay_kivy.testing import (
    advance_frames,
    mount,
    press_key,
    resize_window,
    tap_widget,
    wait_for,
)
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui

PADDING = 6


def assert_hole_is_around(stage, widget):
    expected = rect_of(widget).grown(PADDING).clipped(Rect(0, 0, *stage.app.size))
    for name in ("x", "y", "width", "height"):
        actual = getattr(stage.hole, name)
        assert actual == pytest.approx(getattr(expected, name), abs=0.01), name


def test_cut_out_is_around_the_target(stage):
    stage.run(make_step("new", target="new-project"))

    assert_hole_is_around(stage, stage.app.ids.add)


def test_cut_out_follows_a_scrolled_target(stage):
    stage.run(make_step("row", target="row-4"))
    before = stage.hole

    stage.app.ids.scroll.scroll_y = 0.8
    advance_frames(1)

    assert stage.hole.y > before.y + 20
    assert_hole_is_around(stage, stage.app.row(4))


def test_cut_out_follows_a_target_that_changes_and_scrolls_in_one_frame(stage):
    stage.run(make_step("row", target="row-4"))

    # Ours is noticed before the scroll view's own turn to move its content has come.
    stage.app.row(4).opacity = 0.9
    stage.app.ids.scroll.scroll_y = 0.8
    advance_frames(1)

    assert_hole_is_around(stage, stage.app.row(4))


def test_cut_out_follows_a_list_that_grows_above_the_target(stage):
    stage.run(make_step("row", target="row-4"))
    before = stage.hole

    stage.app.row(0).height = 150
    advance_frames(1)

    assert stage.hole.y < before.y
    assert_hole_is_around(stage, stage.app.row(4))


def test_cut_out_and_card_follow_the_window(stage):
    stage.run(make_step("tab", target="team-tab"))

    resize_window(900, 600)

    assert_hole_is_around(stage, stage.app.ids.team_tab)
    assert stage.layer.size == [900, 600]
    assert not rect_of(stage.card).overlaps(stage.hole)


def test_cut_out_follows_a_turned_and_scaled_target(stage):
    scatter = Scatter(pos=(100, 300), size=(200, 200), size_hint=(None, None))
    button = Button(pos=(50, 50), size=(100, 40), size_hint=(None, None))
    scatter.add_widget(button)
    EventLoop.window.add_widget(scatter)
    stage.overlay.register(button, "turned")
    stage.run(make_step("turned", target="turned"))

    scatter.rotation = 90
    advance_frames(1)

    assert stage.hole.height == pytest.approx(100 + 2 * PADDING, abs=0.1)
    assert stage.hole.width == pytest.approx(40 + 2 * PADDING, abs=0.1)

    # The scatter's own box is the same after half a turn; what is in it moves.
    scatter.rotation = 270
    advance_frames(1)

    assert_hole_is_around(stage, button)


def test_target_outside_the_visible_part_is_scrolled_into_view(stage):
    stage.run(make_step("row", target="row-11"))

    row = stage.app.row(11)
    assert visible_rect(row, EventLoop.window) == rect_of(row)
    assert_hole_is_around(stage, row)


def test_target_in_a_list_within_a_list_is_scrolled_into_view(app):
    outer, inner = ScrollView(), ScrollView(size_hint_y=None, height=400)
    content = BoxLayout(orientation="vertical", size_hint_y=None, height=2000)
    rows = BoxLayout(orientation="vertical", size_hint_y=None, height=1200)
    buttons = [Button() for _ in range(12)]
    for button in buttons:
        rows.add_widget(button)
    inner.add_widget(rows)
    for widget in (Button(), inner):
        content.add_widget(widget)
    outer.add_widget(content)
    with mount(outer):
        assert visible_rect(buttons[-1], EventLoop.window).is_empty

        scroll_into_view(buttons[-1])

        assert visible_rect(buttons[-1], EventLoop.window) == rect_of(buttons[-1])


def test_card_stays_while_the_list_scrolls_to_the_next_target(stage):
    stage.run(make_step("first", target="row-0"), make_step("last", target="row-11"))
    layers = []

    def look(*_args):
        layers.append(stage.layer)

    EventLoop.window.bind(on_draw=look)
    stage.press("next")
    stage.wait_for_step("last")
    EventLoop.window.unbind(on_draw=look)

    assert layers
    assert None not in layers


def test_target_on_another_screen_is_reached_by_navigating(stage):
    stage.run(make_step("team", target="invite", screen="team"))

    assert stage.app.visited == ["team"]
    assert_hole_is_around(stage, stage.app.ids.invite)


@pytest.mark.parametrize(
    "transition",
    [
        pytest.param(SlideTransition, id="it moves in"),
        pytest.param(FadeTransition, id="it is a picture for now"),
        # It stands still below the one that goes.
        pytest.param(partial(CardTransition, mode="pop"), id="it is covered"),
    ],
)
def test_card_appears_only_when_the_screen_has_arrived(stage, transition):
    stage.app.ids.screens.transition = transition(duration=0.2)
    stage.run(make_step("team", target="invite", screen="team"))

    assert not stage.app.ids.screens.transition.is_active
    assert_hole_is_around(stage, stage.app.ids.invite)


def test_nothing_is_drawn_and_touches_pass_while_a_target_is_awaited(stage):
    stage.overlay.target_wait_seconds = 30
    stage.run(make_step("one"), make_step("late", target="late"))
    stage.press("next")
    wait_for(lambda: stage.layer is None)

    tap_widget(stage.app.ids.add)

    assert stage.app.additions == 1


def test_target_that_appears_late_gets_its_cut_out(stage):
    stage.overlay.target_wait_seconds = 30
    stage.run(make_step("one"), make_step("late", target="late"))
    stage.press("next")
    wait_for(lambda: stage.layer is None)

    late = Button()
    stage.overlay.register(late, "late")
    stage.app.ids.bar.add_widget(late)
    stage.wait_for_step("late")

    assert_hole_is_around(stage, late)


def test_missing_target_shows_the_card_in_the_middle_and_is_reported(stage, caplog):
    stage.run(make_step("gone", target="nowhere"))

    assert stage.layer.spotlight.hole is None
    assert stage.card.center_x == pytest.approx(210, abs=1)
    assert stage.card.center_y == pytest.approx(430, abs=1)
    assert "'nowhere'" in caplog.text
    assert stage.delivered() == [("gone", "started"), ("gone", "target_missing")]


def test_target_that_vanishes_is_awaited_again_without_a_layer(stage):
    stage.overlay.target_wait_seconds = 30
    stage.run(make_step("new", target="new-project"))
    bar = stage.app.ids.add.parent
    button = stage.app.ids.add.__self__

    bar.remove_widget(button)
    advance_frames(1)
    assert stage.layer is None

    bar.add_widget(button)
    wait_for(lambda: stage.layer)
    assert_hole_is_around(stage, button)
    assert stage.events.count(("step", "new")) == 1


@pytest.mark.parametrize("way", ["transparent", "empty"])
def test_target_that_cannot_be_seen_is_not_pointed_at(stage, way):
    if way == "transparent":
        stage.app.ids.bar.opacity = 0
    else:
        stage.app.ids.team_tab.size_hint_x = None
        stage.app.ids.team_tab.width = 0
    stage.run(make_step("tab", target="team-tab"))

    assert stage.layer.spotlight.hole is None


def test_target_that_never_rests_is_shown_and_followed(stage):
    button = stage.app.ids.add
    wobble = Clock.schedule_interval(
        lambda dt: setattr(button, "width", 90 if button.width < 89 else 80), 0
    )
    stage.app.show("team")
    stage.run(make_step("new", target="new-project", screen="projects"))
    wobble.cancel()
    advance_frames(2)

    assert_hole_is_around(stage, button)


def test_of_two_widgets_with_a_name_the_one_on_the_shown_screen_is_meant(stage):
    stage.run(
        make_step("here", target="shared", screen="projects"),
        make_step("there", target="shared", screen="team"),
    )
    assert_hole_is_around(stage, stage.app.row(1))

    stage.press("next")
    stage.wait_for_step("there")

    assert_hole_is_around(stage, stage.app.ids.team_shared)


def test_target_in_a_modal_view_has_the_overlay_above_it(stage):
    view = ModalView(size_hint=(0.5, 0.5))
    inside = Button(size_hint=(0.5, 0.2))
    view.add_widget(inside)
    stage.overlay.register(inside, "inside")
    stage.run(make_step("one"), make_step("inside", target="inside"))
    view.open(animation=False)

    press_key("right")
    stage.wait_for_step("inside")

    assert EventLoop.window.children[0] is stage.layer
    assert_hole_is_around(stage, inside)
    view.dismiss(animation=False)


def scheduled():
    callbacks = (event.get_callback() for event in Clock.get_events())
    return {getattr(one, "__qualname__", repr(one)) for one in callbacks if one}


def test_idle_overlay_schedules_nothing_and_draws_nothing(stage):
    stage.overlay = stage.make_overlay(motion_seconds=0.1)
    stage.run(make_step("new", target="new-project"))
    assert "Motion._advance" in scheduled()

    # Kivy's own: it empties its caches once a second.
    wait_for(lambda: scheduled() == {"Cache._purge_by_timeout"})

    drawn: list[object] = []
    advance_frames(2)
    EventLoop.window.bind(on_draw=drawn.append)
    advance_frames(20)
    EventLoop.window.unbind(on_draw=drawn.append)
    assert drawn == []


def test_registered_widgets_are_held_weakly(app):
    registry = TargetRegistry()
    widget = Button()
    registry.register(widget, "button")
    assert len(registry) == 1

    del widget
    gc.collect()

    assert len(registry) == 0


def test_registered_widget_can_be_forgotten(app):
    registry = TargetRegistry()
    registry.register(app.ids.field.__self__, "field")
    registry.unregister(app.ids.field.__self__)

    assert registry.find("field", EventLoop.window) is None


def test_name_in_kv_needs_no_class_of_ours(app):
    assert type(app.ids.team_tab.__self__).__mro__[1] is Button
    found = TargetRegistry().find("team-tab", EventLoop.window)

    assert found is app.ids.team_tab.__self__


def test_widget_that_shows_most_wins_among_those_with_a_name(app):
    layout = FloatLayout()
    small = Button(size_hint=(0.1, 0.1))
    large = Button(size_hint=(0.4, 0.4))
    registry = TargetRegistry()
    for button in (small, large):
        registry.register(button, "twice")
        layout.add_widget(button)
    with mount(layout):
        assert registry.find("twice", EventLoop.window) is large
