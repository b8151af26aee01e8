"""Two real workers let one user in about as often as one worker would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.anonymous_user import sign_up
from tests.support.server_environ import server_environ
from tests.support.server_process import ServerProcess, running_server, wait_until

CONFIG = "/api/tutorial/config?tutorialId=welcome-tour"
PER_MINUTE = 100
WORKERS = 2


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[ServerProcess]:
    limit = {"KAZI_USER_REQUESTS_PER_MINUTE": str(PER_MINUTE)}
    environ = server_environ(database_url, **limit)
    log = tmp_path / "server.log"
    with running_server(
        "--demo", "--workers", str(WORKERS), environ=environ, log=log
    ) as server:
        wait_until(
            lambda: len(psutil.Process(server.pid).children()) >= WORKERS,
            what="both workers live",
        )
        yield server


@pytest.fixture
def user(server: ServerProcess) -> dict[str, str]:
    return sign_up(server.url).headers


@pytest.fixture
def ask(server: ServerProcess, user: dict[str, str]) -> Iterator[Callable[[], int]]:
    """Ask on a connection of its own each time: the kernel chooses the worker."""
    alone = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=server.url, headers=user, limits=alone) as http:
        yield lambda: http.get(CONFIG).status_code


def test_a_steady_user_gets_what_the_limit_says_and_a_second_more(ask):
    """20 requests a second.  In the second between two exchanges each worker may let in
    what the other does not know of yet."""
    admitted, refused, started = 0, 0, time.monotonic()
    while refused < 40:
        status = ask()
        assert status in (200, 429)
        admitted += status == 200
        refused += status == 429
        due = started + (admitted + refused) / 20
        time.sleep(max(0.0, due - time.monotonic()))

    assert PER_MINUTE <= admitted <= PER_MINUTE + 2 * 20


def test_a_burst_gets_at_most_the_limit_of_each_worker(ask):
    """The worst case: everything comes before the first exchange."""
    statuses = [ask() for _ in range(PER_MINUTE * (WORKERS + 1))]

    admitted = statuses.count(200)
    assert PER_MINUTE <= admitted <= PER_MINUTE * WORKERS
    # afterwards both know, whoever is asked
    wait_until(lambda: {ask() for _ in range(10)} == {429}, what="all refuse")
