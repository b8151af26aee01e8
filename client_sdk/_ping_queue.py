"""The durable queue of step pings: enqueue, read, acknowledge, set aside, evict."""

from __future__ import annotations

import json
import logging
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from client_sdk._storage import Database

__all__ = ["PingQueue", "PingRow", "checksum", "count_up"]

logger = logging.getLogger(__name__)


class PingRow(NamedTuple):
    """One ping as the file holds it, in the table's order; the file adds ``seq``.

    A tuple, because making one takes a quarter of the time of a frozen dataclass.
    """

    event_id: bytes
    user_id: str
    tutorial_id: str
    step_id: str
    status: str
    duration_ms: int
    occurred_ms: int
    variant: str | None
    persona: str | None
    run_id: bytes | None
    tutorial_version: int | None


_COLUMNS = (
    "event_id, user_id, tutorial_id, step_id, status, duration_ms, occurred_ms,"
    " variant, persona, run_id, tutorial_version"
)
# Evaluated under the write lock: two processes cannot draw the same number.
_NEXT_SEQ = (
    "max(ifnull((SELECT max(seq) FROM pings), 0),"
    " (SELECT value FROM counters WHERE name = 'last_seq')) + 1"
)
_INSERT = (
    f"INSERT INTO pings (seq, {_COLUMNS}, checksum)"  # noqa: S608
    f" VALUES ({_NEXT_SEQ}, ?,?,?,?,?,?,?,?,?,?,?,?)"
)
_OLDEST = f"SELECT seq, checksum, {_COLUMNS} FROM pings WHERE user_id = ? ORDER BY seq LIMIT ?"  # noqa: S608
_ALL_OF_USER = f"SELECT seq, {_COLUMNS} FROM pings WHERE user_id = ?"  # noqa: S608
_EVICT = "DELETE FROM pings WHERE seq IN (SELECT seq FROM pings ORDER BY seq LIMIT ?)"
_COUNT_UP = (
    "INSERT INTO counters (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
)
_SET_ASIDE = (
    "INSERT INTO set_aside (kind, event_id, user_id, body, code, detail, set_aside_ms)"
    " VALUES ('ping', ?, ?, ?, ?, ?, ?)"
)


def checksum(row: tuple[object, ...]) -> int:
    """Return the CRC-32 of a row's values.

    SQLite keeps none: a byte that flips on the disk is otherwise read as if written.
    """
    return zlib.crc32(repr(tuple(row)).encode())


def count_up(connection: sqlite3.Connection, name: str, by: int) -> None:
    """Add to a counter of the file, within the transaction under way."""
    if by:
        connection.execute(_COUNT_UP, (name, by))


class PingQueue:
    """Pings of one device, oldest first, bounded, each with a checksum.

    When the bound is reached the oldest ping goes: what a user did last says more about
    where the tutorial is now, and the loss is counted in ``evicted``.
    """

    def __init__(self, *, max_rows: int) -> None:
        self._max_rows = max_rows
        #: How many pings wait, as far as this process knows: counting rows takes longer
        #: than storing one.  Another process's are seen at the next ``count``.
        self.waiting = 0

    def enqueue(self, connection: sqlite3.Connection, row: PingRow) -> None:
        """Store one ping within the transaction under way."""
        connection.execute(_INSERT, (*row, checksum(row)))

    def enqueue_alone(self, database: Database, row: PingRow) -> None:
        """Store one ping as a transaction of its own."""
        database.execute(_INSERT, (*row, checksum(row)))

    def evict_surplus(self, database: Database) -> None:
        """Drop the oldest pings beyond the bound, and count them as evicted."""
        surplus = self.count(database) - self._max_rows
        if surplus <= 0:
            return
        # One in a hundred more, so that a full queue is not counted at every ping.
        room = self._max_rows // 100
        with database.transaction() as connection:
            evicted = connection.execute(_EVICT, (surplus + room,)).rowcount
            count_up(connection, "evicted", evicted)
        self.waiting -= evicted
        logger.warning("the queue is full: the %d oldest pings were evicted", evicted)

    def note_enqueued(self, database: Database, events: int) -> None:
        """Count what was stored, and keep the bound."""
        self.waiting += events
        if self.waiting > self._max_rows:
            self.evict_surplus(database)

    @staticmethod
    def claim(connection: sqlite3.Connection, user_id: str, new_user_id: str) -> None:
        """Hand the pings of one user id to another, within the transaction under way."""
        found = connection.execute(_ALL_OF_USER, (user_id,)).fetchall()
        rows = [
            (seq, PingRow(*values)._replace(user_id=new_user_id))
            for seq, *values in found
        ]
        connection.executemany(
            "UPDATE pings SET user_id = ?, checksum = ? WHERE seq = ?",
            [(new_user_id, checksum(row), seq) for seq, row in rows],
        )

    def count(self, database: Database) -> int:
        """Return how many pings wait, of every user."""
        ((count,),) = database.execute("SELECT count(*) FROM pings")
        self.waiting = int(count)
        return self.waiting

    def oldest(
        self, database: Database, *, user_id: str, limit: int, now_ms: int
    ) -> list[tuple[int, PingRow]]:
        """Return the oldest pings of a user with their ``seq``.

        Rows whose checksum does not fit are set aside and never sent: a changed byte
        must not become somebody's statistics.
        """
        found = database.execute(_OLDEST, (user_id, limit))
        rows = [(seq, stored, PingRow(*values)) for seq, stored, *values in found]
        good = [(seq, row) for seq, stored, row in rows if _is_intact(row, stored)]
        damaged = {seq: row for seq, stored, row in rows if not _is_intact(row, stored)}
        if damaged:
            detail = "the row changed on the disk after it was written"
            self.set_aside(database, damaged, "damaged", detail, now_ms)
            if not good:
                return self.oldest(
                    database, user_id=user_id, limit=limit, now_ms=now_ms
                )
        return good

    def acknowledge(self, database: Database, sequences: Sequence[int]) -> None:
        """Delete pings that the server has stored, and count them as sent."""
        with database.transaction() as connection:
            deleted = _delete(connection, sequences)
            count_up(connection, "sent", deleted)
        self.waiting -= deleted

    def set_aside(
        self,
        database: Database,
        rows: dict[int, PingRow],
        code: str,
        detail: str,
        now_ms: int,
    ) -> None:
        """Take pings that will never be accepted out of the way, with the reason."""
        with database.transaction() as connection:
            for row in rows.values():
                body = json.dumps(_readable(row))
                values = (row.event_id, row.user_id, body, code, detail, now_ms)
                connection.execute(_SET_ASIDE, values)
            deleted = _delete(connection, list(rows))
            count_up(connection, "set_aside", deleted)
        self.waiting -= deleted
        logger.warning("%d ping(s) set aside as %s: %s", len(rows), code, detail)


def _is_intact(row: PingRow, stored: int) -> bool:
    return checksum(row) == stored


def _delete(connection: sqlite3.Connection, sequences: Iterable[int]) -> int:
    statement = "DELETE FROM pings WHERE seq = ?"
    return connection.executemany(statement, [(seq,) for seq in sequences]).rowcount


def _readable(row: PingRow) -> dict[str, object]:
    hidden = {"event_id", "user_id"}
    return {name: _text(v) for name, v in row._asdict().items() if name not in hidden}


def _text(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value
