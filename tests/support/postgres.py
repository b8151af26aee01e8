"""A real PostgreSQL for tests: one server a session, a clone of a migrated template a test.

Import the fixtures in a ``conftest.py``; each process of pytest-xdist has its own server.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from sync_server.db.embedded import start_embedded, stop_embedded
from sync_server.db.migrations import Migrator
from tests.support.pgbouncer import pgbouncer

__all__ = ["PostgresServer", "database_url", "empty_database_url", "postgres"]

_TEMPLATE = "kazi_template"
_EMPTY_TEMPLATE = "template0"


class PostgresServer:
    """A PostgreSQL server in a temporary folder, with a migrated database to clone."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = count(1)
        # a test's database need not survive the machine
        self.execute("ALTER SYSTEM SET fsync = off")
        self.execute("ALTER SYSTEM SET full_page_writes = off")
        self.execute("SELECT pg_reload_conf()")
        self.execute(f"CREATE DATABASE {_TEMPLATE}")
        Migrator(self.url_of(_TEMPLATE)).apply()

    def url_of(self, database: str) -> str:
        """Return the URL of one of the server's databases."""
        parts = conninfo_to_dict(self.url)
        return f"postgresql://{parts['user']}@/{database}?host={parts['host']}"

    @contextmanager
    def database(
        self,
        *,
        template: str = _TEMPLATE,
        is_direct: bool = False,
    ) -> Iterator[str]:
        """Yield the URL of a new database; it is dropped at the end, users included."""
        name = f"test_{next(self._numbers)}"
        identifier = sql.Identifier(name)
        self.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                identifier, sql.Identifier(template)
            )
        )
        try:
            yield self.url_of(name)
        finally:
            self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))

    def execute(self, statement: str | sql.Composed) -> None:
        """Run a statement on the server's own database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


class PooledPostgresServer(PostgresServer):
    """The same, but the tests' databases are reached through a pooler."""

    def __init__(self, url: str, *, pooled_url: str) -> None:
        self._pooled = conninfo_to_dict(pooled_url)
        super().__init__(url)

    @contextmanager
    def database(
        self, *, template: str = _TEMPLATE, is_direct: bool = False
    ) -> Iterator[str]:
        """Yield the URL of a new database behind the pooler, or before it."""
        with super().database(template=template) as url:
            if is_direct:
                yield url
                return
            name = conninfo_to_dict(url)["dbname"]
            parts = self._pooled
            yield f"postgresql://{parts['user']}@{parts['host']}:{parts['port']}/{name}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server with a migrated template database.

    With ``TEST_POOLER=1`` in the environment every database of a test is reached
    through a pooler in transaction mode, unless the test is marked ``direct``.
    """
    # not under pytest's own folder: as root, PostgreSQL's user must reach it
    root = Path(tempfile.mkdtemp(prefix="kazi-test-", dir=_fastest_folder()))
    try:
        folder = root / "postgres"
        url = start_embedded(folder)
        if os.environ.get("TEST_POOLER") == "1":
            # tests of races hold several transactions open at once
            with pgbouncer(url, options={"default_pool_size": "20"}) as pooled_url:
                yield PooledPostgresServer(url, pooled_url=pooled_url)
        else:
            yield PostgresServer(url)
        stop_embedded(folder)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _fastest_folder() -> str | None:
    """Return memory's folder where it has room: a clone then takes a third of the time."""
    memory = Path("/dev/shm")
    is_roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 * 1024**3
    return str(memory) if is_roomy and os.access(memory, os.W_OK) else None


@pytest.fixture
def database_url(
    postgres: PostgresServer, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The URL of a migrated database that this test has to itself."""
    with postgres.database(is_direct=_is_direct(request)) as url:
        yield url


@pytest.fixture
def empty_database_url(
    postgres: PostgresServer, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The URL of an empty database that this test has to itself."""
    with postgres.database(
        template=_EMPTY_TEMPLATE, is_direct=_is_direct(request)
    ) as url:
        yield url


def _is_direct(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("direct") is not None
