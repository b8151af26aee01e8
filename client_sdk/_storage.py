"""The device's SQLite file: how it is opened, and what happens when it cannot be."""

from __future__ import annotations

import contextlib
import functools
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from client_sdk._config import Durability
from client_sdk._errors import StorageError

__all__ = ["FILE_NAME", "SCHEMA_VERSION", "Database", "Storage"]

logger = logging.getLogger(__name__)

FILE_NAME = "kazi-tutorial.sqlite3"
#: Written to the file's ``user_version``.
SCHEMA_VERSION = 1
#: How long a write waits for another process's, in seconds; they take microseconds.
BUSY_TIMEOUT_SECONDS = 5.0

SCHEMA = """
CREATE TABLE device (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    device_id BLOB NOT NULL,
    secret TEXT NOT NULL,
    account_id TEXT
);
CREATE TABLE pings (
    seq INTEGER PRIMARY KEY,
    event_id BLOB NOT NULL,
    user_id TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    status TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    occurred_ms INTEGER NOT NULL,
    variant TEXT,
    persona TEXT,
    run_id BLOB,
    tutorial_version INTEGER,
    checksum INTEGER NOT NULL
);
CREATE TABLE surveys (
    submission_id BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    nps INTEGER NOT NULL,
    comment TEXT NOT NULL,
    persona TEXT,
    occurred_ms INTEGER NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE TABLE set_aside (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    event_id BLOB NOT NULL,
    user_id TEXT NOT NULL,
    body TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    set_aside_ms INTEGER NOT NULL
);
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);
CREATE TABLE config_cache (
    user_id TEXT NOT NULL,
    device TEXT NOT NULL,
    key TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    etag TEXT NOT NULL,
    body TEXT NOT NULL,
    fresh_until_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL,
    is_current INTEGER NOT NULL,
    PRIMARY KEY (user_id, device, key)
) WITHOUT ROWID;
CREATE TABLE runs (
    run_id BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    tutorial_id TEXT NOT NULL,
    tutorial_version INTEGER NOT NULL,
    etag TEXT NOT NULL,
    variant TEXT NOT NULL,
    persona TEXT NOT NULL,
    step_id TEXT NOT NULL,
    status TEXT NOT NULL,
    started_ms INTEGER NOT NULL
);
INSERT INTO counters (name, value) VALUES ('last_seq', 0);
CREATE INDEX runs_of_user ON runs (user_id, tutorial_id, started_ms);
CREATE UNIQUE INDEX one_open_run ON runs (user_id, tutorial_id)
    WHERE status IN ('running', 'survey');
CREATE TABLE completed_steps (
    run_id BLOB NOT NULL,
    step_id TEXT NOT NULL,
    PRIMARY KEY (run_id, step_id)
) WITHOUT ROWID;
"""

# A sequence number is never used twice, also after its row has gone.  AUTOINCREMENT
# would do the same, but writes a second page with every ping: a third of its time.
KEEP_LAST_SEQ = """
CREATE TRIGGER keep_last_seq BEFORE DELETE ON pings BEGIN
    UPDATE counters SET value = max(value, old.seq) WHERE name = 'last_seq';
END
"""


class Database:
    """One connection and the lock that lets several threads share it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._lock = threading.RLock()

    def execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        """Run one statement as a transaction of its own and return its rows."""
        with self._lock:
            return self.connection.execute(sql, parameters).fetchall()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run the block as one transaction: all of it is stored, or nothing."""
        with self._lock:
            # IMMEDIATE takes the write lock first: a transaction that has read cannot
            # then fail because another process wrote in between.
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                self.connection.rollback()
                raise
            self.connection.commit()

    def close(self) -> None:
        """Close the connection; later calls raise sqlite3.ProgrammingError."""
        with self._lock:
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
        trouble: str | None = None,
    ) -> None:
        self.foreground = foreground
        self.trouble = trouble
        self._open_background = open_background

    @functools.cached_property
    def background(self) -> Database:
        """The sync thread's connection, opened when it is first needed."""
        return self._open_background()

    @property
    def kind(self) -> str:
        """Return ``file``, or ``memory`` where the folder or file cannot be used."""
        return "memory" if self.trouble else "file"

    @classmethod
    def open(cls, folder: Path, durability: Durability) -> Storage:
        """Open the file in ``folder``, or a database in memory; never raises."""
        path = folder / FILE_NAME
        try:
            foreground = _open_file(path, durability)
        except (OSError, sqlite3.Error, StorageError) as exc:
            trouble = f"{path}: {exc}; events are kept in memory until the app ends"
            logger.error(
                "%s. Give storage_dir a folder that the app may write to.", trouble
            )
            return cls.in_memory(trouble)
        return cls(
            foreground,
            open_background=lambda: Database(_connect(path, durability)),
        )

    @classmethod
    def in_memory(cls, trouble: str) -> Storage:
        """Return a storage that lasts as long as the process, and why."""
        memory = Database(_prepared(sqlite3.connect(":memory:", **_CONNECT)))
        _ensure_schema(memory)
        return cls(memory, open_background=lambda: memory, trouble=trouble)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file, on the sync thread only."""
        self.background.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Close what is open."""
        if "background" in self.__dict__:
            self.background.close()
        self.foreground.close()


_CONNECT: dict[str, Any] = {
    "isolation_level": None,
    "check_same_thread": False,
    "timeout": BUSY_TIMEOUT_SECONDS,
}


def _open_file(path: Path, durability: Durability) -> Database:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _open_database(path, durability)
    except sqlite3.DatabaseError as exc:
        if isinstance(exc, sqlite3.OperationalError):
            raise
        # The file is not SQLite or is damaged beyond opening: it is kept for a look, and
        # a new one takes its place.  The log and its index belong to the old file.
        aside = path.with_suffix(f".corrupt-{path.stat().st_mtime_ns}")
        logger.error("%s is damaged (%s); it is kept as %s", path, exc, aside.name)
        path.rename(aside)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return _open_database(path, durability)


def _open_database(path: Path, durability: Durability) -> Database:
    database = Database(_connect(path, durability))
    try:
        _ensure_schema(database)
    except BaseException:
        database.close()
        raise
    return database


def _connect(path: Path, durability: Durability) -> sqlite3.Connection:
    connection = sqlite3.connect(path, **_CONNECT)
    try:
        return _tuned(connection, durability)
    except BaseException:
        connection.close()
        raise


def _tuned(
    connection: sqlite3.Connection, durability: Durability
) -> sqlite3.Connection:
    synchronous = "FULL" if durability is Durability.POWER_LOSS else "NORMAL"
    # In this order: making a new file a WAL file then waits for fewer flushes.
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA journal_mode = WAL")
    # Checkpoints flush to the disk: they are the sync thread's, never ping()'s.
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return _prepared(connection)


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    # Deleted comments and secrets are overwritten, not only unlinked.
    connection.execute("PRAGMA secure_delete = FAST")
    return connection


def _ensure_schema(database: Database) -> None:
    with database.transaction() as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise StorageError(
                f"the file has schema {version}, this SDK knows {SCHEMA_VERSION}; "
                "a newer version of the app wrote it"
            )
        if version == 0:
            for statement in (*SCHEMA.split(";"), KEEP_LAST_SEQ):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
