"""Apps and servers killed at any moment: PostgreSQL holds every event exactly once."""

import base64
import os
import random
import secrets
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from client_sdk import ClientConfig, TutorialClient
from client_sdk._storage import FILE_NAME
from tests.support.server_process import ServerProcess, wait_until

APP = Path(__file__).parent / "stepping_app.py"
QUIET = ClientConfig(
    flush_interval_seconds=3600,
    backoff_max_seconds=0.2,
    max_queued_pings=10_000_000,
)


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server on a database of its own, with the demo tour."""
    environ = {
        "KAZI_DATABASE_URL": database_url,
        "KAZI_JWT_SECRET": secrets.token_urlsafe(48),
        "KAZI_COMMENT_KEY": base64.b64encode(os.urandom(32)).decode(),
    }
    process = ServerProcess("--demo", environ=environ, log=tmp_path / "server.log")
    process.start()
    yield process
    process.kill()


class App:
    """A child process that steps through the tour, and what it has promised."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.promised = 0
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            # A kill may cut the last line short: what was not said whole does not count.
            if line.endswith("\n"):
                self.promised = int(line)

    def wait_for(self, promised: int) -> None:
        """Return when the app has promised so many events."""
        wait_until(lambda: self.promised >= promised, what="the app steps on")

    def kill(self) -> int:
        """Kill with SIGKILL and return how many events the app had promised."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.promised


@contextmanager
def stepping(url: str, storage: Path) -> Iterator[App]:
    command = [sys.executable, str(APP), url, str(storage)]
    environ = {**os.environ, "PYTHONPATH": str(APP.parents[2])}
    app = App(subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True))
    try:
        yield app
    finally:
        app.kill()


def cache_the_tour(url: str, storage: Path) -> None:
    with TutorialClient(url, storage_dir=storage, config=QUIET) as client:
        session = client.tutorial("welcome-tour")
        wait_until(lambda: session.config is not None, what="the config is cached")


def drain(url: str, storage: Path) -> None:
    with TutorialClient(url, storage_dir=storage, config=QUIET) as client:
        wait_until(
            lambda: client.flush(timeout_seconds=5).remaining == 0,
            timeout_seconds=120,
            what="the queue is empty",
        )
        assert client.status().set_aside == 0


def last_seq(storage: Path) -> int:
    """Return the highest sequence number that the device ever gave."""
    query = "SELECT ifnull(max(seq), 0) FROM pings"
    with closing(sqlite3.connect(storage / FILE_NAME)) as connection:
        ((value,),) = connection.execute(query)
    return int(value)


def stored(database_url: str) -> list[tuple[int, str, str, str]]:
    query = "SELECT seq, run_id::text, step_id, status FROM tutorial_step_events ORDER BY id"
    with psycopg.connect(database_url) as connection:
        return connection.execute(query).fetchall()


def wait_for_more_events(database_url: str) -> None:
    before = len(stored(database_url))
    wait_until(lambda: len(stored(database_url)) > before, what="events arrive")


def assert_exactly_once(database_url: str, storage: Path, promised: int) -> None:
    events = stored(database_url)
    assert sorted(seq for seq, *_ in events) == list(range(1, last_seq(storage) + 1))
    assert len(events) >= promised
    completed = [
        (run, step) for _, run, step, status in events if status == "completed"
    ]
    assert len(completed) == len(set(completed))


@pytest.mark.timeout(240)
def test_no_kill_of_the_app_loses_or_doubles_an_event(
    server: ServerProcess, database_url: str, tmp_path: Path
):
    draw = random.Random(20261122)
    storage = tmp_path / "device"
    cache_the_tour(server.url, storage)
    promised = 0
    for _ in range(12):
        with stepping(server.url, storage) as app:
            app.wait_for(draw.randrange(1, 2_500))
            promised += app.kill()
    drain(server.url, storage)

    assert_exactly_once(database_url, storage, promised)


@pytest.mark.timeout(240)
def test_no_kill_of_the_server_loses_or_doubles_an_event(
    server: ServerProcess, database_url: str, tmp_path: Path
):
    draw = random.Random(22112026)
    storage = tmp_path / "device"
    cache_the_tour(server.url, storage)
    with stepping(server.url, storage) as app:
        for _ in range(4):
            wait_for_more_events(database_url)
            app.wait_for(app.promised + draw.randrange(1, 300))
            server.kill()
            app.wait_for(app.promised + 20)
            server.start()
        promised = app.kill()
    drain(server.url, storage)

    assert_exactly_once(database_url, storage, promised)


def test_a_tour_begun_online_is_finished_offline_and_arrives_later(
    server: ServerProcess, database_url: str, tmp_path: Path
):
    storage = tmp_path / "device"
    cache_the_tour(server.url, storage)
    server.kill()
    with TutorialClient(server.url, storage_dir=storage, config=QUIET) as client:
        session = client.tutorial("welcome-tour")
        session.start()
        while session.next():
            pass
        session.submit_survey(nps=9, comment="offline on a train")
        assert client.flush(timeout_seconds=5).remaining == client.status().queued > 0
    server.start()
    drain(server.url, storage)

    assert_exactly_once(database_url, storage, 2 * session.size)
    with psycopg.connect(database_url) as connection:
        ((nps, comment),) = connection.execute(
            "SELECT nps, comment FROM tutorial_surveys"
        )
    assert nps == 9
    assert "train" not in comment
