"""Complaint 2: the target is in a list that scrolls, or whose rows are recycled."""

from __future__ import annotations

import pytest
from kivy.clock import Clock
from kivy.lang import Builder
from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.carousel import Carousel
from kivy.uix.label import Label
from kivy.uix.recycleview import RecycleView
from kivy.uix.recycleview.views import RecycleDataViewBehavior
from kivy.uix.tabbedpanel import TabbedPanel, TabbedPanelItem

from overlay_kivy.testing import advance_frames, wait_for
from tests.overlay_kivy.places import assert_lit, assert_readable
from tests.overlay_kivy.tours import TOUR, make_step

pytestmark = pytest.mark.gui

Builder.load_string(
    """
<RecycledRow>:
    Label:
        text: root.text
<RecycledList>:
    viewclass: "RecycledRow"
    RecycleBoxLayout:
        orientation: "vertical"
        default_size: None, dp(60)
        default_size_hint: 1, None
        size_hint_y: None
        height: self.minimum_height
""",
    filename="recycled_list.kv",
)


#: Kivy's Factory has a class for it that no ``import`` gives.
LIST_OF_KIVYS_OWN = """
RecycleView:
    viewclass: "RecycledRow"
    RecycleBoxLayout:
        orientation: "vertical"
        default_size: None, dp(60)
        default_size_hint: 1, None
        size_hint_y: None
        height: self.minimum_height
"""


class RecycledRow(RecycleDataViewBehavior, BoxLayout):
    text = StringProperty()


class RecycledList(RecycleView):
    def view_of(self, text):
        return view_of(self, text)


def view_of(view, text):
    rows = view.layout_manager.children
    return next((row for row in rows if row.text == text), None)


def items(count, **ids):
    names = {number: name for name, number in ids.items()}
    return [
        {"text": str(number)} | ({"tour_id": names[number]} if number in names else {})
        for number in range(count)
    ]


def is_looked_for():
    return "_look_again" in repr(Clock.get_events())


@pytest.fixture
def recycled(app):
    rows = RecycledList()
    rows.data = items(300, first=1, far=200)
    app.ids.screens.get_screen("projects").clear_widgets()
    app.ids.screens.get_screen("projects").add_widget(rows)
    advance_frames(3)
    return rows


def test_row_far_down_a_recycled_list_is_scrolled_to_and_lit(stage, recycled):
    stage.run(make_step("far", target="far"))

    assert_lit(stage, recycled.view_of("200"))
    assert_readable(stage)


def test_row_of_a_list_that_kv_names_by_kivys_own_class_is_lit(stage, recycled):
    in_kv = Builder.load_string(LIST_OF_KIVYS_OWN)
    in_kv.data = recycled.data
    screen = recycled.parent
    screen.clear_widgets()
    screen.add_widget(in_kv)

    stage.run(make_step("far", target="far"))

    assert_lit(stage, view_of(in_kv, "200"))
    assert_readable(stage)


def test_row_that_is_loaded_while_it_is_looked_for_is_scrolled_to(stage, recycled):
    rows, recycled.data = list(recycled.data), []
    stage.overlay.target_wait_seconds = 30
    stage.publish(make_step("far", target="far"))
    stage.overlay.run(TOUR)
    wait_for(is_looked_for)

    recycled.data = rows
    stage.wait_for_step("far")

    assert stage.seen("error") == []
    assert_lit(stage, recycled.view_of("200"))


def test_row_that_is_loaded_too_late_is_scrolled_to_when_it_comes(stage, recycled):
    rows, recycled.data = list(recycled.data), []
    stage.run(make_step("far", target="far"))
    assert stage.layer.spotlight.hole is None

    recycled.data = rows
    wait_for(lambda: stage.layer.spotlight.hole)

    assert_lit(stage, recycled.view_of("200"))
    assert stage.seen("recovered") == [("recovered", "far")]


def test_light_stays_on_its_row_while_a_recycled_list_scrolls(stage, recycled):
    stage.run(make_step("far", target="far"))
    before = stage.hole.y

    recycled.scroll_y += 100 / (300 * 60)
    advance_frames(2)

    assert stage.hole.y < before - 50
    assert_lit(stage, recycled.view_of("200"))


def test_row_that_took_over_the_targets_widget_is_not_lit(stage, recycled):
    stage.run(make_step("first", target="first"))
    reused = recycled.view_of("1")

    recycled.data = items(300, first=5)
    advance_frames(3)

    assert stage.layer is not None
    assert recycled.view_of("5") is not reused or reused.text == "5"
    assert_lit(stage, recycled.view_of("5"))


def test_row_without_a_name_does_not_keep_that_of_the_row_before_it(stage, recycled):
    recycled.scroll_y = 0
    advance_frames(3)
    named = [row for row in recycled.layout_manager.children if hasattr(row, "tour_id")]
    found = stage.overlay._registry.find("first", recycled.get_root_window())

    assert found is None, f"{found.text} of {[row.text for row in named]}"


def test_row_scrolled_away_under_the_finger_is_brought_back(stage, recycled):
    stage.run(make_step("first", target="first", tap_through=True))

    recycled.scroll_y = 0
    wait_for(lambda: stage.layer and recycled.view_of("1"))
    advance_frames(2)

    assert_lit(stage, recycled.view_of("1"))


def test_target_on_another_slide_of_a_carousel_is_turned_to(stage, app):
    carousel = Carousel()
    for number in range(5):
        slide = Label(text=str(number), size_hint=(0.5, 0.2))
        carousel.add_widget(slide)
    stage.overlay.register(carousel.slides[1], "next-slide")
    stage.overlay.register(carousel.slides[4], "last-slide")
    app.ids.screens.get_screen("projects").add_widget(carousel)
    stage.run(
        make_step("near", target="next-slide"), make_step("far", target="last-slide")
    )
    assert_lit(stage, carousel.slides[1])

    stage.press("next")
    stage.wait_for_step("far")

    assert carousel.index == 4
    assert_lit(stage, carousel.slides[4])


def test_target_on_another_tab_is_turned_to(stage, app):
    panel = TabbedPanel(do_default_tab=False)
    for number in range(3):
        tab = TabbedPanelItem(text=str(number))
        tab.add_widget(Label(text=f"content {number}"))
        panel.add_widget(tab)
    stage.overlay.register(panel.tab_list[0].content, "last-tab")
    app.ids.screens.get_screen("projects").add_widget(panel)
    advance_frames(3)

    stage.run(make_step("tab", target="last-tab"))

    assert panel.current_tab is panel.tab_list[0]
    assert_lit(stage, panel.tab_list[0].content)


def test_target_on_another_screen_is_turned_to_where_the_step_names_none(stage, app):
    stage.run(make_step("team", target="invite"))

    assert app.ids.screens.current == "team"
    assert_lit(stage, app.ids.invite.__self__)


def test_step_with_a_screen_is_not_torn_to_another_one(stage, app):
    stage.run(make_step("team", target="invite", screen="projects"))

    assert app.ids.screens.current == "projects"
    assert stage.layer.spotlight.hole is None
