"""No statement holds a thread for ever, whatever happens to the database."""

from __future__ import annotations

import os
import signal
import time

import psycopg
import pytest

from sync_server.db.pool import open_pool
from sync_server.db.watch import ConnectionWatch
from tests.support.pgbouncer import pgbouncer
from tests.support.server_process import wait_until

pytestmark = pytest.mark.direct


@pytest.fixture
def pool(database_url):
    with open_pool(
        # one: a second, opened while the first was, could be lent in a test instead of it
        database_url,
        max_size=1,
        timeout_seconds=2,
        statement_timeout_seconds=1,
    ) as pool:
        yield pool


def test_a_statement_that_waits_for_a_lock_is_cancelled(pool, database_url, caplog):
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE tutorials")
        started = time.monotonic()

        with pytest.raises(psycopg.OperationalError), pool.connection() as connection:
            connection.execute("SELECT 1 FROM tutorials")

        assert 0.9 < time.monotonic() - started < 5
        other.rollback()
        with pool.connection() as connection:
            connection.execute("SELECT 1 FROM tutorials")
    assert "cancelling a statement" in caplog.text


def test_a_pooler_passes_the_cancellation_on(database_url):
    """Afterwards the statement is over in PostgreSQL too, not only here."""
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with (
        pgbouncer(database_url) as pooled_url,
        open_pool(
            pooled_url, max_size=2, timeout_seconds=5, statement_timeout_seconds=1
        ) as pool,
        psycopg.connect(database_url) as other,
    ):
        other.execute("LOCK TABLE tutorials")

        with (
            pytest.raises(psycopg.errors.QueryCanceled),
            pool.connection() as connection,
        ):
            connection.execute("SELECT 1 FROM tutorials")

        assert other.execute(waiting).fetchone() is None


def stop_answering(pool):
    """Stop PostgreSQL's process in the middle, so that not even a cancellation helps."""
    with pool.connection() as connection:
        pid = connection.info.backend_pid
        os.kill(pid, signal.SIGSTOP)
        try:
            connection.execute("SELECT 1")
        finally:
            os.kill(pid, signal.SIGCONT)


def test_a_database_that_answers_nothing_is_cut_off(pool):
    with pytest.raises(psycopg.OperationalError):
        stop_answering(pool)

    with pool.connection() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_connection_that_falls_silent_in_the_pool_costs_one_request(pool):
    with pool.connection() as connection:
        pid = connection.info.backend_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        # silence cannot be told from rest before something is asked
        with pytest.raises(psycopg.OperationalError), pool.connection() as connection:
            connection.execute("SELECT 1")
        # it was cut off, another one takes its place
        with pool.connection(timeout=10) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert connection.info.backend_pid != pid
    finally:
        os.kill(pid, signal.SIGCONT)


def dawdle(pool, database_url):
    """Keep a transaction open and do nothing, until PostgreSQL has heard of its end."""
    with pool.connection() as connection, connection.transaction():
        connection.execute("DELETE FROM content_version")
        pid = connection.info.backend_pid
        with psycopg.connect(database_url, autocommit=True) as other:
            wait_until(lambda: is_gone(other, pid), what="the session ends")


def is_gone(connection, pid):
    statement = "SELECT FROM pg_stat_activity WHERE pid = %s"
    return connection.execute(statement, [pid]).fetchone() is None


def test_a_transaction_that_stands_open_is_rolled_back(pool, database_url, sql):
    with pytest.raises(psycopg.OperationalError):
        dawdle(pool, database_url)

    assert sql("SELECT count(*) FROM content_version") == [(1,)]


def test_short_loans_are_left_alone(database_url):
    watch = ConnectionWatch(60)
    with psycopg.connect(database_url) as connection, watch.watching(connection):
        watch.look()

        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_what_came_back_is_not_cut_off(database_url):
    """The same connection may have a new holder, whose time has just begun."""
    now = [0.0]
    watch = ConnectionWatch(1, monotonic=lambda: now[0])
    with psycopg.connect(database_url) as connection:
        watch.begin(connection)
        now[0] = 2
        watch.look()
        watch.end(connection)
        watch.begin(connection)
        now[0] = 2.5
        watch.look()

        assert connection.execute("SELECT 1").fetchone() == (1,)
