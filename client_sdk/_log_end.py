"""The end of a write-ahead log that SQLite will not read, because it has changed or is cut.

SQLite reads the log up to the first byte that is not as it was written, and writes over the
rest.  What was promised and lies behind that byte is looked for here, before SQLite opens
the file, and what is whole of it comes back within the first transaction.

A process that is killed leaves a log without an end, too: in the midst of a transaction, of
which nobody was told that it is stored.  The index, which survives a kill, tells the two
apart.  Without it, as in a copy of the log, only what cannot come from a kill is a loss:
a whole commit behind a frame that is not.  A log cut at any other place then looks as if a
kill had ended it, or as if there had never been more.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

from client_sdk._damage import DamagedError
from client_sdk._disk_flush import peek
from client_sdk._log_index import INDEX_BYTES, LogIndex, read_index
from client_sdk._write_log import (
    Frame,
    all_frames,
    ended_frames,
    readable_end,
    salts_of_log,
)

__all__ = ["LogEnd", "find_log_end", "is_of_this_boot"]

_COUNT = (
    "INSERT INTO counters (name, value) VALUES ('lost_writes', 1)"
    " ON CONFLICT (name) DO UPDATE SET value = value + 1"
)


class LogEnd(NamedTuple):
    """What SQLite will not read of a log."""

    path: Path
    #: The log as it was when it was looked at.
    content: bytes
    frames: list[Frame]
    #: Whether it had been promised for certain.
    is_loss: bool

    def make_good(self, connection: sqlite3.Connection) -> str | None:
        """Restore what is whole, within the transaction under way, before it writes.

        Return what to tell of it; None if nothing is known to be lost.  The transaction
        keeps all others from writing.  If the log is still the same, nobody has written
        since it was looked at, and what comes back cannot be older than what is there.
        Otherwise somebody has opened the file before us, and has done this.
        """
        if _read(self.path) != self.content:
            return None
        from client_sdk._salvage import restore_lost

        pages = {frame.page_number: frame.image for frame in self.frames}
        events = restore_lost(pages, connection)
        if not self.is_loss:
            return None
        connection.execute(_COUNT)
        return (
            "the end of its log was damaged or cut off;"
            f" {events} events of it are back, others may be lost"
        )


def find_log_end(file: Path) -> LogEnd | None:
    """Return what SQLite will not read of a file's log; None where it reads all.

    DamagedError where it would leave out more than one transaction.  Nothing is looked for
    if the machine has booted since: then the power failed, frames that the disk had not got
    yet are missing, and what came after them is better missing too.
    """
    log, index = (file.with_name(file.name + suffix) for suffix in ("-wal", "-shm"))
    before = _peek(index)
    content = _read(log)
    if not is_of_this_boot(log if content else index):
        return None
    if content and not file.stat().st_size:
        # SQLite would take it for a new one, and remove its log.
        raise DamagedError("it is empty, and its log is not")
    end = _end(log, content, _told(before, _peek(index), content))
    # Of a log that is being written no look shows one state, but two that are the same do:
    # all that one of them sees as new the next one sees, too.
    if end is None or _read(log) != content:
        return None
    if sum(frame.is_commit for frame in end.frames) > 1:
        raise DamagedError("its log has changed on the disk")
    return end


def is_of_this_boot(path: Path) -> bool:
    """Tell whether a file was written since the machine was switched on."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        # The other one stands still while the machine sleeps.
        since_boot = time.clock_gettime(time.CLOCK_BOOTTIME)
    else:
        since_boot = time.monotonic()
    try:
        return path.stat().st_mtime > time.time() - since_boot
    except OSError:
        return False


def _told(
    before: LogIndex | None, after: LogIndex | None, log: bytes
) -> LogIndex | None:
    """Return what the index tells of this log, by a look before and one after it.

    Before a log is begun anew, or removed, the index changes: if it did not, all that had
    been committed before was in the log when that was read.
    """
    if before is None or after is None or before.salts != after.salts:
        return None
    is_same_use = salts_of_log(log) in (None, before.salts)
    return before._replace(moved=after.moved) if is_same_use else None


def _end(log: Path, content: bytes, index: LogIndex | None) -> LogEnd | None:
    frames = all_frames(content)
    readable = readable_end(frames)
    if index is None:
        lost = ended_frames(frames)[readable:]
        # Whoever wrote the last one went on after the one that is not whole.
        return LogEnd(log, content, lost, lost[-1].is_whole) if lost else None
    # If SQLite reads nothing of the log, what was moved into the file is there.
    if index.committed <= (readable or index.moved):
        return None
    return LogEnd(log, content, frames[readable : index.committed], is_loss=True)


def _peek(index: Path) -> LogIndex | None:
    try:
        return read_index(peek(index, INDEX_BYTES))
    except OSError:
        return None


def _read(log: Path) -> bytes:
    try:
        return log.read_bytes()
    except OSError:
        return b""  # none, or none that may be read: SQLite will say
