"""Clients that send batches at the same instant: what was acknowledged is in the table."""

from __future__ import annotations

import base64
import os
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from client_sdk.contracts.identity import encode_secret
from tests.support.server_process import ServerProcess, running_server

CLIENTS = 4
BATCHES = 12
EVENTS = 100


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of two workers on a database of its own."""
    environ = {
        "KAZI_DATABASE_URL": database_url,
        "KAZI_JWT_SECRET": secrets.token_urlsafe(48),
        "KAZI_COMMENT_KEY": base64.b64encode(os.urandom(32)).decode(),
        "KAZI_WORKERS": "2",
    }
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

    def __init__(self, url: str, token: str, start: threading.Barrier) -> None:
        super().__init__()
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
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


def token(url: str) -> str:
    secret = {"secret": encode_secret(os.urandom(32))}
    answer = httpx.post(f"{url}/api/tutorial/anonymous", json=secret)
    return str(answer.raise_for_status().json()["token"])


@pytest.mark.parametrize("is_one_user", [True, False], ids=["one user", "four users"])
def test_clients_that_batch_at_once_keep_every_acknowledged_event(
    server: ServerProcess, database_url: str, is_one_user: bool
):
    tokens = [token(server.url)] * CLIENTS
    if not is_one_user:
        tokens = [token(server.url) for _ in range(CLIENTS)]
    barrier = threading.Barrier(CLIENTS)
    clients = [Client(server.url, token, barrier) for token in tokens]
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
