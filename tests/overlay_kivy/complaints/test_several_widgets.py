"""Complaints 12 and 18: one step is about several widgets, or about a part of one."""

from __future__ import annotations

import gc

import pytest
from kivy.lang import Builder
from kivy.uix.boxlayout import BoxLayout

from overlay_kivy import TourTarget
from overlay_kivy.targets import TargetRegistry
from overlay_kivy.testing import advance_frames
from tests.overlay_kivy.places import assert_lit, in_window
from tests.overlay_kivy.tours import make_step

pytestmark = pytest.mark.gui

Builder.load_string(
    """
<SearchField>:
    tour_id: "search"
    tour_target: icon
    size_hint: None, None
    size: 300, 60
    pos: 40, 400
    Label:
        text: "Search"
    Button:
        id: icon
        text: "?"
        size_hint_x: None
        width: 48
""",
    filename="search_field.kv",
)


class SearchField(TourTarget, BoxLayout):
    """A composite whose icon is what matters."""

    def icon_of(self):
        return self.ids.icon


def test_three_rows_are_lit_as_one(layering, app):
    layering.show(app.row(2), extra_targets=[app.row(3), app.row(4)])

    assert_lit(layering, app.row(2), app.row(3), app.row(4))


def test_rows_that_are_lit_as_one_stay_so_while_they_scroll(layering, app):
    layering.show(app.row(3), extra_targets=[app.row(4)])

    app.ids.scroll.scroll_y = 0.8
    advance_frames(1)

    assert_lit(layering, app.row(3), app.row(4))


def test_icon_of_a_search_field_is_lit_and_not_the_field(stage):
    with in_window(SearchField()) as field:
        stage.run(make_step("search", target="search"))

        assert_lit(stage, field.ids.icon)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param("icon", id="by its id"),
        pytest.param(SearchField.icon_of, id="by a function"),
        pytest.param(None, id="by itself"),
    ],
)
def test_registered_composite_names_the_part_that_is_meant(app, part):
    field = SearchField(tour_id="", tour_target=None)
    with in_window(field):
        registry = TargetRegistry()
        registry.register(field, "found", part or field.ids.icon)

        found = registry.find("found", field.get_root_window())

        assert found is field.ids.icon.__self__


def test_part_that_is_not_there_yet_is_not_found(app):
    with in_window(SearchField(tour_target="nothing")) as field:
        assert TargetRegistry().find("search", field.get_root_window()) is None


def test_registered_part_does_not_keep_its_composite():
    registry = TargetRegistry()
    field = SearchField()
    registry.register(field, "found", field.ids.icon)

    del field
    gc.collect()

    assert len(registry) == 0
