"""Clients that send batches at the same instant: what was acknowledged is in the table."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.support.anonymous_user import AnonymousUser, sign_up
from tests.support.server_environ import server_environ
from tests.support.server_process import ServerProcess, running_server

CLIENTS = 4
BATCHES = 12
EVENTS = 100


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of two workers on a database of its own."""
    environ = server_environ(database_url, KAZI_WORKERS="2")
    with running_server("--demo", environ=environ, log=tmp_path / "log") as server:
        yield server


def batch() -> dict[str, object]:
    return {
        "events": [
            {
                "eventId": str(uuid4()),
                "tutorialId": "welcome-tour",
                "stepId": "week",
                "status": "completed",
                "t": 1,
            }
            for _ in range(EVENTS)
        ],
        "sentAt": "2026-01-31T08:30:00Z",
    }


class Client(threading.Thread):
    """Sends its batches one after the other, and every one twice."""

    def __init__(self, url: str, user: AnonymousUser, start: threading.Barrier) -> None:
        super().__init__()
        self._url = url
        self._headers = user.headers
        self._start = start
        self.acknowledged = 0
        self.duplicates = 0

    def run(self) -> None:
        with httpx.Client(base_url=self._url, headers=self._headers) as client:
            self._start.wait()
            for _ in range(BATCHES):
                body = batch()
                for _ in range(2):
                    answer = client.post("/api/tutorial/steps", json=body, timeout=30)
                    receipt = answer.raise_for_status().json()
                    self.acknowledged += receipt["accepted"]
                    self.duplicates += receipt["duplicates"]


@pytest.mark.parametrize("is_one_user", [True, False], ids=["one user", "four users"])
def test_clients_that_batch_at_once_keep_every_acknowledged_event(
    server: ServerProcess, database_url: str, is_one_user: bool
):
    users = [sign_up(server.url)] * CLIENTS
    if not is_one_user:
        users = [sign_up(server.url) for _ in range(CLIENTS)]
    barrier = threading.Barrier(CLIENTS)
    clients = [Client(server.url, user, barrier) for user in users]
    for client in clients:
        client.start()
    for client in clients:
        client.join()

    sent = CLIENTS * BATCHES * EVENTS
    with psycopg.connect(database_url) as connection:
        ((rows, ids),) = connection.execute(
            "SELECT count(*), count(DISTINCT event_id) FROM tutorial_step_events"
        )
    assert sum(client.acknowledged for client in clients) == sent
    assert sum(client.duplicates for client in clients) == sent
    assert (rows, ids) == (sent, sent)
