"""Placing the card and the scrim: facts about every window, target and card."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, strategies as st

from client_sdk.contracts.tutorial import Placement
from overlay_kivy.geometry import (
    Rect,
    Size,
    card_height_limit,
    place_card,
    scrim_strips,
)

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
