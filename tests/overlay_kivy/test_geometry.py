"""Placing the card and the scrim: facts about every window, target and card."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings, strategies as st

from client_sdk.contracts.tutorial import Placement
from overlay_kivy.geometry import (
    Rect,
    Size,
    beacon_center,
    card_height_limit,
    place_card,
    pointed_at,
    scrim_strips,
    whole_lines,
)
from tests.support.effort import examples

PHONE = Rect(0, 0, 400, 800)
CARD = Size(320, 180)
SIDES = [Placement.TOP, Placement.BOTTOM, Placement.LEFT, Placement.RIGHT]

lengths = st.integers(1, 2_000).map(float)
offsets = st.integers(-500, 2_500).map(float)
margins = st.integers(0, 40).map(float)
windows = st.builds(Rect, st.just(0.0), st.just(0.0), lengths, lengths)
rects = st.builds(Rect, offsets, offsets, lengths, lengths)
cards = st.builds(Size, lengths, lengths)


def card_rect(window, target, card, preferred=Placement.AUTO, **spacing):
    placement = place_card(window, target, card, preferred, **spacing)
    return Rect(placement.x, placement.y, card.width, card.height)


@given(windows, st.none() | rects, cards, st.sampled_from(Placement), margins, margins)
def test_card_that_fits_the_window_never_leaves_it(
    window, target, card, preferred, margin, gap
):
    assume(card.width <= window.width and card.height <= window.height)
    target = target and target.clipped(window)

    assert window.contains(
        card_rect(window, target, card, preferred, margin=margin, gap=gap)
    )


@given(windows, rects, cards, st.sampled_from(Placement), margins, margins)
def test_card_beside_a_target_never_covers_it(
    window, target, card, preferred, margin, gap
):
    target = target.clipped(window)
    placement = place_card(window, target, card, preferred, margin=margin, gap=gap)
    assume(placement.side is not Placement.CENTER)

    rect = Rect(placement.x, placement.y, card.width, card.height)

    assert not rect.grown(gap).overlaps(target)


scales = st.sampled_from([0.75, 1.0, 1.5, 2.0, 3.0])
sizes = st.floats(1, 2_000, allow_nan=False)
places = st.floats(-500, 2_500, allow_nan=False)


@settings(max_examples=examples(500))
@given(
    window=st.builds(Rect, st.just(0.0), st.just(0.0), sizes, sizes),
    target=st.builds(Rect, places, places, sizes, sizes),
    card=st.builds(Size, sizes, sizes),
    preferred=st.sampled_from(Placement),
    scale=scales,
    is_rtl=st.booleans(),
)
def test_any_card_is_on_screen_leaves_its_target_free_and_points_at_it(
    window, target, card, preferred, scale, is_rtl
):
    margin = gap = 16 * scale
    inset = 26 * scale
    seen = target.clipped(window)
    assume(not seen.is_empty)

    placement = place_card(
        window,
        seen,
        card,
        preferred,
        margin=margin,
        gap=gap,
        inset=inset,
        is_rtl=is_rtl,
    )

    rect = Rect(placement.x, placement.y, card.width, card.height)
    if card.width <= window.width and card.height <= window.height:
        assert window.grown(EPSILON).contains(rect)
    if has_room(window, seen, card, gap + margin) and preferred is not Placement.CENTER:
        assert placement.side is not Placement.CENTER
    if placement.side is not Placement.CENTER:
        assert not rect.grown(-EPSILON).overlaps(seen)
        assert_points_at(placement, rect, seen, window, inset)


EPSILON = 1e-6


def has_room(window, target, card, needed):
    across = max(target.x - window.x, window.right - target.right)
    along = max(target.y - window.y, window.top - target.top)
    fits_across = across >= card.width + needed and window.height >= card.height
    fits_along = along >= card.height + needed and window.width >= card.width
    return fits_across or fits_along


def assert_points_at(placement, card, target, window, inset):
    """The arrow is on the target's stretch, clear of the corners, if there is such a place."""
    upright = placement.side in (Placement.TOP, Placement.BOTTOM)
    low, high = (target.x, target.right) if upright else (target.y, target.top)
    start, length = (card.x, card.width) if upright else (card.y, card.height)
    end = window.right if upright else window.top
    inset = min(inset, length / 2)
    if placement.arrow is None:
        # Too near the window's edge for any arrow: it would be on the card's corner.
        assert high < inset + EPSILON or low > end - inset - EPSILON
        return
    assert low - EPSILON <= start + placement.arrow <= high + EPSILON
    assert inset - EPSILON <= placement.arrow <= length - inset + EPSILON


@given(windows, rects, cards, margins, margins)
def test_card_stands_beside_its_target_whenever_a_side_has_room(
    window, target, card, margin, gap
):
    target = target.clipped(window)
    needed = gap + margin
    across = max(target.x - window.x, window.right - target.right)
    along = max(target.y - window.y, window.top - target.top)
    fits_across = across >= card.width + needed and window.height >= card.height
    fits_along = along >= card.height + needed and window.width >= card.width

    placement = place_card(window, target, card, margin=margin, gap=gap)

    assert (placement.side is not Placement.CENTER) == (fits_across or fits_along)


@given(windows, rects, cards, st.sampled_from(SIDES), margins, margins)
def test_arrow_points_at_the_target_and_stays_on_the_card(
    window, target, card, preferred, margin, gap
):
    target = target.clipped(window)
    assume(not target.is_empty)
    placement = place_card(window, target, card, preferred, margin=margin, gap=gap)
    if placement.arrow is None:
        assert placement.side is Placement.CENTER
        return

    upright = placement.side in (Placement.TOP, Placement.BOTTOM)
    start, length = (placement.x, card.width) if upright else (placement.y, card.height)
    middle = target.center[0] if upright else target.center[1]

    assert 0 <= placement.arrow <= length
    if start <= middle <= start + length:
        assert start + placement.arrow == pytest.approx(middle)


@given(windows, rects, cards, margins, margins)
def test_card_that_keeps_to_its_limit_stands_beside_its_target_if_it_can(
    window, target, card, margin, gap
):
    target = target.clipped(window)
    limit = card_height_limit(
        window, target, card.width, margin=margin, gap=gap, least=0.0
    )
    card = Size(card.width, max(min(card.height, limit), 1.0))
    along = max(target.y - window.y, window.top - target.top) - gap - margin
    assume(along >= 1 and window.width >= card.width)

    placement = place_card(window, target, card, margin=margin, gap=gap)

    assert placement.side is not Placement.CENTER


def test_card_beside_a_target_that_leaves_little_room_may_be_as_tall_as_the_window():
    target = Rect(0, 100, 400, 600)
    limit = card_height_limit(PHONE, target, 320, margin=16, gap=12, least=240)

    assert limit == 800 - 2 * 16


@given(windows, rects)
def test_strips_and_hole_cover_the_window_exactly_once(window, hole):
    hole = hole.clipped(window)
    pieces = [*scrim_strips(window, hole), hole]
    area = sum(piece.width * piece.height for piece in pieces)

    assert area == pytest.approx(window.width * window.height)
    for index, piece in enumerate(pieces):
        assert piece.is_empty or window.contains(piece)
        assert not any(piece.overlaps(other) for other in pieces[index + 1 :])


@pytest.mark.parametrize(
    ("target", "preferred", "side"),
    [
        pytest.param(
            Rect(150, 700, 100, 50), Placement.AUTO, Placement.BOTTOM, id="below"
        ),
        pytest.param(Rect(150, 40, 100, 50), Placement.AUTO, Placement.TOP, id="above"),
        pytest.param(
            Rect(150, 600, 100, 50), Placement.TOP, Placement.BOTTOM, id="flips"
        ),
        pytest.param(
            Rect(150, 400, 100, 50), Placement.LEFT, Placement.BOTTOM, id="other axis"
        ),
        pytest.param(
            Rect(0, 100, 400, 650), Placement.AUTO, Placement.CENTER, id="no side"
        ),
        pytest.param(
            Rect(150, 700, 100, 50), Placement.CENTER, Placement.CENTER, id="asked"
        ),
    ],
)
def test_card_takes_the_side_with_room(target, preferred, side):
    assert place_card(PHONE, target, CARD, preferred, margin=16, gap=12).side is side


@pytest.mark.parametrize(
    ("preferred", "is_rtl", "side"),
    [
        (Placement.START, False, Placement.LEFT),
        (Placement.END, False, Placement.RIGHT),
        (Placement.START, True, Placement.RIGHT),
        (Placement.END, True, Placement.LEFT),
        (Placement.LEFT, True, Placement.LEFT),
        (Placement.AUTO, False, Placement.RIGHT),
        (Placement.AUTO, True, Placement.LEFT),
    ],
)
def test_start_and_end_are_those_of_the_reading_direction(preferred, is_rtl, side):
    window, target = Rect(0, 0, 1_000, 200), Rect(400, 20, 200, 160)
    placement = place_card(window, target, CARD, preferred, is_rtl=is_rtl)

    assert placement.side is side


def test_card_beside_a_small_target_in_the_corner_gives_up_its_margin_to_point_at_it():
    target = Rect(372, 700, 28, 28)
    placement = place_card(PHONE, target, CARD, margin=16, gap=12, inset=26)

    assert placement.arrow is not None
    assert target.x <= placement.x + placement.arrow <= target.right
    assert placement.x + CARD.width <= PHONE.right


def test_arrow_that_could_only_point_beside_its_target_is_left_out():
    target = Rect(390, 700, 10, 28)
    placement = place_card(PHONE, target, CARD, margin=16, gap=12, inset=26)

    assert placement.arrow is None


def test_arrow_at_a_small_target_in_the_corner_is_well_on_it():
    target = Rect(360, 700, 40, 28)
    placement = place_card(PHONE, target, CARD, margin=16, gap=12, inset=26)

    assert placement.arrow is not None
    assert target.x + 13 <= placement.x + placement.arrow <= target.right - 13


@pytest.mark.parametrize(("is_rtl", "x"), [(False, 180), (True, 60)])
def test_beacon_is_on_the_upper_corner_at_the_end_of_a_line(is_rtl, x):
    target = Rect(60, 400, 120, 40)

    assert beacon_center(PHONE, target, Size(48, 48), is_rtl=is_rtl) == (x, 440)


@given(windows, rects, cards, st.booleans())
def test_beacon_that_fits_the_window_is_whole_in_it(window, target, size, is_rtl):
    assume(size.width <= window.width and size.height <= window.height)
    x, y = beacon_center(window, target.clipped(window), size, is_rtl=is_rtl)

    beacon = Rect(x - size.width / 2, y - size.height / 2, size.width, size.height)
    assert window.grown(EPSILON).contains(beacon)


@given(rects, rects, st.sampled_from(SIDES))
def test_arrow_of_a_card_in_motion_stays_on_its_edge(card, target, side):
    upright = side in (Placement.TOP, Placement.BOTTOM)
    length = card.width if upright else card.height

    assert 0 <= pointed_at(side, card, target) <= length


@given(rects, rects)
def test_rectangle_pushed_into_another_lies_in_it_if_it_fits(one, other):
    pushed = one.pushed_into(other)

    assert (pushed.width, pushed.height) == (one.width, one.height)
    if one.width <= other.width and one.height <= other.height:
        assert other.contains(pushed)


@pytest.mark.parametrize(
    ("target", "y"),
    [
        (Rect(0, 0, 400, 800), 16),
        (Rect(0, 100, 400, 700), 16),
        (Rect(0, 0, 400, 700), 800 - 16 - CARD.height),
    ],
    ids=["as high as the window", "high up", "low down"],
)
def test_card_without_room_beside_its_target_stands_where_it_hides_least(target, y):
    placement = place_card(PHONE, target, CARD, margin=16, gap=12)

    assert (placement.x, placement.y) == (40, y)


@given(y=st.integers(0, 800), height=st.integers(1, 800), tall=st.integers(1, 768))
def test_no_higher_or_lower_card_would_hide_less_of_its_target(y, height, tall):
    target = Rect(0, y, 400, height).clipped(PHONE)
    spot = place_card(PHONE, target, Size(320, tall), margin=16)

    def hidden(y):
        return Rect(0, y, 320, tall).clipped(target).height

    assert all(hidden(spot.y) <= hidden(y) for y in range(16, 800 - 16 - tall + 1, 7))


def test_card_without_a_target_stands_in_the_middle():
    placement = place_card(PHONE, None, CARD, margin=16)

    assert (placement.x, placement.y) == (40, 310)
    assert placement.arrow is None


def test_card_beside_a_target_at_the_edge_keeps_the_margin():
    placement = place_card(PHONE, Rect(350, 700, 50, 50), CARD, margin=16, gap=12)

    assert placement.x + CARD.width == PHONE.right - 16


def test_card_too_tall_for_its_window_keeps_its_buttons_in_reach():
    assert place_card(Rect(0, 0, 300, 100), None, CARD).y == 0


@given(rects, rects, st.floats(0, 1))
def test_a_rectangle_between_two_starts_at_one_and_ends_at_the_other(one, other, part):
    assert one.towards(other, 0) == one
    assert one.towards(other, 1) == other
    middle = one.towards(other, part)
    assert middle.width >= min(one.width, other.width) - 1e-6


@given(st.lists(st.tuples(offsets, offsets), min_size=1))
def test_a_rectangle_around_points_holds_them_all(points):
    around = Rect.around(points)

    assert all(around.contains(Rect(x, y, 0, 0)) for x, y in points)


@given(
    height=st.floats(0, 2_000),
    room=st.floats(0, 2_000),
    above=st.floats(0, 500),
    line=st.floats(1, 100),
)
def test_a_text_takes_no_more_than_its_room_and_ends_with_a_whole_line(
    height, room, above, line
):
    shown = whole_lines(height, room, above, line)

    assert 0 <= shown <= min(height, room)
    if shown < min(height, room):
        lines = (shown - above) / line
        assert lines == pytest.approx(round(lines), abs=1e-6)
        assert room - shown < line + 1e-6
        assert shown > 0


@pytest.mark.parametrize(
    ("room", "shown"),
    [(300, 200), (199, 190), (139, 90), (90, 90), (89, 89)],
    ids=["all", "lines", "no line", "what is above", "a part of that"],
)
def test_a_text_of_which_no_line_fits_ends_with_what_is_above_it(room, shown):
    assert whole_lines(200, room, 90, 50) == shown
