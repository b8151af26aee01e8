"""Queued pings on their way out: read, and deleted once the server has spoken."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from client_sdk._checksums import checksum
from client_sdk._counters import count_up
from client_sdk._ping_queue import PING_COLUMNS, PingQueue, PingRow
from client_sdk._set_aside import Reason, changed_on_disk, keep_aside
from client_sdk._storage import Database

__all__ = ["PingOutbox", "Rows", "claim_pings"]

#: Pings with their ``seq``.
Rows = list[tuple[int, PingRow]]

_OLDEST = (
    f"SELECT seq, checksum, {PING_COLUMNS} FROM pings"  # noqa: S608
    " WHERE user_id = ? ORDER BY seq LIMIT ?"
)
_ALL_OF_USER = f"SELECT seq, checksum, {PING_COLUMNS} FROM pings WHERE user_id = ?"  # noqa: S608
# Of whom nobody knows here: another account that may come back, or a name that changed.
_STRAYS = (
    f"SELECT seq, checksum, {PING_COLUMNS} FROM pings"  # noqa: S608
    " WHERE user_id NOT IN (SELECT user_id FROM anonymous_users"
    " UNION SELECT ifnull(account_id, '') FROM device UNION SELECT '' UNION SELECT '-')"
)


class PingOutbox:
    """Takes pings out of their queue; used on the sync thread only.

    At most ``max_set_aside`` of those that will never be accepted are kept.
    """

    def __init__(self, queue: PingQueue, *, max_set_aside: int) -> None:
        self._queue = queue
        self._max_set_aside = max_set_aside

    def oldest(
        self, database: Database, *, user_id: str, limit: int, now_ms: int
    ) -> Rows:
        """Return the oldest pings of a user with their ``seq``.

        Rows whose checksum does not fit are set aside and never sent: a changed byte
        must not become somebody's statistics.
        """
        good: Rows = []
        damaged: Rows = []
        for found in _rows(database.execute(_OLDEST, (user_id, limit))):
            seq, _, row = found
            (good if _is_intact(found) else damaged).append((seq, row))
        if damaged:
            self.set_aside(database, damaged, changed_on_disk(now_ms))
            if not good:
                return self.oldest(
                    database, user_id=user_id, limit=limit, now_ms=now_ms
                )
        return good

    def set_aside_strays(self, database: Database, *, now_ms: int) -> None:
        """Set aside the rows whose very user has changed on the disk.

        Nobody would ever ask for them.
        """
        found = _rows(database.execute(_STRAYS))
        damaged = [(one[0], one[2]) for one in found if not _is_intact(one)]
        if damaged:
            self.set_aside(database, damaged, changed_on_disk(now_ms))

    def acknowledge(self, database: Database, rows: Rows) -> None:
        """Delete pings that the server has stored, and count them as sent."""
        with database.transaction() as connection:
            deleted = _delete(connection, rows)
            count_up(connection, "sent", deleted)
        self._queue.note_left(row for _, row in rows)

    def set_aside(self, database: Database, rows: Rows, reason: Reason) -> None:
        """Take pings that will never be accepted out of the way, with the reason."""
        with database.transaction() as connection:
            for _, row in rows:
                keep_aside(
                    connection,
                    kind="ping",
                    event_id=row.event_id,
                    user_id=row.user_id,
                    body=_readable(row),
                    reason=reason,
                    max_rows=self._max_set_aside,
                )
            _delete(connection, rows)
        self._queue.note_left(row for _, row in rows)


def claim_pings(connection: sqlite3.Connection, user_id: str, new_user_id: str) -> None:
    """Hand the pings of one user id to another, within the transaction under way."""
    found = connection.execute(_ALL_OF_USER, (user_id,)).fetchall()
    # A damaged row must stay one: it gets no checksum that fits.
    good = [row for row in _rows(found) if _is_intact(row)]
    owned = [(seq, row._replace(user_id=new_user_id)) for seq, _, row in good]
    connection.executemany(
        "UPDATE pings SET user_id = ?, checksum = ? WHERE seq = ?",
        [(new_user_id, checksum(tuple(row)), seq) for seq, row in owned],
    )


def _rows(found: Iterable[Sequence[object]]) -> list[tuple[int, int, PingRow]]:
    return [(seq, stored, PingRow(*values)) for seq, stored, *values in found]  # type: ignore[misc, arg-type]


def _is_intact(found: tuple[int, int, PingRow]) -> bool:
    _, stored, row = found
    return checksum(tuple(row)) == stored


def _delete(connection: sqlite3.Connection, rows: Rows) -> int:
    # By the id too: after a loss of power a number may have been given a second time.
    statement = "DELETE FROM pings WHERE seq = ? AND event_id = ?"
    keys = [(seq, row.event_id) for seq, row in rows]
    return connection.executemany(statement, keys).rowcount


def _readable(row: PingRow) -> dict[str, object]:
    hidden = {"event_id", "user_id"}
    return {name: _text(v) for name, v in row._asdict().items() if name not in hidden}


def _text(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value
