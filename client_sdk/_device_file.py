"""The SQLite file of a device: how it is opened, checked, and replaced when damaged."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client_sdk._config import Durability
from client_sdk._damage import DamagedError, is_damage, is_locked
from client_sdk._device_row import (
    DeviceRow,
    ensure_device,
    read_device,
    write_device,
)
from client_sdk._disk_flush import FlushableFile, flush, flush_folder, opening
from client_sdk._errors import StorageError
from client_sdk._schema import begin_new_numbers, ensure_schema, is_current

if TYPE_CHECKING:
    from client_sdk._aside_files import AsideFiles, Renaming
    from client_sdk._log_end import LogEnd
    from client_sdk._reserve import Reserve

__all__ = ["DeviceFile", "connect_memory", "transaction"]

logger = logging.getLogger(__name__)

#: Size of a page of a new file.
PAGE_BYTES = 1024
#: How long the host's threads wait for another process's write, in seconds; it takes
#: microseconds.  A ping that must wait longer is held in memory.
FOREGROUND_WAIT_SECONDS = 0.2
#: How long the sync thread waits for another process's write, in seconds.
BACKGROUND_WAIT_SECONDS = 5.0

_CONNECT: dict[str, Any] = {"isolation_level": None, "check_same_thread": False}


class DeviceFile:
    """One path, and what is made of the file that is found there."""

    def __init__(
        self, path: Path, durability: Durability, renaming: Renaming | None = None
    ) -> None:
        self.path = path
        self._renaming = renaming
        self._durability = durability
        #: The files of that path that are open here, the present one last.
        self._open_files: list[FlushableFile] = []
        #: Whether ``open`` had to make the file, and knew nothing of an earlier one.
        self.is_new = False
        #: Whether a damaged file could not tell who the anonymous user was.
        self.has_lost_user = False

    @cached_property
    def aside(self) -> AsideFiles:
        """The damaged files beside it; asked for by the sync thread, or where one is."""
        from client_sdk._aside_files import AsideFiles

        return AsideFiles(self.path, self._renaming)

    @cached_property
    def reserve(self) -> Reserve:
        """Space on the disk for a day when there is none; the sync thread's."""
        from client_sdk._reserve import Reserve

        return Reserve(self.path)

    def open(self) -> tuple[sqlite3.Connection, str | None]:
        """Return a connection for the host's threads, and what the file has lost.

        Of a damaged one what says who the device is comes back at once, everything else by and by
        (_recovery.py).  OSError, sqlite3.Error or StorageError where the file cannot be
        used as it is.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(self.path.parent, os.W_OK):
            raise StorageError("the folder is read-only")
        try:
            may_be_aside = self._has_relics() and self._was_never_made()
            if waiting := self.aside.waiting() if may_be_aside else []:
                # A kill, or a full disk, came between setting it aside and the new one.
                device = self._salvaged_device(waiting[-1].name)
                connection, _ = self._open(device, replaces=True)
                return connection, "a damaged file was set aside"
            return self._open()
        except sqlite3.DatabaseError as exc:
            from client_sdk._first_page import is_damaged_by

            if not (is_damage(exc) or is_damaged_by(self.path, exc)):
                raise
            if self._was_never_filled():
                # A loss of power while it was made.
                self._remove()
                return self._open()
            return self.replace(exc, device=None)

    def replace(
        self, reason: Exception, *, device: DeviceRow | None
    ) -> tuple[sqlite3.Connection, str]:
        """Set the file aside, for it is damaged, and begin a new one.

        ``device`` is who the device is; None where only the damaged file can tell.
        StorageError where it cannot be set aside, or no new one be made.
        """
        try:
            taken = self.aside.take()
        except OSError as exc:
            raise StorageError(
                f"it is damaged ({reason}) and cannot be set aside: {exc}"
            ) from exc
        trouble = f"{self.path} is damaged ({reason}); it is kept as {taken.name}"
        logger.error("%s", trouble)
        device = device or self._salvaged_device(taken)
        try:
            connection, _ = self._open(device, replaces=True)
            return connection, trouble
        except (OSError, sqlite3.Error) as exc:
            raise StorageError(
                f"it is damaged ({reason}) and no new one can be made: {exc}"
            ) from exc

    def connect(
        self, *, wait_seconds: float = FOREGROUND_WAIT_SECONDS
    ) -> sqlite3.Connection:
        """Return a connection to what lies at the path."""
        connection = sqlite3.connect(self.path, timeout=wait_seconds, **_CONNECT)
        try:
            return _tuned(connection, self._durability)
        except UnicodeDecodeError as exc:
            # What the file says of its tables is no text, and SQLite quotes it.
            connection.close()
            raise DamagedError("malformed database schema") from exc
        except BaseException:
            connection.close()
            raise

    @property
    def inode(self) -> int:
        """What names the file that is open, whatever lies at its path by now."""
        return self._open_files[-1].inode if self._open_files else 0

    def is_replaced(self) -> bool:
        """Tell whether another process has put a new file into the place of ours."""
        try:
            return self.path.stat().st_ino != self.inode
        except OSError:
            return True

    def is_empty(self) -> bool:
        """Tell whether no more than the first page of the file was ever written."""
        try:
            return self.path.stat().st_size <= PAGE_BYTES
        except OSError:
            return False

    def flush(self) -> None:
        """Wait until the disk has the file and its log.

        A disk that cannot is in trouble that SQLite will meet too, and tell.
        """
        with contextlib.suppress(OSError):
            # SQLite left the names of the files out when it made them.
            flush_folder(self.path.parent)
        with contextlib.suppress(OSError):
            if self._open_files:
                self._open_files[-1].flush()
            flush(self._log)

    def release_earlier(self) -> None:
        """Let go of the files that another one has replaced, after SQLite has."""
        while len(self._open_files) > 1:
            self._open_files.pop(0).release()

    def release_last(self) -> None:
        """Let go of the file opened last, after SQLite has."""
        self._open_files.pop().release()

    def release(self) -> None:
        """Let go of all files, after SQLite has."""
        while self._open_files:
            self._open_files.pop().release()

    @property
    def _log(self) -> Path:
        return self.path.with_name(self.path.name + "-wal")

    def _open(
        self, device: DeviceRow | None = None, *, replaces: bool = False
    ) -> tuple[sqlite3.Connection, str | None]:
        with opening():
            end = self._log_end()
            connection = self.connect()
            try:
                trouble = self._prepare(connection, end, device, replaces=replaces)
                self._open_files.append(FlushableFile(self.path))
            except BaseException:
                connection.close()
                raise
        return connection, trouble

    def _prepare(
        self,
        connection: sqlite3.Connection,
        end: LogEnd | None,
        device: DeviceRow | None,
        *,
        replaces: bool,
    ) -> str | None:
        """Bring the file up to date; return what it has lost."""
        self.is_new = False
        lost = None
        if replaces or not is_current(connection):
            is_new = not replaces and end is None and self.is_empty()
            with self._making(connection, is_new=is_new):
                self._make_tables(connection, device, replaces=replaces)
                lost = end and end.make_good(connection)
        elif end is not None:
            lost = _make_good(end, connection)
        read_device(connection)
        if lost is None:
            return None
        trouble = f"{self.path}: {lost}"
        logger.error("%s", trouble)
        return trouble

    @contextlib.contextmanager
    def _making(
        self, connection: sqlite3.Connection, *, is_new: bool
    ) -> Iterator[None]:
        """Run the block as one transaction, which waits for no disk where nothing is lost.

        In a log that has just begun even NORMAL waits once.  A new file that a loss of
        power takes away had nothing in it, and is made anew.
        """
        waits_not = is_new and self._durability is Durability.PROCESS
        if waits_not:
            connection.execute("PRAGMA synchronous = OFF")
        with transaction(connection):
            yield
        if waits_not:
            connection.execute("PRAGMA synchronous = NORMAL")

    def _make_tables(
        self,
        connection: sqlite3.Connection,
        device: DeviceRow | None,
        *,
        replaces: bool,
    ) -> None:
        ensure_schema(connection)
        self.is_new = ensure_device(connection) and not replaces
        if replaces:
            begin_new_numbers(connection)
        if device is not None:
            # Another process may have been first, and not have known it.
            write_device(connection, device)

    def _log_end(self) -> LogEnd | None:
        index = self.path.with_name(self.path.name + "-shm")
        if not self.path.exists() or not (_has_content(self._log) or index.exists()):
            return None
        from client_sdk._log_end import find_log_end

        return find_log_end(self.path)

    def _has_relics(self) -> bool:
        """Tell whether anything of that name lies in the folder: not so at a first start."""
        with os.scandir(self.path.parent) as entries:
            return any(one.name.startswith(self.path.stem) for one in entries)

    def _was_never_made(self) -> bool:
        """Tell whether there is no file yet, or one that SQLite has only begun."""
        try:
            return not self.path.stat().st_size or self._was_never_filled()
        except OSError:
            return True

    def _was_never_filled(self) -> bool:
        from client_sdk._first_page import was_never_filled

        # The reserve is made when a checkpoint has filled the file.
        is_begun = self.is_empty() and not self.reserve.is_there
        return is_begun and was_never_filled(self.path, self._log)

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _salvaged_device(self, taken: Path) -> DeviceRow | None:
        from client_sdk._page_images import read_images
        from client_sdk._salvaged_device import salvage_device

        device = None
        for name, file, log in self.aside.waiting():
            if name == taken:
                device = salvage_device(read_images(file, log))
        self.has_lost_user = device is None
        return device


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run the block as one transaction: all of it is stored, or nothing."""
    # IMMEDIATE takes the write lock first: a transaction that has read cannot then fail
    # because another process wrote in between.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def connect_memory() -> sqlite3.Connection:
    """Return a database that lasts as long as the process."""
    connection = _prepared(sqlite3.connect(":memory:", **_CONNECT))
    ensure_schema(connection)
    ensure_device(connection)
    return connection


def _make_good(end: LogEnd, connection: sqlite3.Connection) -> str | None:
    try:
        with transaction(connection):
            return end.make_good(connection)
    except sqlite3.OperationalError as exc:
        if not is_locked(exc):
            raise
        # Somebody else has opened it before us, and writes where we have seen an end.
        return None


def _tuned(
    connection: sqlite3.Connection, durability: Durability
) -> sqlite3.Connection:
    synchronous = "FULL" if durability is Durability.POWER_LOSS else "NORMAL"
    # A ping changes one page, and all of it is written: small ones wear a phone's flash
    # three times less than SQLite's 4096, and are faster.  A file keeps what it has.
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    if durability is Durability.PROCESS:
        # Making a new file a WAL file writes its first page, and waits for the disk five
        # times.  Nothing is in it yet, and the first checkpoint makes it safe.
        connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    # For Apple's systems, where a plain flush leaves data in the drive's memory.
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    if durability is Durability.POWER_LOSS:
        connection.execute("PRAGMA fullfsync = ON")
    # Checkpoints flush to the disk: they are the sync thread's, never ping()'s.
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return _prepared(connection)


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    # Deleted comments and secrets are overwritten, not only unlinked.
    connection.execute("PRAGMA secure_delete = FAST")
    # A text that is none must cost its own row, and not the query: its checksum tells.
    connection.text_factory = _decode
    return connection


_decode = partial(str, encoding="utf-8", errors="replace")
