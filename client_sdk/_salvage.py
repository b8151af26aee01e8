"""How the rows of a damaged file come back into a new one.

The worst that can happen is that a row comes back which had been sent already: the server
knows its id.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import groupby, islice
from operator import itemgetter

from client_sdk._page_images import PageImages
from client_sdk._records import Found, Shape, Value
from client_sdk._row_checks import Row
from client_sdk._salvage_tables import PINGS, TABLES, Table
from client_sdk._schema import RAISE_CLOCK

__all__ = ["restore_lost", "restore_rows"]

#: Rows written by one transaction: the app's threads must not wait long for it.
CHUNK = 200

Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]

_COUNTERS = Shape("T I")
_ADD = (
    "INSERT INTO counters (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
)
_RAISE = (
    "INSERT INTO counters (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)"
)
_ADDED = (
    "sent",
    "set_aside",
    "evicted",
    "evicted_surveys",
    "forgotten",
    "recovered",
    "lost_writes",
)
_IS_QUEUED = "SELECT 1 FROM pings WHERE event_id = ?"
_RAISED = ("last_sync_ms",)
# What has been taken from which file stands among the counters, which every version has.
_IS_NOTED = "SELECT 1 FROM counters WHERE name = ? AND value = ?"
_READ_NOTE = "SELECT ifnull(max(value), 0) FROM counters WHERE name = ?"
_NOTE = "INSERT OR REPLACE INTO counters (name, value) VALUES (?, ?)"


def restore_rows(
    sources: Iterable[PageImages], transaction: Transaction, *, name: str
) -> int:
    """Write what is whole into the present file; return how many events came back.

    ``name`` is the damaged file's.  The present one notes with the last rows that it has
    them: whatever keeps the damaged file from its new name, they do not come back a second
    time when they have been sent.  sqlite3.Error where it refuses: doing it all again does
    no harm.
    """
    sources, events = list(sources), 0
    note = (f"rows of {name}", sources[0].fingerprint)
    with transaction() as connection:
        if connection.execute(_IS_NOTED, note).fetchone():
            return 0
    for table in TABLES:
        for images in sources:
            found = _whole_rows(images, table)
            while chunk := list(islice(found, CHUNK)):
                with transaction() as connection:
                    events += _write(connection, table, chunk)
    with transaction() as connection:
        _restore_counters(sources, connection, name)
        connection.execute(RAISE_CLOCK)
        connection.execute(_NOTE, note)
    return events


def restore_lost(pages: dict[int, bytes], connection: sqlite3.Connection) -> int:
    """Write the events of pages that SQLite did not read, in the transaction under way.

    ``pages`` has them by number.  Return how many events came back.
    """
    ((page_bytes,),) = connection.execute("PRAGMA page_size")
    images = PageImages(b"", b"", page_bytes)
    images.current = images.newest = pages
    events = 0
    for table in TABLES:
        if table.is_event:
            rows = _checked(table.shape.find(images), table)
            if table is PINGS:
                rows = _later(rows, connection)
            events += _write(connection, table, list(rows))
    return events


def _later(rows: Iterator[Row], connection: sqlite3.Connection) -> Iterator[Row]:
    """Leave out the pings that the file has, or has had: numbers only grow.

    A kill between the two writes of a frame leaves an older page under the new number.
    """
    ((last,),) = connection.execute("SELECT ifnull(max(seq), 0) FROM pings").fetchall()
    for row in rows:
        is_known = connection.execute(_IS_QUEUED, (row[1],)).fetchone()
        if not is_known and (not isinstance(row[0], int) or row[0] > last):
            yield row


def _whole_rows(images: PageImages, table: Table) -> Iterator[Row]:
    """Yield the rows that are whole with their keys, each once, oldest first."""
    rows = _checked(table.shape.find(images), table)
    # What is found first is the newest.
    unique = {row[1 : 1 + table.unique]: row for row in reversed(list(rows))}
    in_order = sorted(unique.values(), key=_by_key)
    yield from _with_own_numbers(in_order) if table is PINGS else in_order


def _with_own_numbers(rows: list[Row]) -> Iterator[Row]:
    """Leave a number that two rows have to the one whose it is: the other's has changed.

    Ids grow as numbers do, but where the clock was set back.
    """
    last: bytes = b""
    for number, same in groupby(rows, key=itemgetter(0)):
        claimants = [(row, row[1]) for row in same]
        later = [
            row for row, name in claimants if isinstance(name, bytes) and name > last
        ]
        owner = later[0] if later else claimants[0][0]
        yield from (row if row is owner else (None, *row[1:]) for row, _ in claimants)
        if number is not None and isinstance(owner[1], bytes):
            last = owner[1]


def _by_key(row: Row) -> tuple[bool, int, str]:
    """Order rows as they were written; of two with one number the older is the first."""
    key, name = row[0], row[1]
    age = name.hex() if isinstance(name, bytes) else ""
    return (False, key, age) if isinstance(key, int) else (True, 0, age)


def _checked(found: Iterable[Found], table: Table) -> Iterator[Row]:
    for key, values in found:
        whole = table.check(values)
        if whole is not None:
            yield key, *whole


def _write(connection: sqlite3.Connection, table: Table, rows: list[Row]) -> int:
    """Write rows that the file has not, and return how many of them are events."""
    if table.is_collected and _is_opted_out(connection):
        return 0
    written = 0
    for row in rows:
        numbered = (_free_number(connection, row), *row[1:]) if table is PINGS else row
        written += connection.execute(table.insert, numbered).rowcount
    if not table.is_event:
        return 0
    connection.execute(_ADD, ("recovered", written))
    return written


def _free_number(connection: sqlite3.Connection, row: Row) -> Value:
    """Return a ping's own number, or None where it is gone or another one has it."""
    if not isinstance(row[0], int) or row[0] < 1:
        return None
    query = "SELECT event_id FROM pings WHERE seq = ?"
    taken = connection.execute(query, (row[0],)).fetchone()
    return row[0] if taken is None or taken[0] == row[1] else None


def _is_opted_out(connection: sqlite3.Connection) -> bool:
    ((is_opted_out,),) = connection.execute("SELECT is_opted_out FROM device")
    return bool(is_opted_out)


def _restore_counters(
    sources: list[PageImages], connection: sqlite3.Connection, name: str
) -> None:
    for counter, count in _counted(sources).items():
        if counter not in _ADDED:
            connection.execute(_RAISE, (counter, count))
            continue
        # Of a file that somebody has written to since, only what is new counts.
        note = f"{counter} of {name}"
        ((before,),) = connection.execute(_READ_NOTE, (note,))
        connection.execute(_ADD, (counter, max(0, count - before)))
        connection.execute(_RAISE, (note, count))


def _counted(sources: list[PageImages]) -> dict[str, int]:
    known: dict[str, int] = {}
    for images in sources:
        for key, (name, value) in _COUNTERS.find(images):
            # The index of the names has rows of the same shape, with the keys as values.
            if key is None or not isinstance(value, int):
                continue
            if name in (*_ADDED, *_RAISED):
                known[str(name)] = max(known.get(str(name), 0), value)
    return known
