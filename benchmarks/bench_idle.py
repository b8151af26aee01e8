"""An idle client: what wakes its thread, and whether it grows in a day."""

from __future__ import annotations

import gc
import re
import tempfile
import threading
import time
import tracemalloc
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.result import Measurement, Result
from benchmarks.tours import TOUR
from client_sdk import ClientConfig, ClientEvent, EventKind, TutorialClient
from client_sdk.contracts import routes
from client_sdk.testing import FakeClock, FakeServer

#: How long the thread is looked at between two syncs, in real seconds.
IDLE_SECONDS = 60.0
#: The timer's: one each 15 minutes.
SYNCS_PER_HOUR = 4
#: Bounded stores of the interpreter (cursors, free lists) fill up within 200 syncs, by
#: 20 KiB, and stay as they are for the next thousand.
WARM_UP_SYNCS = 72 * SYNCS_PER_HOUR
#: Python's sqlite3 lets go of its old cursors at each 200th: the least of so many syncs
#: is compared, 24 hours apart.
WINDOW_SYNCS = 8 * SYNCS_PER_HOUR
DAY_SYNCS = 24 * SYNCS_PER_HOUR
#: What a day may add without being called growth, in KiB: a few values of the
#: interpreter's own caches, and for the process a few pages of its allocators.
NOISE_KIB = {"Python objects": 2.0, "the process": 256.0}


def measure() -> list[Result]:
    """Return the wake-ups beyond the timer's, and the growth over a simulated day."""
    found = Day().run()
    return [wake_ups(), *(_growth(what, kib) for what, kib in found.items())]


def wake_ups() -> Result:
    """Count in real time how often the sync thread runs while nothing is due.

    A thread that ran and sleeps again has made a voluntary context switch: the kernel
    counts these, whatever woke the thread.
    """
    with _client(FakeServer(TOUR), None, sync_interval_seconds=900.0) as client:
        if client.flush().error:
            raise RuntimeError("the client is not in sync")
        time.sleep(1.0)
        before = _switches()
        time.sleep(IDLE_SECONDS)
        woken = _switches() - before
    return Result(
        what=f"wake-ups of an idle client beyond the timer's, in {IDLE_SECONDS:g} s",
        unit="/h",
        ours=Measurement(name="idle", rounds=[woken * 3600 / IDLE_SECONDS]),
        limit=Measurement(name="the timer", rounds=[SYNCS_PER_HOUR]),
        bound=0,
    )


class Day:
    """A client whose clock moves on by 15 minutes with every sync.

    The thread sleeps for milliseconds in truth; what it does when it wakes, it does as
    often as in a day, with content that is stale each time.
    """

    def __init__(self) -> None:
        self._clock = FakeClock()
        self._server = FakeServer(TOUR)
        self._is_over = threading.Event()
        self._process = psutil.Process()
        # Written in place: a list would grow beside what is measured.
        syncs = WARM_UP_SYNCS + DAY_SYNCS + WINDOW_SYNCS
        self._traced = array("q", [0]) * syncs
        self._resident = array("q", [0]) * syncs
        self._number = 0
        #: A sync asks for the stale content and the user's progress once, and nothing else.
        self._fault = ""

    def run(self) -> dict[str, float]:
        """Return by how many KiB Python's objects and the process have grown."""
        tracemalloc.start()
        with _client(self._server, self._clock, sync_interval_seconds=0.01) as client:
            client.subscribe(self._follow)
            if not self._is_over.wait(60) or self._fault:
                raise RuntimeError(f"{self._fault} after {self._number} syncs")
        tracemalloc.stop()
        return dict(
            zip(NOISE_KIB, map(_grown, (self._traced, self._resident)), strict=True)
        )

    def _follow(self, event: ClientEvent) -> None:
        if event.kind is not EventKind.SYNCED or self._is_over.is_set():
            return
        asked = sorted(one.path for one in self._server.requests)
        # The first ones may come before the tutorial is asked for.
        if self._number > 1 and asked != [routes.CONFIG, routes.PROGRESS]:
            self._fault = f"asked for {', '.join(asked)} in one sync"
            self._is_over.set()
        # The fake server remembers what it was asked, which is no growth of ours.
        self._server.requests.clear()
        self._clock.advance(3600 / SYNCS_PER_HOUR + 1)
        gc.collect()
        self._traced[self._number], _ = tracemalloc.get_traced_memory()
        self._resident[self._number] = self._process.memory_info().rss
        self._number += 1
        if self._number == len(self._traced):
            self._is_over.set()


@contextmanager
def _client(
    server: FakeServer, clock: FakeClock | None, *, sync_interval_seconds: float
) -> Iterator[TutorialClient]:
    config = ClientConfig(
        startup_delay_seconds=0.01, sync_interval_seconds=sync_interval_seconds
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        TutorialClient(
            "http://kazi.invalid",
            storage_dir=folder,
            transport=server,
            clock=clock,
            config=config,
        ) as client,
    ):
        client.tutorial(TOUR.tutorial_id)
        yield client


def _switches() -> int:
    """Return the voluntary context switches of the sync thread so far."""
    (thread,) = (
        one for one in threading.enumerate() if one.name == "kazi-tutorial-sync"
    )
    text = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
    found = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.MULTILINE)
    if found is None:
        raise RuntimeError("the kernel does not count context switches")
    return int(found[1])


def _grown(sizes: array[int]) -> float:
    """Return the growth in KiB between two windows that begin a day apart."""
    first = sizes[WARM_UP_SYNCS : WARM_UP_SYNCS + WINDOW_SYNCS]
    return (min(sizes[-WINDOW_SYNCS:]) - min(first)) / 1024


def _growth(what: str, kib: float) -> Result:
    return Result(
        what=f"growth of {what} in 24 simulated hours, {DAY_SYNCS} syncs",
        unit=" KiB",
        ours=Measurement(name="idle", rounds=[kib]),
        limit=Measurement(name="noise", rounds=[NOISE_KIB[what]]),
        bound=1,
    )
