"""Counters of the device's file: what was sent, set aside, evicted, since it was made."""

from __future__ import annotations

import sqlite3

from client_sdk._storage import Database

__all__ = ["count_up", "read_counters", "set_counter"]

_COUNT_UP = (
    "INSERT INTO counters (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
)
_SET = (
    "INSERT INTO counters (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


def count_up(connection: sqlite3.Connection, name: str, by: int) -> None:
    """Add to a counter, within the transaction under way."""
    if by:
        connection.execute(_COUNT_UP, (name, by))


def set_counter(database: Database, name: str, value: int) -> None:
    """Set a counter, as a transaction of its own."""
    database.execute(_SET, (name, value))


def read_counters(database: Database) -> dict[str, int]:
    """Return the counters by name; one that never counted is not there."""
    return dict(database.execute("SELECT name, value FROM counters"))
