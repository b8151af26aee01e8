"""Waiting for the disk, without letting go of SQLite's locks."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

__all__ = ["FlushableFile", "flush", "flush_folder"]

_Key = tuple[int, int]


class FlushableFile:
    """A file that is open in SQLite, and can be flushed beside it.

    POSIX drops all locks of a process on a file as soon as the process closes any
    descriptor of it: another process would then take itself for the last one, and throw
    the log away.  So the descriptor stays open for as long as anybody here has the file.
    """

    def __init__(self, path: Path) -> None:
        status = path.stat()
        self._path = path
        self._key: _Key = (status.st_dev, status.st_ino)
        with _lock:
            _holders[self._key] = _holders.get(self._key, 0) + 1

    @property
    def inode(self) -> int:
        """What names the file, whatever lies at its path by now."""
        return self._key[1]

    def flush(self) -> None:
        """Wait until the disk has the file; OSError if it cannot."""
        with _lock:
            descriptor = _descriptors.get(self._key)
            if descriptor is None:
                descriptor = os.open(self._path, os.O_RDWR)
                _descriptors[self._key] = descriptor
        _flush(descriptor)

    def release(self) -> None:
        """Let go of the file, after SQLite has."""
        with _lock:
            _holders[self._key] -= 1
            if not _holders[self._key]:
                del _holders[self._key]
                descriptor = _descriptors.pop(self._key, None)
                if descriptor is not None:
                    os.close(descriptor)


def flush(path: Path) -> None:
    """Wait until the disk has a file on which nobody holds a lock; OSError if it cannot."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        _flush(descriptor)
    finally:
        os.close(descriptor)


def flush_folder(path: Path) -> None:
    """Wait until the disk has the names in a folder; OSError where that cannot be asked.

    Windows knows no such thing, and needs none.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush(descriptor: int) -> None:
    if sys.platform in ("darwin", "ios"):
        import fcntl

        # A plain flush leaves it in the drive's memory there.
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


_lock = threading.Lock()
#: How many in this process have a file open.
_holders: dict[_Key, int] = {}
_descriptors: dict[_Key, int] = {}
