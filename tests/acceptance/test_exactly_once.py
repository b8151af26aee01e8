"""Apps and servers killed at any moment: PostgreSQL holds every event exactly once."""

import random
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest

from client_sdk import TutorialClient
from tests.support.app_config import PATIENT
from tests.support.device_folder import Remains, cache_the_tour, drain
from tests.support.killable_app import KillableApp, running_app
from tests.support.server_process import ServerProcess, wait_until

APP = Path(__file__).parent / "stepping_app.py"


def stepping(
    server: ServerProcess, storage: Path
) -> AbstractContextManager[KillableApp]:
    return running_app(APP, server.url, storage)


def stored(database_url: str) -> list[tuple[int, str, str, str]]:
    query = "SELECT seq, run_id::text, step_id, status FROM tutorial_step_events ORDER BY id"
    with psycopg.connect(database_url) as connection:
        return connection.execute(query).fetchall()


def wait_for_more_events(database_url: str) -> None:
    before = len(stored(database_url))
    wait_until(lambda: len(stored(database_url)) > before, what="events arrive")


def assert_exactly_once(database_url: str, remains: Remains, promised: int) -> None:
    assert remains.set_aside == []
    events = stored(database_url)
    assert sorted(seq for seq, *_ in events) == list(range(1, remains.last_seq + 1))
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
        with stepping(server, storage) as app:
            app.wait_for("event", draw.randrange(1, 600))
            app.kill()
            promised += app.numbers["event"]
    remains = drain(server.url, storage)

    assert_exactly_once(database_url, remains, promised)


@pytest.mark.timeout(240)
def test_no_kill_of_the_server_loses_or_doubles_an_event(
    server: ServerProcess, database_url: str, tmp_path: Path
):
    draw = random.Random(22112026)
    storage = tmp_path / "device"
    cache_the_tour(server.url, storage)
    with stepping(server, storage) as app:
        for _ in range(4):
            wait_for_more_events(database_url)
            app.wait_for("event", app.numbers["event"] + draw.randrange(1, 300))
            server.kill()
            app.wait_for("event", app.numbers["event"] + 20)
            server.start()
        app.kill()
    remains = drain(server.url, storage)

    assert_exactly_once(database_url, remains, app.numbers["event"])


def test_a_tour_begun_online_is_finished_offline_and_arrives_later(
    server: ServerProcess, database_url: str, tmp_path: Path
):
    storage = tmp_path / "device"
    cache_the_tour(server.url, storage)
    server.kill()
    with TutorialClient(server.url, storage_dir=storage, config=PATIENT) as client:
        session = client.tutorial("welcome-tour")
        session.start()
        while session.next():
            pass
        session.submit_survey(nps=9, comment="offline on a train")
        assert client.flush(timeout_seconds=5).remaining == client.status().queued > 0
    server.start()
    remains = drain(server.url, storage)

    assert_exactly_once(database_url, remains, 2 * session.size)
    with psycopg.connect(database_url) as connection:
        ((nps, comment),) = connection.execute(
            "SELECT nps, comment FROM tutorial_surveys"
        )
    assert nps == 9
    assert "train" not in comment
