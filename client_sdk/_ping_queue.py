"""The durable queue of step pings: enqueue, read, acknowledge, set aside, evict."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Iterable, Iterator

from client_sdk._checksums import checksum
from client_sdk._counters import count_up
from client_sdk._damage import is_full_disk
from client_sdk._storage import Database
from client_sdk.contracts.named_tuple import NamedTuple

__all__ = ["PING_COLUMNS", "PingQueue", "PingRow", "PingValues"]

logger = logging.getLogger(__name__)

#: What a ping's row takes beside its two names, in bytes, roughly: ids, numbers, overhead.
ROW_BYTES = 160
#: Pings held in memory while the file takes none; beyond it they are dropped and counted.
MAX_HELD = 1_000


class PingRow(NamedTuple):
    """One ping as the file holds it; the file adds ``seq`` and a checksum.

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
    #: The arm that the device took by itself, as the wire's JSON.
    assignment: str | None = None


#: The table's columns that a row fills.
PING_COLUMNS = ", ".join(PingRow._fields)
# SQLite draws the number under its write lock: two processes cannot have the same.
_INSERT = (
    f"INSERT INTO pings ({PING_COLUMNS}, checksum)"  # noqa: S608
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
# The floor that keeps the last number (_schema.py) is no ping.
_MEASURE = (
    "SELECT count(*) - count(floor), count(floor), ifnull(sum(size), 0) FROM"
    " (SELECT nullif(user_id <> '-', 1) AS floor,"
    " ? + length(tutorial_id) + length(step_id) AS size FROM pings)"
)
_EVICT = (
    "DELETE FROM pings WHERE seq IN"
    " (SELECT seq FROM pings WHERE user_id <> '-' ORDER BY seq LIMIT ?)"
)
_LOWER_FLOOR = (
    "DELETE FROM pings WHERE user_id = '-' AND seq < (SELECT max(seq) FROM pings)"
)

#: The fields of a PingRow, in their order; making a plain tuple is cheaper.
PingValues = tuple[
    bytes,
    str,
    str,
    str,
    str,
    int,
    int,
    str | None,
    str | None,
    bytes | None,
    int | None,
    str | None,
]


class PingQueue:
    """Pings of one device, oldest first, bounded, each with a checksum.

    When a bound is reached the oldest pings go: what a user did last says more about
    where the tutorial is now, and the loss is counted in ``evicted``.
    """

    def __init__(self, *, max_rows: int, max_bytes: int) -> None:
        self._max_rows, self._max_bytes = max_rows, max_bytes
        self._held: deque[PingValues] = deque()
        # One that a signal's handler may take again while its thread has it.
        self._held_lock = threading.RLock()
        self._is_saving = False
        #: How many pings and bytes wait, as far as this process knows: counting rows
        #: takes longer than storing one.  Another process's are seen at the next count.
        self.waiting: int = 0
        self.waiting_bytes: int = 0
        #: Whether a bound is passed, as far as this process knows.
        self.is_full: bool = False
        self._is_loss_told = False
        #: Whether the disk was full when the file refused a ping last: what becomes free
        #: is the log's first, which only the sync thread can move, and then the pings'.
        self.waits_for_space: bool = False
        #: Pings that neither the file nor memory could take.
        self.dropped: int = 0

    @property
    def held(self) -> int:
        """How many pings wait in memory until the file takes them."""
        return len(self._held)

    def enqueue(self, connection: sqlite3.Connection, row: PingRow) -> None:
        """Store one ping within the transaction under way."""
        values = tuple(row)
        connection.execute(_INSERT, (*values, checksum(values)))
        self._note(row)

    def enqueue_alone(self, database: Database, row: PingValues) -> None:
        """Store one ping as a transaction of its own; the caller holds the lock.

        sqlite3.Error where the file refuses: the ping is held in memory then, and stored
        before any later one.  Only the first of them waits for another process's write.
        """
        connection = database.connection
        if self._held or connection.in_transaction:
            self._hold(row)
            # One of a signal's handler must not share the fate of what it interrupts.
            if not (self.waits_for_space or connection.in_transaction):
                with database.without_waiting():
                    self.save_held(database)
            return
        try:
            connection.execute(_INSERT, (*row, checksum(row)))
        except sqlite3.Error as exc:
            self._hold(row)
            self.waits_for_space = is_full_disk(exc)
            raise
        self._note(row)

    def save_held(self, database: Database) -> None:
        """Store what is held in memory; sqlite3.Error where the file still refuses."""
        if not self._held:
            return
        with database.lock, contextlib.ExitStack() as stored:
            with database.transaction() as connection:
                # The host's threads and the sync thread both try: only one may store a
                # ping.  Taken no earlier, for the file may have to be waited for, and no
                # ping must wait with it.
                stored.enter_context(self._held_lock)
                if self._is_saving:
                    return  # a signal's handler, in the midst of the same
                stored.enter_context(self._saving())
                rows = list(self._held)
                connection.executemany(_INSERT, [(*r, checksum(r)) for r in rows])
            for row in rows:
                if self._held and self._held[0] is row:
                    self._held.popleft()
                self._note(row)
            self.waits_for_space = False

    @contextlib.contextmanager
    def _saving(self) -> Iterator[None]:
        self._is_saving = True
        try:
            yield
        finally:
            self._is_saving = False

    def forget_held(self) -> None:
        """Drop what is held in memory: nobody wants it collected any more."""
        with self._held_lock:
            self._held.clear()

    def reassign_held(self, user_id: str, new_user_id: str | None) -> None:
        """Hand what is held of a user to another; to nobody, and it is dropped."""
        with self._held_lock:
            held = [
                row if row[1] != user_id else (row[0], new_user_id, *row[2:])
                for row in list(self._held)
            ]
            # In place: what a signal's handler adds meanwhile stays.
            with contextlib.suppress(IndexError):
                for _ in held:
                    self._held.popleft()
            kept = (row for row in reversed(held) if row[1] is not None)
            self._held.extendleft(kept)  # type: ignore[arg-type]

    def unlock_after_fork(self) -> None:
        """Take a new lock in a child process; what is held is the parent's to store."""
        self._held_lock = threading.RLock()
        self._is_saving = False
        self._held.clear()

    def _hold(self, row: PingValues) -> None:
        with self._held_lock:
            if len(self._held) == MAX_HELD:
                self._held.popleft()
                self.dropped += 1
            self._held.append(row)

    def _note(self, row: PingValues) -> None:
        self.waiting += 1
        self.waiting_bytes += ROW_BYTES + len(row[2]) + len(row[3])
        if self.waiting > self._max_rows or self.waiting_bytes > self._max_bytes:
            self.is_full = True

    def evict_surplus(self, database: Database) -> None:
        """Drop the oldest pings beyond the bounds, and count them as evicted."""
        self.count(database)
        if not self.is_full:
            return
        each = self.waiting_bytes / self.waiting
        kept = min(self._max_rows, int(self._max_bytes / each))
        # One in a hundred more, so that a full queue is not counted at every ping.
        surplus = self.waiting - kept + kept // 100
        with database.transaction() as connection:
            evicted = connection.execute(_EVICT, (surplus,)).rowcount
            count_up(connection, "evicted", evicted)
        self.count(database)
        # Said once: a device that is offline for weeks must not fill up with our log.
        level = logging.DEBUG if self._is_loss_told else logging.WARNING
        self._is_loss_told = True
        logger.log(
            level, "the queue is full: the %d oldest pings were evicted", evicted
        )

    def count(self, database: Database) -> int:
        """Return how many pings wait in the file, of every user."""
        ((rows, floors, size),) = database.execute(_MEASURE, (ROW_BYTES,))
        self.waiting, self.waiting_bytes = int(rows), int(size) - floors * ROW_BYTES
        is_within = rows <= self._max_rows and self.waiting_bytes <= self._max_bytes
        self.is_full = not is_within
        if floors > 1 or (floors and rows):
            # Cleared here, where the table has been read anyway.
            database.execute(_LOWER_FLOOR)
        return self.waiting

    def note_left(self, rows: Iterable[PingRow]) -> None:
        """Follow that pings have left the file."""
        for row in rows:
            self.waiting -= 1
            self.waiting_bytes -= ROW_BYTES + len(row.tutorial_id) + len(row.step_id)
