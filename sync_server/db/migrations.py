"""Applies the migrations with yoyo, one process at a time, each one whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import MigrationList, default_migration_table

from sync_server.db.pool import connect

__all__ = [
    "MigrationLockError",
    "MigrationRightsError",
    "Migrator",
    "migration_names",
    "migrations_folder",
    "named",
    "pending",
]

#: Key of the advisory lock: "kazi" in ASCII.
_LOCK_KEY = 0x6B617A69
#: Most names of missing migrations in one line of text.
_MAX_NAMED = 3
#: Longest wait, in seconds, for another process that migrates.
_LOCK_TIMEOUT_SECONDS = 60
#: Seconds between two attempts to take the lock.
_LOCK_POLL_SECONDS = 0.1


class MigrationLockError(RuntimeError):
    """Another process has been migrating the same database for too long."""


class MigrationRightsError(RuntimeError):
    """The database's role may not do what a migration does; the message says what."""


def migrations_folder() -> Path:
    """Return the folder of the migrations: packaged in a wheel, top-level in a checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "migrations"
    return packaged if packaged.is_dir() else package.parent / "migrations"


def migration_names() -> list[str]:
    """Return all migrations that come with this code, first to last."""
    files = migrations_folder().glob("*.sql")
    names = (path.stem for path in files)
    return sorted(name for name in names if not name.endswith(".rollback"))


def named(names: Sequence[str]) -> str:
    """Return the names for a line of text: a few are told, more are counted."""
    more = len(names) - _MAX_NAMED
    return ", ".join(names[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def pending(connection: psycopg.Connection[Any], names: Sequence[str]) -> list[str]:
    """Return those of ``names`` that the database lacks, without yoyo and its locks."""
    table = connection.execute(
        "SELECT to_regclass(%s)", [default_migration_table]
    ).fetchone()
    if table is None or table[0] is None:
        return list(names)
    rows = connection.execute(
        f'SELECT migration_id FROM "{default_migration_table}"'  # noqa: S608
    )
    applied = {row[0] for row in rows}
    return [name for name in names if name not in applied]


class Migrator:
    """Brings one database to the state of a folder of migrations."""

    def __init__(
        self,
        url: str,
        *,
        folder: Path | None = None,
        lock_timeout_seconds: int = _LOCK_TIMEOUT_SECONDS,
    ) -> None:
        self._url = url
        self._lock_timeout_seconds = lock_timeout_seconds
        self._migrations = read_migrations(str(folder or migrations_folder()))

    @property
    def names(self) -> list[str]:
        """All migrations, first to last."""
        return sorted(migration.id for migration in self._migrations)

    def pending(self) -> list[str]:
        """Return what :meth:`apply` would apply; changes nothing."""
        with connect(self._url) as connection:
            return pending(connection, self.names)

    def apply(self) -> list[str]:
        """Apply what is missing and return the names; safe to run anywhere at once."""
        with self._locked() as backend:
            missing = backend.to_apply(self._migrations)
            try:
                backend.apply_migrations(missing)
            except psycopg.errors.InsufficientPrivilege as exc:
                raise MigrationRightsError(
                    f"the role may not migrate: {exc.diag.message_primary}; run it with "
                    "the role that owns the database, and create the extension as "
                    "superuser first: CREATE EXTENSION vector"
                ) from exc
            return [migration.id for migration in missing]

    def roll_back(self, *, count: int | None = None) -> list[str]:
        """Undo the last ``count`` migrations, all of them by default."""
        with self._locked() as backend:
            applied = list(backend.to_rollback(self._migrations))[:count]
            backend.rollback_migrations(MigrationList(applied))
            return [migration.id for migration in applied]

    @contextmanager
    def _locked(self) -> Iterator[_Backend]:
        """Yield a backend while this process alone migrates.

        The lock is a transaction's, so that it goes with its process and works through
        a pooler.  Whoever holds it may drop the row by which yoyo locks: a process that
        was killed left it behind.
        """
        with (
            self._lock(),
            _Backend(_database_uri(self._url), default_migration_table) as backend,
        ):
            backend.init_database()
            backend.break_lock()
            yield backend

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Hold the lock; MigrationLockError if it is taken for too long.

        It is asked for again and again, and not waited for inside PostgreSQL: whoever
        waits there holds a connection, and a small pooler may have no other for whoever
        migrates.
        """
        deadline = time.monotonic() + self._lock_timeout_seconds
        while True:
            with connect(self._url) as connection, connection.transaction():
                if _took_lock(connection):
                    yield
                    return
            if time.monotonic() > deadline:
                raise MigrationLockError(
                    "another process has been migrating the database for "
                    f"{self._lock_timeout_seconds} s; try again when it is done"
                )
            time.sleep(_LOCK_POLL_SECONDS)


def _took_lock(connection: psycopg.Connection[Any]) -> bool:
    query = "SELECT pg_try_advisory_xact_lock(%s)"
    row = connection.execute(query, [_LOCK_KEY]).fetchone()
    return row is not None and bool(row[0])


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]
    """yoyo's backend, with a migration and its mark in one transaction.

    yoyo marks in a transaction of its own: killed in between, it would apply the
    migration again.
    """

    def connect(self, dburi: DatabaseURI) -> psycopg.Connection[Any]:
        return connect(make_conninfo(**dburi.args))

    def apply_one(self, migration: Any, force: bool = False, mark: bool = True) -> None:
        self.ensure_internal_schema_updated()
        with self.transaction():
            migration.process_steps(self, "apply", force=force)
            self.mark_one(migration)

    def rollback_one(self, migration: Any, force: bool = False) -> None:
        self.ensure_internal_schema_updated()
        with self.transaction():
            migration.process_steps(self, "rollback", force=force)
            self.unmark_one(migration)


def _database_uri(url: str) -> DatabaseURI:
    """Return yoyo's form of a URL; libpq parses it, because it knows every spelling."""
    return DatabaseURI(
        scheme="postgresql+psycopg",
        username=None,
        password=None,
        hostname=None,
        port=None,
        database="",
        args=conninfo_to_dict(url),
    )
