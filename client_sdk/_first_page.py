"""What the first page of a file tells, when SQLite cannot use the file."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from client_sdk._log_end import is_of_this_boot
from client_sdk._write_log import all_frames, ended_frames

__all__ = ["is_damaged_by", "was_never_filled"]

_ERROR, _READ_ONLY = 1, 8
#: How every file of SQLite begins.
_MAGIC = b"SQLite format 3\x00"
#: Up to the number of the file's pages.
_HEADER_BYTES = 32


def was_never_filled(file: Path, log: Path) -> bool:
    """Tell whether a file has, and ever had, no more than its first page.

    After a loss of power the page may hold anything: the disk had not got it yet.
    """
    with contextlib.suppress(OSError):
        if ended_frames(all_frames(log.read_bytes())):
            return False
    with contextlib.suppress(OSError), file.open("rb") as content:
        header = content.read(_HEADER_BYTES)
        if header.startswith(_MAGIC) and len(header) == _HEADER_BYTES:
            return int.from_bytes(header[28:], "big") <= 1
        # What is no header was being written when the power went: only a flush makes it
        # whole, and after one there is more than this page, or a log.
        return not is_of_this_boot(file)
    return False


def is_damaged_by(file: Path, exc: sqlite3.DatabaseError) -> bool:
    """Tell whether SQLite fails at what only damage can have made of the file.

    Its first bytes say how it may be used, and the tables' names how they are found.
    """
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
    if code == _READ_ONLY:
        with contextlib.suppress(OSError), file.open("rb") as content:
            return not {*content.read(100)[18:20]} <= {1, 2}
    return code == _ERROR
