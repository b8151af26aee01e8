"""How long a sync that failed waits, whoever asks."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from client_sdk import Unreachable
from client_sdk.testing import FakeClock, FakeServer, problem_response
from tests.client_sdk.conftest import QUIET, OpenClient
from tests.client_sdk.pings import ping_all
from tests.client_sdk.refused_writes import refused_commits, refused_writes


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_retry_after_is_obeyed_even_when_woken(
    open_client: OpenClient, server: FakeServer, clock: FakeClock, as_date: bool
):
    client = open_client()
    ping_all(client, 1)
    in_an_hour = datetime.fromtimestamp(clock.now_ms() / 1000 + 3600, UTC)
    value = format_datetime(in_an_hour, usegmt=True) if as_date else "3600"
    busy = problem_response(503, "busy", headers={"retry-after": value})
    server.script = [server.answer, busy]
    client.flush(timeout_seconds=10)
    asked = len(server.requests)

    result = client.flush(timeout_seconds=0.2)

    assert result.error == "time ran out"
    assert len(server.requests) == asked


def test_retry_after_is_kept_when_another_request_finds_nobody(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    client.tutorial("welcome-tour")
    client.ping("welcome-tour", "intro", "started")
    busy = problem_response(503, "busy", headers={"retry-after": "3600"})
    server.script = [server.answer, busy, Unreachable("gone")]
    client.flush(timeout_seconds=10)
    asked = len(server.requests)

    client.flush(timeout_seconds=0.2)

    assert len(server.requests) == asked


def test_a_date_to_retry_after_is_read_by_the_servers_clock(
    open_client: OpenClient, server: FakeServer, clock: FakeClock
):
    clock.jump(-365 * 24 * 3600)
    client = open_client()
    client.ping("welcome-tour", "intro", "started")
    now = datetime(2026, 11, 22, tzinfo=UTC)
    headers = {
        "date": format_datetime(now, usegmt=True),
        "retry-after": format_datetime(now + timedelta(seconds=0), usegmt=True),
    }
    server.script = [server.answer, problem_response(503, "busy", headers=headers)]
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert len(server.pings) == 1


def test_asking_for_a_tutorial_in_a_listener_does_not_undo_the_back_off(
    open_client: OpenClient, server: FakeServer
):
    config = replace(QUIET, backoff_initial_seconds=600, backoff_max_seconds=600)
    client = open_client(config=config)
    asked = threading.Event()

    def ask(event: object) -> None:
        client.tutorial("welcome-tour")
        if len(server.requests) > 20:
            asked.set()

    server.script = [problem_response(500, "down")] * 1000
    client.subscribe(ask)
    client.flush(timeout_seconds=10)

    assert not asked.wait(0.3)


def test_a_flush_counts_what_the_file_still_refuses(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    server.online = False
    with refused_writes(client):
        client.ping("welcome-tour", "intro", "started")
        result = client.flush(timeout_seconds=10)

    assert result.remaining == 1
    assert result.error is not None


def test_an_answer_that_the_disk_refuses_at_the_last_moment_waits_for_the_next_sync(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    with refused_commits(client):
        client.submit_survey("welcome-tour", nps=7, comment="kept")
        client.flush(timeout_seconds=10)
        assert server.surveys == {}
    client.flush(timeout_seconds=10)

    assert [one["comment"] for one in server.surveys.values()] == ["kept"]
    assert client.status().held == 0
