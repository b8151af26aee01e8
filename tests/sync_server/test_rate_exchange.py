"""Workers learn from each other what somebody asked for, through PostgreSQL."""

from __future__ import annotations

import logging
import threading

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from sync_server.db.pool import open_pool
from sync_server.ratelimits.counting import KEPT_SLICES, SLICE_SECONDS
from sync_server.ratelimits.exchange import Exchange
from sync_server.ratelimits.limit import Limit
from sync_server.ratelimits.store import RateCount, RateStore
from tests.support.server_process import wait_until

SECRET = b"s" * 32
START = 1_900_000_000.0
PER_MINUTE = 100


class Worker:
    """What one process holds: its own counts, and its exchange with the others."""

    def __init__(self, pool, seconds, *, per_minute=PER_MINUTE):
        self.limit = Limit("user", per_minute, seconds=seconds)
        self.exchange = Exchange(
            [self.limit], RateStore(pool), secret=SECRET, seconds=seconds
        )

    def admits(self, count, key="somebody"):
        """Return how many of ``count`` requests are let in."""
        return sum(self.limit.take(key) is None for _ in range(count))


class Seconds:
    now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def workers(pool, seconds):
    return [Worker(pool, seconds) for _ in range(3)]


def exchange(*workers):
    """Let each hear of what all said."""
    for _ in range(2):
        for worker in workers:
            worker.exchange.exchange()


def test_what_one_worker_counted_counts_at_the_others(workers):
    one, two, _ = workers
    assert one.admits(60) == 60
    assert two.admits(10) == 10
    exchange(two, one)

    # a worker asks about those who asked it since
    assert one.admits(1) == 1
    exchange(one)
    assert one.admits(100) == 29
    exchange(one)
    assert two.admits(1) == 1
    exchange(two)
    assert two.admits(100) == 0


def test_a_worker_that_meets_a_key_late_learns_of_the_whole_minute(workers, seconds):
    one, two, _ = workers
    for _ in range(3):
        one.admits(30)
        exchange(one)
        seconds.now += SLICE_SECONDS
    assert two.admits(5) == 5
    exchange(two)

    assert two.admits(100) == 5


def test_all_together_admit_the_limit_and_what_fits_between_two_exchanges(workers):
    """Each may let in what comes before it hears of the others, and no more."""
    admitted = sum(worker.admits(90) for worker in workers)
    for _ in range(5):
        exchange(*workers)
        admitted += sum(worker.admits(90) for worker in workers)

    assert admitted <= 3 * 90 + 10 * 3


def test_after_the_minute_everybody_starts_anew(workers, seconds):
    one, two, _ = workers
    one.admits(100)
    two.admits(5)
    exchange(one, two)
    assert two.admits(1) == 0

    seconds.now += KEPT_SLICES * SLICE_SECONDS

    exchange(one, two)
    assert two.admits(50) == 50
    exchange(one, two)
    assert one.admits(5) == 5


def test_simultaneous_exchanges_add_up(database_url, seconds):
    with open_pool(database_url, max_size=8, timeout_seconds=5) as pool:
        workers = [Worker(pool, seconds, per_minute=10_000) for _ in range(6)]
        keys = [f"user-{number}" for number in range(20)]

        def work(worker):
            for _ in range(10):
                for key in keys:
                    worker.admits(60, key)
                worker.exchange.exchange()

        threads = [threading.Thread(target=work, args=[each]) for each in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with pool.connection() as connection:
            counts = connection.execute(
                "SELECT sum(count) FROM rate_counts GROUP BY key"
            ).fetchall()

    assert counts == [(6 * 10 * 60,)] * 20


def test_who_asks_little_is_not_told(workers, sql):
    one = workers[0]
    one.admits(4)
    exchange(one)

    assert sql("SELECT count(*) FROM rate_counts") == [(0,)]


def test_nobody_is_named_in_the_table(pool, seconds, sql):
    worker = Worker(pool, seconds)
    worker.admits(50, "192.0.2.1")
    worker.exchange.exchange()

    ((key,),) = sql("SELECT key FROM rate_counts")
    assert b"192.0.2.1" not in key
    another = Exchange([worker.limit], RateStore(pool), secret=b"t" * 32)
    worker.admits(1, "192.0.2.1")
    another.exchange()
    assert len(sql("SELECT DISTINCT key FROM rate_counts")) == 2


def test_old_slices_are_deleted(pool, workers, seconds, sql):
    RateStore(pool).exchange([RateCount(b"k", int(START) - 600, 5)], oldest=0)

    workers[0].exchange.exchange()

    assert sql("SELECT count(*) FROM rate_counts") == [(0,)]


def test_a_table_that_lost_its_rows_takes_nothing_back(workers, sql):
    """PostgreSQL empties an unlogged table after a crash."""
    one, two, _ = workers
    one.admits(60)
    two.admits(5)
    exchange(one, two)
    sql("TRUNCATE rate_counts")
    two.admits(5)
    exchange(one, two)

    assert one.admits(100) <= 40
    assert two.admits(100) <= 35


def test_without_the_database_each_worker_keeps_its_own_limit(workers, pool):
    one = workers[0]
    pool.close()
    one.admits(60)

    with pytest.raises(psycopg.OperationalError):
        one.exchange.exchange()
    assert one.admits(100) == 40


@pytest.mark.direct
def test_the_thread_survives_an_outage_and_tells_it_once(
    database_url, postgres, caplog
):
    limit = Limit("user", 100)
    name = conninfo_to_dict(database_url)["dbname"]
    with open_pool(database_url, max_size=2, timeout_seconds=1) as pool:
        exchange = Exchange([limit], RateStore(pool), secret=SECRET)
        postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{name}'"
        )
        exchange.start()

        def is_told():
            limit.take("somebody")
            limit._warm.setdefault("somebody", limit._young["somebody"])
            return "rate limits hold in each worker alone" in caplog.text

        with caplog.at_level(logging.WARNING):
            wait_until(is_told, what="the outage is told")
        postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

        def is_shared():
            for _ in range(10):
                limit.take("somebody")
            with psycopg.connect(database_url) as connection:
                row = connection.execute("SELECT count(*) FROM rate_counts").fetchone()
            return row is not None and row[0] > 0

        wait_until(is_shared, what="counts are shared again")
        exchange.stop()
    assert caplog.text.count("rate limits hold in each worker alone") == 1
