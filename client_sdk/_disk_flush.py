"""Waiting for the disk, without letting go of SQLite's locks."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

__all__ = ["FlushableFile", "flush", "flush_folder", "opening", "peek"]

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
        _hold(self._key)

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
        _let_go(self._key)


@contextlib.contextmanager
def opening() -> Iterator[None]:
    """Close no descriptor while SQLite opens a file, until that is a FlushableFile."""
    _hold(_OPENING)
    try:
        yield
    finally:
        _let_go(_OPENING)


def peek(path: Path, size: int) -> bytes:
    """Read the beginning of a file on which SQLite may hold locks, while ``opening`` one.

    OSError if it cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        return os.read(descriptor, size)
    finally:
        if os.name == "nt":
            # There a lock is a handle's own, and a file that is open cannot be removed.
            os.close(descriptor)
        else:
            with _lock:
                _kept.append(descriptor)


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


def _hold(key: _Key) -> None:
    with _lock:
        _holders[key] = _holders.get(key, 0) + 1


def _let_go(key: _Key) -> None:
    with _lock:
        _holders[key] -= 1
        if not _holders[key]:
            del _holders[key]
        if _OPENING not in _holders:
            for idle in _descriptors.keys() - _holders.keys():
                os.close(_descriptors.pop(idle))
        if not _holders:
            while _kept:
                os.close(_kept.pop())


_lock = threading.Lock()
#: How many in this process have a file open, or are about to.
_holders: dict[_Key, int] = {}
_OPENING: _Key = (-1, -1)
_descriptors: dict[_Key, int] = {}
#: Descriptors of other files, open until nobody here has any file open.
_kept: list[int] = []
