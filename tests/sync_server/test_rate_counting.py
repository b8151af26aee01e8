"""The arithmetic of rate limits: what is promised of a minute holds for every minute."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, strategies as st

from sync_server.ratelimits.counting import KEPT_SLICES, SLICE_SECONDS, WINDOW_SECONDS
from sync_server.ratelimits.limit import Limit

LONGEST_SECONDS = KEPT_SLICES * SLICE_SECONDS
START = 1_900_000_000.0

pauses = st.lists(
    st.one_of(st.just(0.0), st.floats(0, 5), st.floats(0, 200)), max_size=120
)


class Seconds:
    """A clock in seconds that a test sets."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@given(per_minute=st.integers(1, 12), pauses=pauses, offset=st.floats(0, 60))
def test_no_minute_has_more_than_the_limit(per_minute, pauses, offset):
    seconds = Seconds(START + offset)
    limit = Limit("user", per_minute, seconds=seconds)
    admitted = []
    for pause in pauses:
        seconds.now += pause
        if limit.take("somebody") is None:
            admitted.append(seconds.now)

    for first in admitted:
        minute = [t for t in admitted if first <= t < first + WINDOW_SECONDS]
        assert len(minute) <= per_minute


@given(per_minute=st.integers(1, 12), pauses=pauses, offset=st.floats(0, 60))
def test_nobody_below_the_limit_is_refused(per_minute, pauses, offset):
    """Below it: fewer requests than the limit in the last 70 seconds."""
    seconds = Seconds(START + offset)
    limit = Limit("user", per_minute, seconds=seconds)
    asked: list[float] = []
    for pause in pauses:
        seconds.now += pause
        recent = [t for t in asked if t > seconds.now - LONGEST_SECONDS]
        is_below = len(recent) < per_minute
        asked.append(seconds.now)

        refusal = limit.take("somebody")

        assert not (is_below and refusal)


@given(per_minute=st.integers(1, 12), pauses=pauses, offset=st.floats(0, 60))
def test_whoever_waits_as_told_is_let_in(per_minute, pauses, offset):
    seconds = Seconds(START + offset)
    limit = Limit("user", per_minute, seconds=seconds)
    for pause in pauses:
        seconds.now += pause
        refusal = limit.take("somebody")
        if refusal is not None:
            assert 1 <= refusal.wait_seconds <= LONGEST_SECONDS
            seconds.now += refusal.wait_seconds
            assert limit.take("somebody") is None


def test_keys_do_not_share_a_limit():
    limit = Limit("user", 1, seconds=Seconds())

    assert limit.take("one") is None
    assert limit.take("two") is None
    assert limit.take("one") is not None


def test_a_refused_request_does_not_count():
    seconds = Seconds()
    limit = Limit("user", 3, seconds=seconds)
    for _ in range(100):
        limit.take("somebody")

    seconds.now += LONGEST_SECONDS

    assert [limit.take("somebody") is None for _ in range(4)] == [True] * 3 + [False]


def test_zero_is_no_limit():
    limit = Limit("user", 0, seconds=Seconds())

    assert all(limit.take("somebody") is None for _ in range(10_000))
    assert limit.look("somebody") is None
    assert len(limit) == 0


def test_looking_does_not_count():
    limit = Limit("login", 1, seconds=Seconds())

    assert limit.look("somebody") is None
    assert limit.take("somebody") is None
    assert limit.look("somebody") == limit.take("somebody")
    assert limit.is_any_full


def test_whoever_looks_after_the_minute_sees_an_open_gate():
    seconds = Seconds()
    limit = Limit("login", 1, seconds=seconds)
    limit.take("somebody")
    seconds.now += LONGEST_SECONDS

    assert limit.look("somebody") is None
    assert not limit.is_any_full


def test_a_full_key_is_known_as_full_after_a_change_of_generations():
    seconds = Seconds()
    limit = Limit("login", 2, seconds=seconds)
    limit.take("somebody else")
    seconds.now += LONGEST_SECONDS - SLICE_SECONDS
    for _ in range(2):
        limit.take("guesser")
    seconds.now += SLICE_SECONDS

    assert limit.take("guesser")

    assert limit.is_any_full
    assert limit.look("guesser")


@pytest.mark.parametrize("back_seconds", [1, 15, 3_600])
def test_a_clock_that_is_set_back_locks_nobody_out_for_longer(back_seconds):
    seconds = Seconds()
    limit = Limit("user", 2, seconds=seconds)
    while limit.take("somebody") is None:
        pass

    seconds.now -= back_seconds
    refusal = limit.take("somebody")
    seconds.now += LONGEST_SECONDS + back_seconds % LONGEST_SECONDS

    assert refusal is None or back_seconds < LONGEST_SECONDS
    assert limit.take("somebody") is None


def test_a_million_addresses_take_no_more_memory_than_some():
    limit = Limit("address", 100, seconds=Seconds(), max_keys=1_000)

    for number in range(50_000):
        limit.take(number)

    assert len(limit) <= 2_000
    assert len(limit._warm) <= 2_000


def test_a_busy_key_is_not_forgotten_among_a_million():
    limit = Limit("address", 100, seconds=Seconds(), max_keys=1_000)
    admitted = 0
    for number in range(200_000):
        limit.take(number)
        if number % 500 == 0:
            admitted += limit.take("busy") is None

    assert admitted == 100


def test_what_was_idle_for_two_minutes_takes_no_memory():
    seconds = Seconds()
    limit = Limit("address", 100, seconds=seconds)
    for number in range(1_000):
        limit.take(number)
    for _ in range(2):
        seconds.now += LONGEST_SECONDS
        limit.take("another")

    assert len(limit) <= 2


def test_threads_count_every_request():
    limit = Limit("user", 20_000, seconds=Seconds())
    admitted = []

    def ask():
        admitted.append(sum(limit.take("somebody") is None for _ in range(10_000)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(admitted) == 20_000
