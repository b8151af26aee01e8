"""The device's SQLite file: how it is opened, and what happens when it cannot be."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from client_sdk._config import Durability
from client_sdk._errors import StorageError
from client_sdk._schema import ensure_schema, is_current

__all__ = ["FILE_NAME", "MEMORY", "Database", "Storage"]

logger = logging.getLogger(__name__)

Parameters = tuple[Any, ...] | Mapping[str, Any]

FILE_NAME = "kazi-tutorial.sqlite3"
#: In place of a folder: everything is kept in memory, and gone with the process.
MEMORY: Final = ":memory:"
#: Size of a page of a new file.
PAGE_BYTES = 1024
#: How long the host's threads wait for another process's write, in seconds; it takes
#: microseconds.  A ping that must wait longer is held in memory.
FOREGROUND_WAIT_SECONDS = 0.2
#: How long the sync thread waits for another process's write, in seconds.
BACKGROUND_WAIT_SECONDS = 5.0


class Database:
    """One connection and the lock that lets several threads share it."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self.connection: sqlite3.Connection = connect()
        #: Held while a statement or a transaction runs; the same thread may take it again.
        self.lock: threading.RLock = threading.RLock()
        #: Connections of the parent process: to close one here would break it there.
        self._inherited: list[sqlite3.Connection] = []

    def execute(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Run one statement as a transaction of its own and return its rows."""
        with self.lock:
            return self.connection.execute(sql, parameters).fetchall()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run the block as one transaction: all of it is stored, or nothing."""
        with self.lock:
            # IMMEDIATE takes the write lock first: a transaction that has read cannot
            # then fail because another process wrote in between.
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.commit()
            except BaseException:
                self.connection.rollback()
                raise

    def reconnect_after_fork(self) -> None:
        """Open the file anew in a child process, which must not use its parent's."""
        self._inherited.append(self.connection)
        self.lock = threading.RLock()
        self.connection = self._connect()

    def close(self) -> None:
        """Close the connection; later calls raise sqlite3.ProgrammingError."""
        with self.lock:
            self.connection.close()


class Storage:
    """The open file, as a connection for the host's threads and one for the sync thread.

    They are two so that a checkpoint or a long read of the sync thread never holds the
    lock that ``ping()`` needs.  Where no file can be had, both are one database in
    memory and ``trouble`` says why: everything works, until the process ends.
    """

    def __init__(
        self,
        foreground: Database,
        *,
        open_background: Callable[[], Database],
        path: Path | None = None,
        kind: str = "file",
        trouble: str | None = None,
        is_behind: bool = False,
    ) -> None:
        self.foreground = foreground
        #: The file; None where the storage is memory.
        self.path = path
        #: ``file``, or ``memory`` where that is wanted or the file cannot be used.
        self.kind = kind
        self.trouble = trouble
        #: Whether rows of an older version wait for the sync thread.
        self.is_behind = is_behind
        self._open_background = open_background

    @functools.cached_property
    def background(self) -> Database:
        """The sync thread's connection, opened when it is first needed."""
        return self._open_background()

    @classmethod
    def open(cls, folder: Path, durability: Durability) -> Storage:
        """Open the file in ``folder``, or a database in memory; never raises."""
        path = folder / FILE_NAME
        try:
            foreground = _open_file(path, durability)
            is_behind = _is_behind(foreground)
        except (OSError, sqlite3.Error, StorageError) as exc:
            trouble = f"{path}: {exc}; events are kept in memory until the app ends"
            logger.error(
                "%s. Give storage_dir a folder that the app may write to.", trouble
            )
            return cls.in_memory(trouble)
        connect = functools.partial(
            _connect, path, durability, wait_seconds=BACKGROUND_WAIT_SECONDS
        )
        return cls(
            foreground,
            open_background=lambda: Database(connect),
            path=path,
            is_behind=is_behind,
        )

    @classmethod
    def in_memory(cls, trouble: str | None = None) -> Storage:
        """Return a storage that lasts as long as the process, and why if unwanted."""
        memory = Database(_connect_memory)
        return cls(
            memory, open_background=lambda: memory, kind="memory", trouble=trouble
        )

    def make_durable(self) -> None:
        """Have the disk keep what is in the file and its log, on the sync thread only.

        What the server has been sent must not be lost with the power: its numbers would
        be given again, and its user forgotten.
        """
        if self.path is not None:
            for path in (self.path, self.path.with_name(self.path.name + "-wal")):
                _flush(path)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file, on the sync thread only."""
        if self.path is not None and _is_empty(self.path):
            # SQLite throws the log of an empty file away.
            _flush(self.path)
        self.background.execute("PRAGMA wal_checkpoint(PASSIVE)")
        # The first write after it begins the log anew and waits for the disk: it is made
        # here, so that no ping has to.
        self.background.execute(_COUNT_CHECKPOINT)

    def reconnect_after_fork(self) -> None:
        """Open the file anew in a child process."""
        self.foreground.reconnect_after_fork()
        if self.__dict__.get("background", self.foreground) is not self.foreground:
            self.background.reconnect_after_fork()

    def close(self) -> None:
        """Close what is open."""
        if "background" in self.__dict__:
            self.background.close()
        self.foreground.close()


_COUNT_CHECKPOINT = (
    "INSERT INTO counters (name, value) VALUES ('checkpoints', 1)"
    " ON CONFLICT (name) DO UPDATE SET value = value + 1"
)
_CONNECT: dict[str, Any] = {"isolation_level": None, "check_same_thread": False}


def _flush(path: Path) -> None:
    """Wait until the disk has what was written to a file.

    A disk that cannot is in trouble that SQLite will meet too, and tell.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDWR)
        try:
            if sys.platform in ("darwin", "ios"):
                import fcntl

                # A plain flush leaves it in the drive's memory there.
                fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            else:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_empty(path: Path) -> bool:
    """Tell whether no more than the first page of a file was ever written."""
    try:
        return path.stat().st_size <= PAGE_BYTES
    except OSError:
        return False


def _open_file(path: Path, durability: Durability) -> Database:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _open_database(path, durability)
    except sqlite3.DatabaseError as exc:
        if isinstance(exc, sqlite3.OperationalError):
            raise
        if _is_empty(path):
            # A loss of power while it was made: nothing is in it yet.
            _remove(path)
            return _open_database(path, durability)
        # The file is not SQLite or is damaged beyond opening: it is kept for a look, and
        # a new one takes its place.  The log and its index belong to the old file.
        aside = path.with_suffix(f".corrupt-{path.stat().st_mtime_ns}")
        logger.error("%s is damaged (%s); it is kept as %s", path, exc, aside.name)
        path.rename(aside)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return _open_database(path, durability)


def _open_database(path: Path, durability: Durability) -> Database:
    connect = functools.partial(
        _connect, path, durability, wait_seconds=FOREGROUND_WAIT_SECONDS
    )
    database = Database(connect)
    try:
        if not is_current(database.connection):
            with database.transaction() as connection:
                ensure_schema(connection)
    except BaseException:
        database.close()
        raise
    return database


def _is_behind(database: Database) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE name = 'surveys'"
    return bool(database.execute(query))


def _connect(
    path: Path, durability: Durability, *, wait_seconds: float
) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=wait_seconds, **_CONNECT)
    try:
        return _tuned(connection, durability)
    except BaseException:
        connection.close()
        raise


def _connect_memory() -> sqlite3.Connection:
    connection = _prepared(sqlite3.connect(":memory:", **_CONNECT))
    ensure_schema(connection)
    return connection


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


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    # Deleted comments and secrets are overwritten, not only unlinked.
    connection.execute("PRAGMA secure_delete = FAST")
    return connection
