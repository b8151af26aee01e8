"""The open file of a device, for the host's threads and for the sync thread."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from client_sdk._config import Durability
from client_sdk._damage import DamagedError, is_damage
from client_sdk._device_file import (
    BACKGROUND_WAIT_SECONDS,
    DeviceFile,
    connect_memory,
    transaction,
)
from client_sdk._device_row import DeviceRow
from client_sdk._errors import StorageError

if TYPE_CHECKING:
    from client_sdk._aside_files import Renaming

__all__ = ["FILE_NAME", "MEMORY", "Database", "Storage", "check"]

logger = logging.getLogger(__name__)

Parameters = tuple[Any, ...] | Mapping[str, Any]

FILE_NAME = "kazi-tutorial.sqlite3"
#: In place of a folder: everything is kept in memory, and gone with the process.
MEMORY: Final = ":memory:"


class Database:
    """One connection and the lock that lets several threads share it."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        connection: sqlite3.Connection | None = None,
    ) -> None:
        self._connect = connect
        self.connection: sqlite3.Connection = connection or connect()
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
        with self.lock, transaction(self.connection) as connection:
            yield connection

    @contextlib.contextmanager
    def without_waiting(self) -> Iterator[None]:
        """Run the block, in which nobody waits for another process's write."""
        with self.lock:
            ((usual_ms,),) = self.execute("PRAGMA busy_timeout")
            self.connection.execute("PRAGMA busy_timeout = 0")
            try:
                yield
            finally:
                self.connection.execute(f"PRAGMA busy_timeout = {usual_ms}")

    def change(
        self, connect: Callable[[], sqlite3.Connection], connection: sqlite3.Connection
    ) -> None:
        """Go on with another file; the caller holds the lock."""
        self.connection.close()
        self._connect, self.connection = connect, connection

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
    memory and ``trouble`` says why: everything works, and goes to the file as soon as it
    can be used, or is gone when the process ends.
    """

    def __init__(
        self,
        foreground: Database,
        *,
        file: DeviceFile | None,
        is_memory: bool,
        trouble: str | None = None,
    ) -> None:
        self.foreground = foreground
        self.file = file
        self.is_memory = is_memory
        #: Why memory took the file's place, or what became of a damaged one.
        self.trouble = trouble
        #: Whether rows of an older version wait for the sync thread.
        self.is_behind = False
        #: Why the file is to be replaced by the next sync; None while it is not.
        self.damage: str | None = None
        #: What the file said last when it refused something.
        self.refusal: str | None = None
        #: Whether SQLite has looked for damage in the whole file since it was opened.
        self.is_checked = is_memory
        self._background: Database | None = None

    @property
    def background(self) -> Database:
        """The sync thread's connection, opened when it is first needed."""
        if self.is_memory or self.file is None:
            return self.foreground
        if self._background is None:
            self._background = Database(self._connect_background)
        return self._background

    @property
    def kind(self) -> str:
        """Return ``file``, or ``memory`` where that is wanted or the file cannot be used."""
        return "memory" if self.is_memory else "file"

    @classmethod
    def open(
        cls, folder: Path, durability: Durability, renaming: Renaming | None = None
    ) -> Storage:
        """Open the file in ``folder``, or a database in memory; never raises."""
        file = DeviceFile(folder / FILE_NAME, durability, renaming)
        try:
            connection, trouble = file.open()
            foreground = Database(file.connect, connection)
            is_behind = _is_behind(foreground)
        except (OSError, sqlite3.Error, StorageError) as exc:
            trouble = _memory_instead(file, exc)
            logger.error(
                "%s. Give storage_dir a folder that the app may write to.", trouble
            )
            return cls.in_memory(trouble, file)
        storage = cls(foreground, file=file, is_memory=False, trouble=trouble)
        storage.is_behind = is_behind
        return storage

    @classmethod
    def in_memory(
        cls, trouble: str | None = None, file: DeviceFile | None = None
    ) -> Storage:
        """Return a storage that lasts as long as the process, and why if unwanted.

        Rows go to the file, where there is one, as soon as it can be used.
        """
        memory = Database(connect_memory)
        return cls(memory, file=file, is_memory=True, trouble=trouble)

    def note_trouble(self, exc: Exception) -> None:
        """Have the next sync replace the file if an error says that it is damaged."""
        self.refusal = str(exc)
        if is_damage(exc) and not self.is_memory:
            self.damage = self.damage or str(exc)

    def check(self) -> None:
        """Look for damage in the whole file, once; DamagedError if there is some.

        On the sync thread, before the first checkpoint writes over what is damaged.
        """
        if not self.is_checked:
            check(self.background)
            self.is_checked = True

    def replace_file(self, reason: str, device: DeviceRow) -> None:
        """Set the damaged file aside and go on in a new one, on the sync thread.

        The host's threads wait for as long as it takes to make an empty file.  Where that
        is refused memory takes its place, and the next sync tries again.
        """
        if self.file is None:
            return
        with self.foreground.lock:
            if not self.file.aside.takes_open_files:
                self._close_connections()
                self.file.release()
            self.damage, self.is_checked = None, True
            try:
                connection, self.trouble = self.file.replace(
                    DamagedError(reason), device=device
                )
            except StorageError as exc:
                self._fall_back(self.file, exc)
            else:
                self._close_connections()
                self.foreground.change(self.file.connect, connection)
                self.file.release_earlier()

    def follow_file(self, connection: sqlite3.Connection) -> None:
        """Go on with the file that lies at the path; the caller holds the lock."""
        if self.file is None:
            return
        self._close_connections()
        self.foreground.change(self.file.connect, connection)
        self.file.release_earlier()
        self.is_memory = self.is_checked = False
        self.damage = None

    def forget_damaged(self) -> None:
        """Remove the damaged files that were set aside: nothing in them may come back.

        Before the rows themselves are removed: what comes back meanwhile goes with them.
        """
        if self.file is not None:
            with contextlib.suppress(OSError):
                self.file.aside.forget()

    def make_durable(self) -> None:
        """Have the disk keep what is in the file and its log, on the sync thread only.

        What the server has been sent must not be lost with the power: its numbers would
        be given again, and its user forgotten.
        """
        if self.file is not None and not self.is_memory:
            self.file.flush()

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file, on the sync thread only."""
        self.check()
        if self.file is None or self.is_memory:
            return
        if self.file.is_empty():
            # SQLite throws the log of an empty file away.
            self.file.flush()
        self.background.execute("PRAGMA wal_checkpoint(PASSIVE)")
        # The first write after it begins the log anew and waits for the disk: it is made
        # here, so that no ping has to.
        self.background.execute(_COUNT_CHECKPOINT)
        self.file.reserve.keep()

    def make_room(self) -> bool:
        """Use the reserve on a full disk, so that rows can be deleted; False if it is gone.

        The log moves into the file and is used again from its beginning.  On the sync
        thread; the host's threads hold their events for as long as that takes, or the
        space would be theirs.
        """
        if self.file is None or not self.file.reserve.give_up():
            return False
        self.foreground.execute("PRAGMA query_only = ON")
        try:
            self.background.execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            self.foreground.execute("PRAGMA query_only = OFF")
        return True

    def reconnect_after_fork(self) -> None:
        """Open the file anew in a child process."""
        self.foreground.reconnect_after_fork()
        if self._background is not None:
            self._background.reconnect_after_fork()

    def close(self) -> None:
        """Close what is open.

        SQLite then moves the log into the file: in one that is damaged it would write
        over rows that can still be read.
        """
        if not (self.is_checked or self.file is None or self.file.is_replaced()):
            try:
                check(self.foreground)
            except sqlite3.DatabaseError as exc:
                if is_damage(exc):
                    logger.error("%s is damaged (%s)", self.file.path, exc)
                    self._leave(self.file)
        self._close_connections()
        if self.file is not None:
            self.file.release()

    @staticmethod
    def _leave(file: DeviceFile) -> None:
        """Set the file aside; the next start begins a new one and takes the rows."""
        with contextlib.suppress(OSError):
            file.aside.take()

    def _fall_back(self, file: DeviceFile, exc: Exception) -> None:
        self.trouble = _memory_instead(file, exc)
        logger.error("%s", self.trouble)
        self.is_memory = True
        self._close_connections()
        self.foreground.change(connect_memory, connect_memory())
        file.release()

    def _close_connections(self) -> None:
        if self._background is not None:
            self._background.close()
            self._background = None
        self.foreground.close()

    def _connect_background(self) -> sqlite3.Connection:
        if self.file is None:
            return connect_memory()
        return self.file.connect(wait_seconds=BACKGROUND_WAIT_SECONDS)


_COUNT_CHECKPOINT = (
    "INSERT INTO counters (name, value) VALUES ('checkpoints', 1)"
    " ON CONFLICT (name) DO UPDATE SET value = value + 1"
)


def check(database: Database) -> None:
    """Look for damage in the whole file; DamagedError if there is some."""
    ((found,), *_) = database.execute("PRAGMA integrity_check(1)")
    if found != "ok":
        raise DamagedError(found)


def _memory_instead(file: DeviceFile, exc: Exception) -> str:
    return f"{file.path}: {exc}; events are kept in memory until it can be used"


def _is_behind(database: Database) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE name = 'surveys'"
    return bool(database.execute(query))
