"""``ping()`` beside a raw sqlite3 insert of the same durability, and beside its peers."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

import litequeue
import persistqueue

from benchmarks.result import Result, interleave
from client_sdk import (
    ClientConfig,
    Durability,
    Request,
    Response,
    TutorialClient,
    Unreachable,
)

ROUNDS = 7
CALLS = {Durability.PROCESS: 4000, Durability.POWER_LOSS: 400}
SYNCHRONOUS = {Durability.PROCESS: "NORMAL", Durability.POWER_LOSS: "FULL"}


class NoNetwork:
    """A device without a network: what ``ping()`` is for."""

    def send(self, request: Request) -> Response:
        """Raise: nobody is there."""
        raise Unreachable("no network")

    def close(self) -> None:
        """Do nothing."""


def median_us(call: Callable[[], object], count: int) -> float:
    """Return the median duration of a call in microseconds, after a warm-up."""
    for _ in range(count // 10):
        call()
    durations = []
    for _ in range(count):
        begun = time.perf_counter_ns()
        call()
        durations.append(time.perf_counter_ns() - begun)
    return statistics.median(durations) / 1000


def raw_insert(durability: Durability) -> float:
    """Measure an insert of what a ping says, with nothing around it."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "raw.sqlite3", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS[durability]}")
        connection.execute(
            "CREATE TABLE pings (id INTEGER PRIMARY KEY, event_id BLOB, tutorial_id TEXT,"
            " step_id TEXT, status TEXT, duration_ms INTEGER, occurred_ms INTEGER)"
        )
        insert = (
            "INSERT INTO pings (event_id, tutorial_id, step_id, status, duration_ms,"
            " occurred_ms) VALUES (?, ?, ?, ?, ?, ?)"
        )

        def call() -> None:
            event_id = uuid.uuid4().bytes
            now_ms = time.time_ns() // 1_000_000
            row = (event_id, "welcome-tour", "dashboard", "completed", 1500, now_ms)
            connection.execute(insert, row)

        found = median_us(call, CALLS[durability])
        connection.close()
        return found


def ours(durability: Durability) -> float:
    """Measure ``ping()`` on a device that has no network."""
    with tempfile.TemporaryDirectory() as folder:
        client = TutorialClient(
            "http://kazi.invalid",
            storage_dir=folder,
            transport=NoNetwork(),
            config=ClientConfig(durability=durability),
        )
        ping = partial(client.ping, "welcome-tour", "dashboard", "completed", 1500)
        found = median_us(ping, CALLS[durability])
        client.close()
        return found


def of_litequeue() -> float:
    """Measure litequeue, a queue on SQLite in WAL mode, synchronous NORMAL."""
    with tempfile.TemporaryDirectory() as folder:
        queue = litequeue.LiteQueue(str(Path(folder) / "queue.sqlite3"))
        body = '{"tutorialId":"welcome-tour","stepId":"dashboard","status":"completed","t":1500}'
        found = median_us(partial(queue.put, body), CALLS[Durability.PROCESS])
        queue.conn.close()
        return found


def of_persist_queue() -> float:
    """Measure persist-queue's SQLite queue, which waits for the disk."""
    with tempfile.TemporaryDirectory() as folder:
        queue = persistqueue.SQLiteAckQueue(folder, auto_commit=True)
        body = {"tutorialId": "welcome-tour", "stepId": "dashboard", "t": 1500}
        found = median_us(partial(queue.put, body), CALLS[Durability.POWER_LOSS])
        queue.close()
        return found


def measure() -> list[Result]:
    """Return one result for each durability."""
    peers = {
        Durability.PROCESS: ("litequeue", of_litequeue),
        Durability.POWER_LOSS: ("persist-queue", of_persist_queue),
    }
    results = []
    for durability, (peer, of_peer) in peers.items():
        found = interleave(
            {
                "ping()": partial(ours, durability),
                "raw insert": partial(raw_insert, durability),
                peer: of_peer,
            },
            rounds=ROUNDS,
        )
        results.append(
            Result(
                what=f"ping(), durability {durability} ({SYNCHRONOUS[durability]})",
                unit="µs",
                ours=found["ping()"],
                limit=found["raw insert"],
                peers=[found[peer]],
                bound=2.0,
            )
        )
    return results
