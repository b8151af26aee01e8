"""How things move: nothing jumps, nothing flashes, and what is interrupted goes on."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.uix.widget import Widget

from overlay_kivy.motion import Glide, Motion, Spring
from overlay_kivy.places import rect_of
from overlay_kivy.testing import advance_frames, resize_window, wait_for
from tests.overlay_kivy.layers import brightness, difference, drawn
from tests.overlay_kivy.pixels import Picture
from tests.overlay_kivy.places import assert_lit, assert_readable, in_window

SLOW = 0.6

offsets = st.floats(-2_000, 2_000, allow_nan=False)


@given(offsets, st.lists(st.floats(0.001, 0.05), min_size=1, max_size=80))
def test_spring_goes_to_zero_and_never_over_it(start, frames):
    spring = Spring(1)
    spring.pull(start)
    way = [start]
    for seconds in frames:
        spring.advance(seconds, 30)
        way.append(spring.values[0])

    assert all(abs(b) <= abs(a) for a, b in pairwise(way))
    assert all(value * start >= 0 for value in way)


@given(offsets, st.integers(1, 40))
def test_spring_is_where_it_is_however_many_frames_were_drawn(start, count):
    one, many = Spring(1, unseen=0), Spring(1, unseen=0)
    one.pull(start)
    many.pull(start)

    one.advance(0.2, 20)
    for _ in range(count):
        many.advance(0.2 / count, 20)

    assert many.values[0] == pytest.approx(one.values[0], abs=1e-6)


def test_interrupted_spring_keeps_its_speed():
    spring = Spring(1)
    spring.pull(100)
    spring.advance(0.05, 20)
    before = spring.values[0]
    spring.advance(0.001, 20)
    speed = before - spring.values[0]

    spring.pull(spring.values[0] + 300)
    start = spring.values[0]
    spring.advance(0.001, 20)

    assert start - spring.values[0] > speed


@pytest.fixture
def stillness():
    """Whatever another test has left fading has faded."""
    wait_for(lambda: "Motion._advance" not in scheduled())


@pytest.mark.gui
def test_motion_without_seconds_is_over_at_once(stillness):
    frames = []
    motion = Motion(lambda: frames.append(1))
    motion.card.pull(100, 100)

    motion.start(0)

    assert motion.is_still
    assert "Motion._advance" not in scheduled()


def scheduled():
    callbacks = (event.get_callback() for event in Clock.get_events())
    return {getattr(one, "__qualname__", repr(one)) for one in callbacks if one}


@pytest.mark.gui
def test_motion_leaves_no_clock_event(layering, app, stillness):
    layering.show(app.ids.add, seconds=0.1)
    assert "Motion._advance" in scheduled()

    layering.settle()

    assert "Motion._advance" not in scheduled()


@pytest.mark.gui
def test_first_frame_is_the_app_as_it_was(layering, app):
    advance_frames(2)
    before = drawn()

    layering.show(app.ids.add, seconds=SLOW)

    assert difference(before, drawn()) < 1


@pytest.mark.gui
def test_scrim_comes_without_a_flash(layering, app):
    advance_frames(2)
    pictures = [drawn()]
    layering.show(app.row(3), seconds=SLOW)
    pictures.append(drawn())
    while layering.layer.is_moving:
        advance_frames(1)
        pictures.append(drawn())
    light = [brightness(picture) for picture in pictures]

    assert len(light) > 5
    # Darker from frame to frame; the card that comes over the scrim is bright.
    assert all(b <= a + 2 for a, b in pairwise(light)), light
    steps = [abs(a - b) for a, b in pairwise(light)]
    assert max(steps) < 0.6 * (light[0] - min(light)), steps


@pytest.mark.gui
def test_neither_arrow_nor_disc_shines_through_a_card_that_fades(layering, app):
    app.ids.screens.opacity = 0
    card = layering.show(app.ids.add, title="", seconds=4)
    wait_for(lambda: 0.3 < card.opacity < 0.6)
    width, height = map(int, EventLoop.window.size)
    picture = Picture(width, height, drawn())

    close = card.ids.close
    beside_arrow = picture.at(card.x + 120, card.top - 4)
    beside_disc = picture.at(close.x, close.center_y)
    # The shadow below the card is not the same everywhere.
    assert picture.at(card.arrow_x, card.top - 4) == pytest.approx(beside_arrow, abs=3)
    on_disc = picture.at(close.center_x - 12, close.center_y)
    assert on_disc == pytest.approx(beside_disc, abs=3)


@pytest.mark.gui
def test_step_goes_over_into_the_next_without_a_flash(layering, app):
    layering.show(app.ids.add, seconds=SLOW)
    layering.settle()
    before = drawn()

    layering.show(app.row(5), seconds=SLOW, title="The next one")
    first = drawn()
    light = [brightness(before), brightness(first)]
    while layering.layer.is_moving:
        advance_frames(1)
        light.append(brightness(drawn()))

    assert difference(before, first) < 0.5
    low, high = sorted((light[0], light[-1]))
    assert all(low - 6 <= one <= high + 6 for one in light), light


@pytest.mark.gui
def test_cut_out_and_card_go_the_way_between_two_targets(layering, app):
    layering.show(app.ids.add, seconds=0)
    hole, card = layering.hole, layering.layer.content.pos[:]

    layering.show(app.row(5), seconds=SLOW)
    assert layering.hole == hole
    assert layering.layer.content.pos == pytest.approx(card, abs=1)
    way = [layering.hole.y]
    while layering.layer.is_moving:
        advance_frames(1)
        way.append(layering.hole.y)

    assert way == sorted(way, reverse=True)
    assert len(set(way)) > 5
    assert_lit(layering, app.row(5))


@pytest.mark.gui
def test_roundness_goes_from_one_to_the_next(layering, app):
    layering.show(app.row(2), seconds=0, radius=4)
    layering.show(app.row(4), seconds=SLOW, radius=30)
    seen = []
    while layering.layer.is_moving:
        advance_frames(1)
        seen.append(layering.layer.spotlight.radius)

    assert seen == sorted(seen)
    assert seen[0] < 20
    assert seen[-1] == 30


@pytest.mark.gui
def test_reduced_motion_shows_everything_at_once(layering, app):
    layering.show(app.ids.add, seconds=0)
    layering.show(app.row(5), seconds=0)

    assert not layering.layer.is_moving
    assert_lit(layering, app.row(5))
    assert len(layering.layer.children) == 2


def half_way(layering):
    advance_frames(4)
    assert layering.layer.is_moving


@pytest.mark.gui
def test_next_pressed_in_the_middle_goes_on_from_where_things_are(layering, app):
    layering.show(app.ids.add, seconds=0)
    layering.show(app.row(5), seconds=SLOW)
    half_way(layering)
    hole, card = layering.hole, layering.layer.content.pos[:]

    layering.show(app.row(1), seconds=SLOW)

    assert layering.hole == hole
    assert layering.layer.content.pos == pytest.approx(card, abs=1)
    layering.settle()
    assert_lit(layering, app.row(1))
    assert len(layering.layer.children) == 2


KINDS = {
    "appears": lambda layering, app: layering.show(app.row(1), seconds=SLOW),
    "goes to another target": lambda layering, app: (
        layering.show(app.ids.add, seconds=0),
        layering.show(app.row(1), seconds=SLOW),
    ),
    "goes to the middle": lambda layering, app: (
        layering.show(app.row(1), seconds=0),
        layering.show(None, seconds=SLOW),
    ),
    "comes from the middle": lambda layering, app: (
        layering.show(None, seconds=0),
        layering.show(app.row(1), seconds=SLOW),
    ),
}


@pytest.mark.gui
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(860, 420), (420, 600)], ids=["turned", "resized"])
def test_window_that_changes_in_the_middle_of_a_transition(layering, app, kind, size):
    KINDS[kind](layering, app)
    half_way(layering)

    resize_window(*size)
    layering.settle()

    if kind == "goes to the middle":
        assert layering.layer.spotlight.hole is None
    else:
        assert_lit(layering, app.row(1))
    assert layering.layer.spotlight.opacity == 1
    assert layering.layer.content.opacity == layering.layer.content.text_opacity == 1


@pytest.mark.gui
def test_card_stays_in_a_window_that_becomes_lower_on_its_way(layering, app):
    layering.show(app.ids.add, seconds=0)
    layering.settle()
    layering.show(app.row(3), seconds=5 * SLOW)
    resize_window(420, 520)
    outside = []
    while layering.layer.is_moving:
        card = layering.layer.content
        height = card.height + card.stretch[1]
        outside.append(max(card.y + height - 520, -card.y, 0))
        advance_frames(1)

    assert len(outside) > 2
    assert max(outside) <= 1


@pytest.mark.gui
def test_light_closes_in_from_the_app_and_opens_in_a_scrim(layering, app):
    layering.show(app.row(1), seconds=SLOW)
    target = rect_of(app.row(1))
    from_the_app = layering.hole
    layering.show(None, seconds=0)
    layering.settle()
    layering.show(app.row(1), seconds=SLOW)
    from_the_scrim = layering.hole

    assert from_the_app.contains(target)
    assert target.contains(from_the_scrim)


@pytest.mark.gui
@pytest.mark.parametrize("kind", [kind for kind in KINDS if "to the m" not in kind])
def test_screen_that_changes_in_the_middle_of_a_transition(layering, app, kind):
    KINDS[kind](layering, app)
    half_way(layering)
    pictures = layering.layer.spotlight.hole

    app.show("team")
    while layering.lost == 0:
        advance_frames(1)

    assert pictures is not None
    assert not layering.layer.is_shown
    layering.show(app.ids.invite, seconds=0.1)
    layering.settle()
    assert_lit(layering, app.ids.invite)


@pytest.mark.gui
@pytest.mark.parametrize("kind", [kind for kind in KINDS if "to the m" not in kind])
def test_target_that_scrolls_in_the_middle_of_a_transition(layering, app, kind):
    KINDS[kind](layering, app)
    half_way(layering)

    app.ids.scroll.scroll_y = 0.98
    layering.settle()

    assert_lit(layering, app.row(1))


@pytest.mark.gui
def test_card_that_changes_sides_while_the_list_scrolls_slides_there(layering, app):
    layering.show(app.row(6), seconds=SLOW)
    layering.settle()
    jumps, before = [], layering.layer.content.y
    for part in range(30):
        app.ids.scroll.scroll_y = 1 - 0.9 * part / 30
        advance_frames(1)
        jumps.append(abs(layering.layer.content.y - before))
        before = layering.layer.content.y
    layering.settle()

    assert max(jumps) < 200
    assert_lit_and_free(layering)


@pytest.mark.gui
def test_card_without_room_slides_to_the_other_end_where_that_hides_less(layering, app):
    target = Widget(size_hint=(None, None), size=(420, 700), y=150)
    with in_window(target):
        card = layering.show(target, seconds=SLOW)
        layering.settle()
        ys = [low := card.y]
        for y in (120, 90, 60, 30, 10, 10, 10):
            target.y = y
            advance_frames(1)
            ys.append(card.y)
        layering.settle()

    assert low == 16
    assert card.top == 860 - 16
    assert max(abs(b - a) for a, b in pairwise(ys)) < 200


def assert_lit_and_free(layering):
    class Shown:
        hole = layering.hole
        card = layering.layer.content

    assert_readable(Shown)


class TestGlide:
    """Properties of the survey's sheet, on the springs of everything else."""

    @pytest.fixture
    def rested(self):
        """One entry each time that all has arrived."""
        return []

    @pytest.fixture
    def glide(self, app, rested):
        failures: list[int] = []
        glide = Glide(on_rest=lambda: rested.append(1), fail=lambda: failures.append(1))
        yield glide
        assert not failures

    @pytest.mark.gui
    def test_value_arrives_exactly_and_leaves_no_clock_event(self, glide, rested):
        widget = Widget(height=100, opacity=0)
        glide.to(0.1, widget, height=340, opacity=1)
        way = [widget.height]
        while not rested:
            advance_frames(1)
            way.append(widget.height)

        assert (widget.height, widget.opacity) == (340, 1)
        assert way == sorted(way)
        assert len({*way}) > 3
        assert rested == [1]
        assert "Glide._advance" not in scheduled()

    @pytest.mark.gui
    def test_way_that_is_changed_goes_on_from_where_it_is(self, glide, rested):
        widget = Widget(height=100)
        glide.to(SLOW, widget, height=400)
        advance_frames(6)
        before = widget.height
        assert 100 < before < 400

        glide.to(SLOW, widget, height=50)
        assert widget.height == before
        wait_for(lambda: rested)

        assert widget.height == 50

    @pytest.mark.gui
    def test_without_seconds_it_is_there_at_once(self, glide):
        widget = Widget(height=100)
        glide.to(SLOW, widget, height=400)
        glide.to(0, widget, height=200)

        assert widget.height == 200
        wait_for(lambda: "Glide._advance" not in scheduled())
        assert widget.height == 200

    @pytest.mark.gui
    def test_what_is_finished_is_where_it_was_to_be(self, glide):
        widget = Widget(height=100)
        glide.to(SLOW, widget, height=400)
        glide.finish()

        assert widget.height == 400
        assert "Glide._advance" not in scheduled()
