"""Damage: bytes of the file that are not what was written."""

from __future__ import annotations

import sqlite3

__all__ = ["DamagedError", "is_damage", "is_full_disk", "is_locked"]

_BUSY, _CORRUPT, _FULL, _NOT_A_DATABASE = 5, 11, 13, 26
#: The index of the log could not grow.
_NO_SHARED_MEMORY = 10 | 19 << 8


class DamagedError(sqlite3.DatabaseError):
    """The file is not as we left it, and SQLite has not noticed."""


def is_damage(exc: BaseException) -> bool:
    """Tell whether an error means that the file itself is damaged.

    A full disk, a lock, a missing right are none: the file is whole.
    """
    if isinstance(exc, DamagedError):
        return True
    code = getattr(exc, "sqlite_errorcode", 0)
    return code & 0xFF in (_CORRUPT, _NOT_A_DATABASE)


def is_full_disk(exc: BaseException) -> bool:
    """Tell whether an error means that the disk has no room left."""
    code = getattr(exc, "sqlite_errorcode", 0)
    return code & 0xFF == _FULL or code == _NO_SHARED_MEMORY


def is_locked(exc: BaseException) -> bool:
    """Tell whether an error means that another process is writing."""
    return getattr(exc, "sqlite_errorcode", 0) & 0xFF == _BUSY
