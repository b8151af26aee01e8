"""SQLite's index of its write-ahead log (``-shm``), read without SQLite.

It is shared memory, and a process that is killed leaves it as it was: it tells how much of
the log had been committed, whatever has become of the log.  After a loss of power it tells
nothing.  The format is section 2 of https://sqlite.org/walformat.html.
"""

from __future__ import annotations

import struct
import sys
from typing import NamedTuple

from client_sdk._write_log import add_checksum

__all__ = ["INDEX_BYTES", "LogIndex", "read_index"]

#: How much of the file is read: two headers that are alike, and how much was moved.
INDEX_BYTES = 100
_HEADER = struct.Struct("=12xB3xI12x8s2I")
_CHECKED_BYTES = _HEADER.size - 8
_WORDS = "<" if sys.byteorder == "little" else ">"


class LogIndex(NamedTuple):
    """How far the log had come."""

    #: What names the use of the log; the log has the same in its header.
    salts: bytes
    #: Frames of the log that are part of a transaction that has ended.
    committed: int
    #: The first so many of them had been moved into the file.
    moved: int


def read_index(content: bytes) -> LogIndex | None:
    """Return what the index says; None if it is being written, or is none."""
    header = content[: _HEADER.size]
    # SQLite writes the second one first: where they differ, a commit is under way.
    if len(content) < INDEX_BYTES or header != content[len(header) : 2 * len(header)]:
        return None
    is_made, committed, salts, first, second = _HEADER.unpack(header)
    if add_checksum(_WORDS, header[:_CHECKED_BYTES], (0, 0)) != (first, second):
        return None
    (moved,) = struct.unpack_from("=I", content, 2 * len(header))
    return LogIndex(salts, committed, moved) if is_made else None
