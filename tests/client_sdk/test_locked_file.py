"""Another process keeps the file: the sync thread waits for it, and nobody behind it."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from client_sdk import TutorialClient
from client_sdk._storage import FILE_NAME, Database
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.refused_writes import refused_writes


class LongWait(Database):
    """The sync thread's connection, to a file that another process does not let go of."""

    def __init__(self, background: Database) -> None:
        super().__init__(background._connect, background.connection)
        self.has_begun = threading.Event()
        self.may_end = threading.Event()
        self.has_ended = False

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        self.has_begun.set()
        self.may_end.wait(20)
        self.has_ended = True
        with super().transaction() as connection:
            yield connection

    @contextmanager
    def begun_by(self, client: TutorialClient) -> Iterator[None]:
        """Have the client's sync thread wait for as long as the block runs."""
        client.wake()
        assert self.has_begun.wait(10)
        try:
            yield
        finally:
            self.may_end.set()


def ping(client: TutorialClient) -> None:
    client.ping("welcome-tour", "intro", "started")


def answer(client: TutorialClient) -> None:
    client.submit_survey("welcome-tour", nps=9)


def sign_in(client: TutorialClient) -> None:
    client.identify(lambda: "none")


@pytest.mark.parametrize("before", [ping, answer, sign_in])
def test_nobody_waits_while_the_sync_thread_does(
    client: TutorialClient, tmp_path: Path, before: Callable[[TutorialClient], None]
):
    session = client.tutorial("welcome-tour")
    session.start()
    with refused_writes(client):
        # Before anything wakes the sync thread, which would else store it at once.
        wait = LongWait(client._core.storage.background)
        client._core.storage._background = wait
        before(client)
    rude = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    rude.execute("BEGIN IMMEDIATE")
    with wait.begun_by(client):
        session.next()
        for call in (ping, answer, sign_in):
            call(client)
        client.log_out()
        client.log_out(wipe=True)
        client.opt_out()
        client.opt_in()
        client.status()

        assert not wait.has_ended
        rude.close()


def test_a_signals_handler_may_report_in_the_midst_of_a_report(
    open_client: OpenClient, tmp_path: Path
):
    client = open_client()

    def interrupted() -> None:
        with client._core.pings._held_lock, client._core.surveys._held_lock:
            client.log_out()
        with client._guard._lock:
            client.ping("welcome-tour", "intro", "strated")
        with client._core.identity._lock:
            client.opt_out()

    with refused_writes(client):
        ping(client)
        thread = threading.Thread(target=interrupted, daemon=True)
        thread.start()
        thread.join(10)

    assert not thread.is_alive()


def test_only_the_first_ping_waits_for_another_process(
    open_client: OpenClient, tmp_path: Path
):
    client = open_client()
    rude = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    rude.execute("BEGIN IMMEDIATE")
    ping(client)
    client._core.storage.foreground.execute("PRAGMA busy_timeout = 60000")
    thread = threading.Thread(target=lambda: ping(client), daemon=True)
    thread.start()
    thread.join(10)
    is_late = thread.is_alive()
    held = client.status().held
    rude.close()
    ping(client)

    assert not is_late
    assert held == 2
    assert client.status().held == 0
    assert client.status().queued_pings == 3
