"""``ping()`` beside a raw sqlite3 insert of the same durability, and beside its peers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.latency import Call, Latency, Pace, back_to_back, paced
from benchmarks.queues import MEMORY, ON_SQLITE, memory_queues, of_memory_queue
from benchmarks.result import Measurement, Result, rounds_of
from benchmarks.second_writer import WRITES_PER_SECOND, second_writer
from benchmarks.sink import sink
from benchmarks.writers import SYNCHRONOUS, WRITERS
from client_sdk import Durability

ROUNDS = 5
CALLS = {Durability.PROCESS: 4000, Durability.POWER_LOSS: 400}
PACE = Pace(calls=120, rounds=5, interval_seconds=0.05)

Opening = Callable[[Path], AbstractContextManager[Call]]
Found = Mapping[str, list[Latency]]


class Setting(NamedTuple):
    """In what circumstances the calls were made, as a row of the table says it."""

    durability: Durability
    pace: str
    is_beside: bool

    def __str__(self) -> str:
        """Return the words."""
        beside = f", beside {WRITES_PER_SECOND} writes/s" if self.is_beside else ""
        return f"{SYNCHRONOUS[self.durability]}, {self.pace}{beside}"


def measure() -> list[Result]:
    """Return a median and a 99th percentile for each setting."""
    results: list[Result] = []
    with sink() as url:
        for is_beside in (False, True):
            for durability in Durability:
                setting = Setting(durability, "back to back", is_beside)
                results += _results(setting, in_a_loop(setting, url))
            for durability, found in on_a_schedule(is_beside, url).items():
                setting = Setting(durability, "every 50 ms", is_beside)
                results += _results(setting, found)
    return results


def in_a_loop(setting: Setting, url: str) -> Found:
    """Measure back to back, every round with new files."""
    count = CALLS[setting.durability]
    cases: dict[str, Callable[[], Latency]] = {
        name: partial(_loop, setting, name) for name in WRITERS
    }
    if not setting.is_beside:
        peer, put = ON_SQLITE[setting.durability]
        cases[peer] = partial(_peer_loop, put, count)
        if setting.durability is Durability.PROCESS:
            for name in MEMORY:
                cases[name] = partial(of_memory_queue, name, url, count)
    return rounds_of(cases, rounds=ROUNDS)


def on_a_schedule(is_beside: bool, url: str) -> Mapping[Durability, Found]:
    """Measure paced, all on one schedule; the peers only without second writers."""
    with ExitStack() as stack:
        calls: dict[tuple[Durability, str], Call] = {}
        memory: Found = {}
        for durability, (peer, put) in ON_SQLITE.items():
            for name in WRITERS:
                opened = _opened(Setting(durability, "", is_beside), name)
                calls[durability, name] = stack.enter_context(opened)
            if not is_beside:
                calls[durability, peer] = stack.enter_context(_peer_opened(put))
        if not is_beside:
            memory = stack.enter_context(memory_queues(url, PACE))
        found = paced(calls, PACE)
    by_durability: dict[Durability, dict[str, list[Latency]]] = {
        Durability.PROCESS: dict(memory),
        Durability.POWER_LOSS: {},
    }
    for (durability, name), latencies in found.items():
        by_durability[durability][name] = latencies
    return by_durability


def _loop(setting: Setting, name: str) -> Latency:
    with _opened(setting, name) as call:
        return back_to_back(call, count=CALLS[setting.durability])


def _peer_loop(put: Opening, count: int) -> Latency:
    with _peer_opened(put) as call:
        return back_to_back(call, count=count)


@contextmanager
def _opened(setting: Setting, name: str) -> Iterator[Call]:
    """Yield a call that writes to a new file, beside a second writer if so set."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        call = stack.enter_context(WRITERS[name](folder, setting.durability))
        if setting.is_beside:
            stack.enter_context(second_writer(name, folder, setting.durability))
        yield call


@contextmanager
def _peer_opened(put: Opening) -> Iterator[Call]:
    with tempfile.TemporaryDirectory() as folder, put(Path(folder)) as call:
        yield call


def _results(setting: Setting, found: Found) -> list[Result]:
    """Return two rows; the 99th percentile is bound where a second writer writes."""
    median = {name: [each.median_us for each in found[name]] for name in found}
    p99 = {name: [each.p99_us for each in found[name]] for name in found}
    return [
        _result(f"ping() median, {setting}", median, bound=1.5),
        _result(f"ping() p99, {setting}", p99, bound=5 if setting.is_beside else None),
    ]


def _result(
    what: str, rounds: Mapping[str, Sequence[float]], *, bound: float | None
) -> Result:
    found = {name: Measurement(name=name, rounds=rounds[name]) for name in rounds}
    ours, limit = (found.pop(name) for name in WRITERS)
    return Result(
        what=what,
        unit="µs",
        ours=ours,
        limit=limit,
        peers=list(found.values()),
        bound=bound,
    )
