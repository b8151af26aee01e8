"""``/readyz`` says what is wrong, within a second, whatever the database does."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event, Thread

import pytest

from client_sdk.contracts.codec import decode
from client_sdk.contracts.problem import Problem
from sync_server.db.pool import open_pool
from sync_server.db.readiness import Readiness
from tests.support.durable_postgres import durable_postgres
from tests.support.server_process import wait_until


def faults(answer):
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    problem = decode(Problem, answer.json)
    return {error.pointer: error.detail for error in problem.errors}


def test_a_ready_server_has_a_line_for_each_check(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json["status"] == "ok"
    assert [check["name"] for check in answer.json["checks"]] == [
        "database",
        "migrations",
        "clock",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(6, "6 s behind"), (-6, "6 s ahead of"), (3600, "3600 s behind")],
)
def test_a_clock_that_is_off_is_named_with_the_remedy(client, clock, seconds, words):
    clock.now = datetime.now(UTC) + timedelta(seconds=seconds)

    found = faults(client.get("/readyz"))

    assert list(found) == ["/checks/clock"]
    assert "NTP" in found["/checks/clock"]
    # the test's clock stands still while the database's goes on
    number = int(found["/checks/clock"].split(" s ")[0].rpartition(" ")[2])
    assert abs(number - abs(seconds)) <= 1
    assert words.split(" s ")[1] in found["/checks/clock"]


@pytest.mark.parametrize("seconds", [4, -4])
def test_a_clock_that_is_nearly_right_is_no_fault(client, clock, seconds):
    clock.now = datetime.now(UTC) + timedelta(seconds=seconds)

    assert client.get("/readyz").status_code == 200


def test_a_slow_answer_is_not_taken_for_a_wrong_clock(pool):
    moments = (datetime.now(UTC) + timedelta(seconds=10 * i) for i in count(-1))
    readiness = Readiness(pool, migrations=(), clock=lambda: next(moments))

    assert all(finding.is_good for finding in readiness.findings())


def test_a_saturated_pool_holds_the_answer_for_no_more_than_a_second(database_url):
    with (
        open_pool(database_url, max_size=1, timeout_seconds=30) as pool,
        pool.connection(),
    ):
        readiness = Readiness(pool, migrations=(), clock=lambda: datetime.now(UTC))
        started = time.monotonic()
        (finding,) = readiness.findings()

    assert time.monotonic() - started < 2
    assert not finding.is_good
    assert "KAZI_DATABASE_POOL_SIZE" in finding.detail or "1 s" in finding.detail


def test_a_database_that_hangs_holds_one_look_and_no_caller(pool):
    """However many ask while a look hangs, they get their answer in a second."""
    is_over = Event()

    def hanging_clock() -> datetime:
        is_over.wait()
        return datetime.now(UTC)

    readiness = Readiness(pool, migrations=(), clock=hanging_clock)
    answers = []
    askers = [
        Thread(target=lambda: answers.append(readiness.findings())) for _ in range(5)
    ]
    started = time.monotonic()
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert time.monotonic() - started < 3
    assert [finding.name for (finding,) in answers] == ["database"] * 5
    assert pool.get_stats()["pool_available"] >= pool.get_stats()["pool_size"] - 1
    is_over.set()
    wait_until(
        lambda: all(finding.is_good for finding in readiness.findings()),
        what="it heals",
    )


def test_a_long_outage_is_over_when_the_database_is_back():
    """The pool alone would sleep twice as long before each further attempt."""
    with (
        durable_postgres() as postgres,
        open_pool(postgres.url, max_size=2, timeout_seconds=1) as pool,
    ):
        readiness = Readiness(pool, migrations=(), clock=lambda: datetime.now(UTC))

        def is_ready() -> bool:
            return all(finding.is_good for finding in readiness.findings())

        wait_until(is_ready, what="the pool is there")
        postgres.kill()
        assert not any(is_ready() for _ in range(9))
        postgres.start()
        wait_until(is_ready, timeout_seconds=4, what="it is found again")
