"""``ping()`` and the raw sqlite3 insert of the same durability, as calls to measure."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.latency import Call
from client_sdk import (
    ClientConfig,
    Durability,
    Request,
    Response,
    TutorialClient,
    Unreachable,
)

__all__ = ["SYNCHRONOUS", "WRITERS", "NoNetwork"]

SYNCHRONOUS = {Durability.PROCESS: "NORMAL", Durability.POWER_LOSS: "FULL"}


class NoNetwork:
    """A device without a network: what ``ping()`` is for."""

    def send(self, request: Request) -> Response:
        """Raise: nobody is there."""
        raise Unreachable("no network")

    def close(self) -> None:
        """Do nothing."""


@contextmanager
def ping(folder: Path, durability: Durability) -> Iterator[Call]:
    """Yield ``ping()`` of a client that has no network."""
    client = TutorialClient(
        "http://kazi.invalid",
        storage_dir=folder,
        transport=NoNetwork(),
        config=ClientConfig(durability=durability),
    )
    yield partial(client.ping, "welcome-tour", "dashboard", "completed", 1500)
    client.close()


@contextmanager
def raw_insert(folder: Path, durability: Durability) -> Iterator[Call]:
    """Yield an insert of what a ping says, with nothing around it."""
    connection = sqlite3.connect(folder / "raw.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS[durability]}")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS pings (id INTEGER PRIMARY KEY, event_id BLOB,"
        " tutorial_id TEXT, step_id TEXT, status TEXT, duration_ms INTEGER,"
        " occurred_ms INTEGER)"
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

    yield call
    connection.close()


#: By the name in the table.
WRITERS = {"ping()": ping, "raw insert": raw_insert}
