"""Complaint 1: the light is beside its target, by a bar's height or a nested layout's offset."""

from __future__ import annotations

import pytest
from kivy.base import EventLoop
from kivy.metrics import Metrics
from kivy.uix.actionbar import ActionBar, ActionButton, ActionPrevious, ActionView
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.button import Button
from kivy.uix.dropdown import DropDown
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.modalview import ModalView
from kivy.uix.relativelayout import RelativeLayout
from kivy.uix.scatter import Scatter
from kivy.uix.scatterlayout import ScatterLayout

from overlay_kivy.testing import advance_frames, pixel_at, press_key, tap_widget
from tests.overlay_kivy.places import assert_lit, in_window
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui


def button(**how):
    settings = {"size_hint": (None, None), "size": (100, 48)} | how
    return Button(background_normal="", background_color=(0, 1, 0, 1), **settings)


def run_on(stage, target):
    stage.overlay.register(target, "target")
    stage.run(make_step("one", target="target"))
    assert_lit(stage, target)
    # What is lit is what the user sees as the target, and not only a number.
    middle = target.to_window(*target.center)
    assert pixel_at(*middle)[1] > 250
    assert pixel_at(*middle)[0] < 5


def test_button_in_layouts_within_layouts_is_lit(stage):
    outer = RelativeLayout(pos=(30, 100), size_hint=(None, None), size=(350, 600))
    inner = RelativeLayout(pos=(40, 70), size_hint=(None, None), size=(250, 400))
    target = button(pos=(33, 44), text="")
    inner.add_widget(target)
    outer.add_widget(inner)
    with in_window(outer):
        run_on(stage, target)


@pytest.mark.parametrize(
    ("rotation", "scale"), [(0, 1.7), (90, 1), (180, 0.6), (37, 1.3)]
)
def test_button_in_a_turned_and_scaled_layout_is_lit(stage, rotation, scale):
    scatter = Scatter(center=(210, 430), size=(200, 200), size_hint=(None, None))
    scatter.scale, scatter.rotation = scale, rotation
    scatter.center = 210, 430
    inner = RelativeLayout(pos=(20, 30), size_hint=(None, None), size=(150, 150))
    target = button(pos=(10, 20))
    inner.add_widget(target)
    scatter.add_widget(inner)
    with in_window(scatter):
        run_on(stage, target)


def test_button_in_a_scatter_layout_that_is_pinched_stays_lit(stage):
    layout = ScatterLayout(size_hint=(None, None), size=(420, 860))
    target = button(pos=(60, 300))
    layout.add_widget(target)
    with in_window(layout):
        run_on(stage, target)
        layout.scale = 1.4
        layout.rotation = 20
        advance_frames(1)
        assert_lit(stage, target)


@pytest.mark.parametrize("where", ["bar", "below"])
def test_button_in_an_action_bar_and_one_below_it_are_lit(stage, where):
    root = BoxLayout(orientation="vertical")
    bar, view = ActionBar(), ActionView()
    view.add_widget(ActionPrevious(title="App", with_previous=False))
    action = ActionButton(text="Add")
    view.add_widget(action)
    bar.add_widget(view)
    below = FloatLayout()
    target = button(pos_hint={"x": 0.1, "y": 0.9})
    below.add_widget(target)
    root.add_widget(bar)
    root.add_widget(below)
    with in_window(root):
        target = action if where == "bar" else target
        stage.overlay.register(target, "target")
        stage.run(make_step("one", target="target"))
        assert_lit(stage, target)


@pytest.mark.parametrize("density", [1, 2, 3])
def test_button_is_lit_on_a_screen_of_any_density(stage, density):
    before = Metrics.density
    Metrics.density = density
    try:
        stage.run(make_step("one", target="new-project"))
        assert_lit(stage, stage.app.ids.add, padding=6 * density)
    finally:
        Metrics.density = before


def test_button_in_an_open_modal_view_is_lit_above_it(stage):
    view = ModalView(size_hint=(0.6, 0.4))
    target = button(pos_hint={"center_x": 0.5, "center_y": 0.5})
    target.size_hint = 0.5, 0.3
    view.add_widget(target)
    view.open(animation=False)
    advance_frames(2)

    run_on(stage, target)

    assert EventLoop.window.children[0] is stage.layer
    stage.press("next")
    assert view in EventLoop.window.children
    view.dismiss(animation=False)


def test_button_in_an_open_drop_down_is_lit_and_keeps_it_open(stage, app):
    menu = DropDown(auto_width=False, width=200)
    target = button(size_hint_y=None, height=60, size_hint_x=1)
    menu.add_widget(target)
    stage.overlay.register(target, "choice")
    stage.publish(make_step("one"), make_step("choice", target="choice"))
    menu.open(app.ids.add.__self__)
    advance_frames(3)
    stage.overlay.run("welcome-tour")
    stage.wait_for_step("one")

    press_key("right")
    stage.wait_for_step("choice")
    tap_widget(stage.card)

    assert_lit(stage, target)
    assert menu in EventLoop.window.children
    menu.dismiss()
