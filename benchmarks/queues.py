"""The peers of ``ping()``: queues on SQLite, and queues in memory, which a kill empties."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import litequeue
import persistqueue

from benchmarks.latency import Call, Latency, Pace
from benchmarks.peer_venv import peer_venv
from benchmarks.sink import received
from client_sdk import Durability

__all__ = ["MEMORY", "ON_SQLITE", "memory_queues", "of_memory_queue"]

ROOT = Path(__file__).parents[1]
#: By the name in the table: who loses events must not look fast without a word.
MEMORY = {
    "posthog capture (memory: lost at a kill)": "posthog",
    "segment track (memory: lost at a kill)": "segment",
    "snowplow track (memory: lost at a kill)": "snowplow",
}


@contextmanager
def litequeue_put(folder: Path) -> Iterator[Call]:
    """Yield ``put`` of litequeue, a queue on SQLite in WAL mode, synchronous NORMAL."""
    queue = litequeue.LiteQueue(str(folder / "queue.sqlite3"))
    body = '{"tutorialId":"welcome-tour","stepId":"dashboard","status":"completed","t":1500}'
    yield partial(queue.put, body)
    queue.conn.close()


@contextmanager
def persist_queue_put(folder: Path) -> Iterator[Call]:
    """Yield ``put`` of persist-queue's SQLite queue, which waits for the disk."""
    queue = persistqueue.SQLiteAckQueue(str(folder), auto_commit=True)
    body = {"tutorialId": "welcome-tour", "stepId": "dashboard", "t": 1500}
    yield partial(queue.put, body)
    queue.close()


#: The peer of each durability, by its name in the table.
ON_SQLITE = {
    Durability.PROCESS: ("litequeue", litequeue_put),
    Durability.POWER_LOSS: ("persist-queue", persist_queue_put),
}


@contextmanager
def memory_queues(url: str, pace: Pace) -> Iterator[dict[str, list[Latency]]]:
    """Run all of :data:`MEMORY` at once beside the block, paced, in processes of their own.

    The dictionary is filled when the block has ended.
    """
    before = received(url)
    found: dict[str, list[Latency]] = {}
    started = {name: _start(name, url, pace) for name in MEMORY}
    yield found
    for name, process in started.items():
        found[name] = _latencies(process)
    _require(received(url) - before, len(MEMORY) * pace.calls * pace.rounds)


def of_memory_queue(name: str, url: str, count: int) -> Latency:
    """Measure back to back; RuntimeError unless every event has reached the sink."""
    before = received(url)
    (found,) = _latencies(_start(name, url, Pace(count, rounds=1, interval_seconds=0)))
    _require(received(url) - before, count)
    return found


def _start(name: str, url: str, pace: Pace) -> subprocess.Popen[str]:
    # Their packages are pinned apart: segment needs an older python-dateutil than ours.
    python = peer_venv("queues") / "bin/python"
    arguments = [MEMORY[name], url, *(str(part) for part in pace)]
    return subprocess.Popen(
        [python, "-m", "benchmarks.memory_queues", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _latencies(process: subprocess.Popen[str]) -> list[Latency]:
    output, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(errors[-2000:])
    return [Latency(*pair) for pair in json.loads(output)]


def _require(arrived: int, sent: int) -> None:
    if arrived < sent:
        raise RuntimeError(f"{arrived} of {sent} events have reached the sink")
