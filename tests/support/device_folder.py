"""A device's folder between two lives of its app: filled, drained, and looked into."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from client_sdk import SetAsideEvent, TutorialClient
from client_sdk._storage import FILE_NAME
from tests.support.app_config import PATIENT
from tests.support.server_process import wait_until

__all__ = ["Remains", "cache_the_tour", "drain"]


class Remains(NamedTuple):
    """What a drained device tells of itself."""

    #: Events that it sent, set aside, evicted or still has, by its own counters.
    counted: int
    set_aside: list[SetAsideEvent]
    #: The highest sequence number that the device ever gave.
    last_seq: int


def cache_the_tour(url: str, folder: Path) -> None:
    """Have the device know the demo tour."""
    with TutorialClient(url, storage_dir=folder, config=PATIENT) as client:
        session = client.tutorial("welcome-tour")
        wait_until(lambda: session.config is not None, what="the config is cached")


def drain(url: str, folder: Path, *, timeout_seconds: float = 120) -> Remains:
    """Deliver everything that waits in the folder."""
    with TutorialClient(url, storage_dir=folder, config=PATIENT) as client:
        wait_until(
            lambda: client.flush(timeout_seconds=5).remaining == 0,
            timeout_seconds=timeout_seconds,
            what="the queue is empty",
        )
        status = client.status()
        counted = status.sent + status.set_aside + status.evicted + status.queued
        return Remains(counted, client.set_aside(), last_seq(folder))


def last_seq(folder: Path) -> int:
    """Return the highest sequence number that the device ever gave."""
    query = "SELECT ifnull(max(seq), 0) FROM pings"
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        ((value,),) = connection.execute(query)
    return int(value)
