"""Connections to PostgreSQL, fit for a transaction-mode pooler in between."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import Connection, Error
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from sync_server.db.outage import Outage
from sync_server.db.watch import ConnectionWatch

__all__ = ["Pool", "connect", "describe", "lent", "open_pool", "reason"]

Pool = ConnectionPool[Connection[TupleRow]]

#: Seconds until a connection attempt, and milliseconds until unanswered bytes, count as
#: failed: a database that vanished from the network must not hold a request for minutes.
_NETWORK_TIMEOUTS = {"connect_timeout": 5, "tcp_user_timeout": 10_000}

#: Seconds for which the pool itself goes on trying to connect.  It waits twice as long
#: before each further try, so that after a long outage it would sleep for minutes in
#: front of a database that is back; once it has given up, the next request tries at once.
_RECONNECT_SECONDS = 2


#: Seconds for which a connection that came back in order counts as being so.
_TRUSTED_SECONDS = 0.1
#: Longest time for which one request may hold a connection; see the setting.
STATEMENT_TIMEOUT_SECONDS = 15.0


def connect(url: str) -> Connection[TupleRow]:
    """Return a connection without session state.

    Autocommit and no server-side prepared statements: behind a pooler the next statement
    may meet another PostgreSQL session.
    """
    return Connection.connect(_conninfo(url), **_options())


def _options() -> dict[str, Any]:
    """Return how every connection is made."""
    return {"autocommit": True, "prepare_threshold": None}


class _WatchedPool(ConnectionPool[Connection[TupleRow]]):
    """A pool that lets nobody keep a connection for longer than its watch allows.

    While the database is away one caller waits for it; the others get PoolTimeout at once.
    """

    def __init__(self, url: str, *, watch: ConnectionWatch, **options: Any) -> None:
        self._watch = watch
        self._outage = Outage()
        #: When each connection came back, on the monotonic clock.
        self._returned: WeakKeyDictionary[Connection[TupleRow], float] = (
            WeakKeyDictionary()
        )
        super().__init__(_conninfo(url), check=self._try, **options)
        watch.start()

    def getconn(self, timeout: float | None = None) -> Connection[TupleRow]:
        seconds = self.timeout if timeout is None else timeout
        if not self._outage.may_try(seconds):
            raise PoolTimeout("the database was away a moment ago")
        try:
            connection = super().getconn(timeout)
        except PoolTimeout:
            # where somebody holds a connection, the pool is busy and the database there
            if not self._watch.is_anything_lent():
                self._outage.begin()
            raise
        self._outage.end()
        self._watch.begin(connection)
        return connection

    def putconn(self, conn: Connection[TupleRow]) -> None:
        self._watch.end(conn)
        self._returned[conn] = time.monotonic()
        super().putconn(conn)

    def close(self, timeout: float = 5.0) -> None:
        self._watch.stop()
        super().close(timeout)

    def _try(self, connection: Connection[TupleRow]) -> None:
        """OperationalError if the connection has ended.

        Its end, or the notice of it, makes an idle socket readable: to ask the system
        costs two microseconds, to ask PostgreSQL every time a good part of a ping.  A
        busy connection is not even asked about: the system call gives up the
        interpreter's lock, and to get that back takes longer than the call.
        """
        if time.monotonic() - self._returned.get(connection, 0.0) < _TRUSTED_SECONDS:
            return
        readiness = select.poll()
        readiness.register(connection.fileno(), select.POLLIN)
        if readiness.poll(0):
            with self._watch.watching(connection):
                self.check_connection(connection)


def open_pool(
    url: str,
    *,
    max_size: int,
    timeout_seconds: float,
    statement_timeout_seconds: float = STATEMENT_TIMEOUT_SECONDS,
) -> Pool:
    """Return a pool that fills in the background; a request waits at most the timeout.

    A connection on which PostgreSQL has spoken unasked is tried before it is lent, so
    that a PostgreSQL that was restarted costs no request.  Whoever keeps one for longer than ``statement_timeout_seconds``
    gets psycopg's OperationalError.
    """
    return _WatchedPool(
        url,
        watch=ConnectionWatch(statement_timeout_seconds),
        min_size=1,
        max_size=max_size,
        timeout=timeout_seconds,
        reconnect_timeout=_RECONNECT_SECONDS,
        kwargs=_options(),
        open=True,
    )


@contextmanager
def lent(pool: Pool) -> Iterator[Connection[TupleRow]]:
    """Lend a connection for one statement: what ``pool.connection()`` does without the
    end of a transaction, which is none in autocommit.
    """
    connection = pool.getconn()
    try:
        yield connection
    finally:
        pool.putconn(connection)


def describe(url: str) -> str:
    """Return what a person needs to find the database: host, port, name, no password."""
    parts = conninfo_to_dict(url)
    host, port = parts.get("host", "localhost"), parts.get("port", 5432)
    return f"database {parts.get('dbname', '?')!r} on {host}:{port}"


def reason(exc: Error) -> str:
    """Return why the (last) attempt to connect failed, without libpq's words around it."""
    lines = str(exc).strip().splitlines() or [type(exc).__name__]
    attempts = [line for line in lines if " failed: " in line] or lines[:1]
    return attempts[-1].rpartition(" failed: ")[2].strip()


def _conninfo(url: str) -> str:
    # PGCLIENTENCODING, or a database without an encoding, would make bytes of texts
    given = conninfo_to_dict(url) | {"client_encoding": "UTF8"}
    return make_conninfo("", **(_NETWORK_TIMEOUTS | given))
