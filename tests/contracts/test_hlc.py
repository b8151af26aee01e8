"""The hybrid logical clock: what follows is later, whatever the devices' clocks say."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from client_sdk.contracts.hlc import MAX_AHEAD_MS, HybridTime, clamp, observe, tick

ONE, OTHER = UUID(int=1), UUID(int=2)
NOW_MS = 1_769_848_200_000

walls = st.integers(0, 2 * NOW_MS)
counters = st.integers(0, 2**31 - 1)


def times(device_id: UUID) -> st.SearchStrategy[HybridTime]:
    return st.builds(
        HybridTime, wall_ms=walls, counter=counters, device_id=st.just(device_id)
    )


def at(wall_ms: int, counter: int = 0, device_id: UUID = ONE) -> HybridTime:
    return HybridTime(wall_ms=wall_ms, counter=counter, device_id=device_id)


@given(times(ONE), walls)
def test_the_next_event_is_later_whatever_the_clock_says(last, wall_ms):
    following = tick(last, wall_ms)

    assert following > last
    assert following.wall_ms >= wall_ms
    assert following.device_id == last.device_id


@given(times(ONE), times(OTHER), walls)
def test_what_follows_something_seen_is_later_than_that(last, seen, wall_ms):
    following = observe(last, seen, wall_ms)

    assert following > last
    assert following > seen
    assert following.device_id == ONE


@pytest.mark.parametrize(
    ("last", "wall_ms", "following"),
    [
        pytest.param(at(5, 3), 9, at(9), id="time-has-passed"),
        pytest.param(at(5, 3), 5, at(5, 4), id="within-one-millisecond"),
        pytest.param(at(5, 3), 1, at(5, 4), id="the-clock-was-set-back"),
        pytest.param(at(5, 2**31 - 1), 1, at(6), id="the-counter-is-full"),
    ],
)
def test_a_tick_takes_the_clock_or_else_counts(last, wall_ms, following):
    assert tick(last, wall_ms) == following


@pytest.mark.parametrize(
    ("last", "seen", "following"),
    [
        pytest.param(at(5, 3), at(7, 9, OTHER), at(7, 10), id="the-other-is-ahead"),
        pytest.param(at(7, 3), at(5, 9, OTHER), at(7, 4), id="the-other-is-behind"),
        pytest.param(at(7, 3), at(7, 9, OTHER), at(7, 10), id="both-are-equal"),
    ],
)
def test_observing_goes_on_from_the_later_one(last, seen, following):
    assert observe(last, seen, 6) == following


def test_two_devices_never_have_the_same_time():
    assert at(5, 3, ONE) < at(5, 3, OTHER)


class TestClamp:
    def test_a_phone_in_2035_writes_now(self):
        assert clamp(at(2_051_222_400_000, 7), NOW_MS) == at(NOW_MS)

    def test_five_minutes_ahead_is_tolerated(self):
        edge = at(NOW_MS + MAX_AHEAD_MS, 7)

        assert clamp(edge, NOW_MS) == edge
        assert clamp(at(NOW_MS + MAX_AHEAD_MS + 1, 7), NOW_MS) == at(NOW_MS)

    @given(times(ONE))
    def test_the_past_stays_as_it_is(self, time):
        assert clamp(time, 2 * NOW_MS) == time
