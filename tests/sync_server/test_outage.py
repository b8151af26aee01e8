"""While the database is away one request waits for it, and the server stays quick."""

from __future__ import annotations

import base64
import threading
import time
from pathlib import Path

import httpx
import psycopg_pool
import pytest

from sync_server.db.migrations import Migrator
from sync_server.db.outage import Outage
from sync_server.db.pool import open_pool
from tests.support.durable_postgres import durable_postgres
from tests.support.server_process import running_server, wait_until


class Monotonic:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class TestTurns:
    def test_without_an_outage_everybody_may_try(self):
        outage = Outage(monotonic=Monotonic())

        assert all(outage.may_try(5) for _ in range(3))

    def test_after_a_failure_one_at_a_time_may(self):
        clock = Monotonic()
        outage = Outage(monotonic=clock)
        outage.begin()

        assert not outage.may_try(5)
        clock.now += 1
        assert [outage.may_try(5) for _ in range(3)] == [True, False, False]

    def test_a_try_that_never_comes_back_gives_the_turn_to_another(self):
        clock = Monotonic()
        outage = Outage(monotonic=clock)
        outage.begin()
        clock.now += 1
        assert outage.may_try(5)
        clock.now += 5.9
        assert not outage.may_try(5)
        clock.now += 0.2

        assert outage.may_try(5)

    def test_success_lets_everybody_in(self):
        outage = Outage(monotonic=Monotonic())
        outage.begin()
        outage.end()

        assert all(outage.may_try(5) for _ in range(3))


def test_a_busy_pool_is_no_outage(database_url):
    with open_pool(database_url, max_size=1, timeout_seconds=0.2) as pool:
        with pool.connection():
            for _ in range(2):
                started = time.monotonic()
                with pytest.raises(psycopg_pool.PoolTimeout), pool.connection():
                    pass
                assert time.monotonic() - started >= 0.19
        with pool.connection() as connection:
            connection.execute("SELECT 1")


def test_probes_are_answered_while_requests_find_no_database(tmp_path: Path):
    """More requests than threads, and each would hold its thread for five seconds."""
    with durable_postgres() as postgres:
        Migrator(postgres.url).apply()
        environ = {
            "KAZI_DATABASE_URL": postgres.url,
            "KAZI_JWT_SECRET": "s" * 32,
            "KAZI_COMMENT_KEY": base64.b64encode(b"k" * 32).decode(),
            # the senders are one user, and ask for as long as the start takes
            "KAZI_USER_REQUESTS_PER_MINUTE": "0",
        }
        log = tmp_path / "server.log"
        with running_server("--demo", environ=environ, log=log) as server:
            secret = {
                "secret": base64.urlsafe_b64encode(b"s" * 32).decode().rstrip("=")
            }
            token = httpx.post(
                f"{server.url}/api/tutorial/anonymous", json=secret
            ).json()["token"]
            headers = {"Authorization": f"Bearer {token}"}
            event = {"tutorialId": "welcome-tour", "stepId": "welcome"}
            body = {**event, "status": "started", "t": 1}
            stop = threading.Event()
            statuses: list[int] = []

            def send() -> None:
                with httpx.Client(headers=headers, timeout=60) as client:
                    while not stop.is_set():
                        url = f"{server.url}/api/tutorial/step"
                        statuses.append(client.post(url, json=body).status_code)
                        stop.wait(0.05)

            senders = [threading.Thread(target=send) for _ in range(12)]
            for sender in senders:
                sender.start()
            try:
                wait_until(lambda: 204 in statuses, what="steps are stored")
                postgres.kill()
                wait_until(lambda: statuses.count(503) > 50, what="steps are refused")
                slowest = max(seconds_of(f"{server.url}/healthz") for _ in range(20))
                postgres.start()
                before = statuses.count(204)
                wait_until(
                    lambda: statuses.count(204) > before + 12,
                    timeout_seconds=10,
                    what="steps are stored again",
                )
            finally:
                stop.set()
                for sender in senders:
                    sender.join()

    assert set(statuses) == {204, 503}
    assert slowest < 1.5


def seconds_of(url: str) -> float:
    started = time.monotonic()
    assert httpx.get(url, timeout=60).status_code == 200
    return time.monotonic() - started
