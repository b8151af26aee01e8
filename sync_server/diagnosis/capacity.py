"""Are there connections enough, is a pooler between, and how long may a statement take?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from sync_server.db.pool import connect
from sync_server.diagnosis.database import Database, row
from sync_server.diagnosis.result import Result, fault, ok, warning

__all__ = ["capacity_results"]

#: Share of what is free that one deployment may take without a word.
_COMFORTABLE = 0.8
_BACKEND = "SELECT pg_backend_pid()"


def capacity_results(database: Database, url: str) -> Iterator[Result]:
    """Yield what limits the number of requests that can be served at once."""
    is_pooled = _is_pooled(database.connection)
    yield (
        _pooler_result(database.connection, url)
        if is_pooled
        else ok("pooler", "none: the server speaks to PostgreSQL itself")
    )
    if not is_pooled:
        yield _connections_result(database)
    yield _threads_result(database)
    yield _statement_timeout_result(database)


def _is_pooled(connection: psycopg.Connection[Any]) -> bool:
    """Return whether whoever accepted this connection is not whoever answers on it.

    A pooler makes up the process id that it gives its clients for cancelling.
    """
    (backend,) = row(connection, _BACKEND)
    return bool(backend != connection.info.backend_pid)


def _pooler_result(connection: psycopg.Connection[Any], url: str) -> Result:
    """Return the pooler's mode: in session mode two clients never share a backend."""
    with connect(url) as other:
        backends = {row(c, _BACKEND)[0] for c in (connection, other, connection, other)}
    if len(backends) == 1:
        return ok("pooler", "in transaction mode, which the server is made for")
    return ok(
        "pooler",
        "there is one; its mode cannot be told from here, and any will do",
    )


def _connections_result(database: Database) -> Result:
    query = """
        SELECT current_setting('max_connections')::int,
               current_setting('superuser_reserved_connections')::int
               + coalesce(current_setting('reserved_connections', true)::int, 0),
               (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user)
    """
    most, reserved, of_role = row(database.connection, query)
    free = most - reserved if of_role < 0 else min(of_role, most - reserved)
    settings = database.settings
    needed = settings.workers * settings.database_pool_size
    workers = "1 worker" if settings.workers == 1 else f"{settings.workers} workers"
    detail = (
        f"{workers} x {settings.database_pool_size} connections = "
        f"{needed} of {free} that PostgreSQL lets this role have"
    )
    remedy = (
        "lower KAZI_DATABASE_POOL_SIZE, raise max_connections, or put a pooler between; "
        "count every machine that serves"
    )
    if needed > free:
        return fault("connections", detail, remedy=remedy)
    if needed > _COMFORTABLE * free:
        return warning("connections", detail, remedy=remedy)
    return ok("connections", detail)


def _threads_result(database: Database) -> Result:
    settings = database.settings
    detail = (
        f"{settings.threads} threads and {settings.database_pool_size} connections "
        "in each worker"
    )
    if settings.threads > settings.database_pool_size:
        return warning(
            "threads",
            f"{detail}: some threads wait for others",
            remedy="set KAZI_DATABASE_POOL_SIZE to KAZI_THREADS at least",
        )
    return ok("threads", detail)


def _statement_timeout_result(database: Database) -> Result:
    (milliseconds,) = row(
        database.connection,
        "SELECT setting::bigint FROM pg_settings WHERE name = 'statement_timeout'",
    )
    ours = database.settings.database_statement_timeout_seconds
    detail = f"the server cancels its statements after {ours} s"
    if 0 < milliseconds < 1000 * ours:
        return warning(
            "statement timeout",
            f"{detail}, PostgreSQL after {milliseconds / 1000:g} s: a migration or the "
            "nightly deletion may not end",
            remedy="ALTER ROLE ... SET statement_timeout = 0, or longer than "
            "KAZI_DATABASE_STATEMENT_TIMEOUT_SECONDS",
        )
    return ok("statement timeout", detail)
