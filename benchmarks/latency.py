"""How long a call takes: back to back, or paced as an app makes it."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

__all__ = ["Call", "Latency", "Pace", "back_to_back", "paced"]

K = TypeVar("K")

Call = Callable[[], object]


class Latency(NamedTuple):
    """The durations of many calls, in microseconds."""

    median_us: float
    p99_us: float


class Pace(NamedTuple):
    """How often calls are made: ``calls`` in each of ``rounds``."""

    calls: int
    rounds: int
    interval_seconds: float


def back_to_back(call: Call, *, count: int) -> Latency:
    """Measure calls without a pause between them, after a tenth as many unmeasured."""
    for _ in range(count // 10):
        call()
    return _latency([_duration_ns(call) for _ in range(count)])


def paced(calls: Mapping[K, Call], pace: Pace) -> dict[K, list[Latency]]:
    """Make each call once an interval, evenly spread; return a latency a round.

    They share one schedule, so that a slow moment of the machine meets all of them.  The
    schedule is one of deadlines: a call that was late does not put off those after it.
    An unmeasured round comes first, and the order is turned by one each round.
    """
    found: dict[K, list[Latency]] = {name: [] for name in calls}
    names = list(calls)
    slot_seconds = pace.interval_seconds / len(names)
    due = time.monotonic()
    for number in range(pace.rounds + 1):
        durations: dict[K, list[int]] = {name: [] for name in names}
        turn = number % len(names)
        for name in (names[turn:] + names[:turn]) * pace.calls:
            due += slot_seconds
            time.sleep(max(due - time.monotonic(), 0.0))
            durations[name].append(_duration_ns(calls[name]))
        if number:
            for name in names:
                found[name].append(_latency(durations[name]))
    return found


def _duration_ns(call: Call) -> int:
    begun = time.perf_counter_ns()
    call()
    return time.perf_counter_ns() - begun


def _latency(durations_ns: Sequence[int]) -> Latency:
    rank = math.ceil(0.99 * len(durations_ns))
    return Latency(
        median_us=statistics.median(durations_ns) / 1000,
        p99_us=sorted(durations_ns)[rank - 1] / 1000,
    )
