"""Which content a tour shows, and when it can start."""

import sqlite3
from dataclasses import replace

from client_sdk import SessionStatus, TutorialClient
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import QUIET, OpenClient, tour


def refuse_reads(connection: sqlite3.Connection, table: str) -> None:
    """Have the file refuse from now on to tell what a table holds."""

    def judge(action: int, name: str | None, *_: str | None) -> int:
        is_refused = action == sqlite3.SQLITE_READ and name == table
        return sqlite3.SQLITE_DENY if is_refused else sqlite3.SQLITE_OK

    connection.set_authorizer(judge)


def test_a_run_keeps_its_content_when_the_server_has_new(
    client: TutorialClient,
    open_client: OpenClient,
    server: FakeServer,
    clock: FakeClock,
):
    session = client.tutorial("welcome-tour")
    session.start()
    server.configs["welcome-tour"] = tour("other", "content", version=2)
    clock.advance(3600)
    client.tutorial("welcome-tour")
    client.flush(timeout_seconds=10)

    resumed = open_client().tutorial("welcome-tour")

    assert resumed.start() == session.step
    assert resumed.config is not None
    assert resumed.config.version == 1


def test_a_step_that_is_gone_gives_way_to_the_first_one_not_done(
    client: TutorialClient,
    open_client: OpenClient,
    server: FakeServer,
    clock: FakeClock,
):
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()
    server.configs["welcome-tour"] = tour("intro", "board", "team", version=2)
    clock.advance(3600)
    client.tutorial("welcome-tour")
    client.flush(timeout_seconds=10)
    forget = "DELETE FROM config_cache WHERE is_current = 0"
    client._core.storage.foreground.execute(forget)

    step = open_client().tutorial("welcome-tour").start()

    assert step is not None
    assert step.id == "board"


def test_a_tour_goes_on_where_the_done_steps_cannot_be_read(
    client: TutorialClient, server: FakeServer, clock: FakeClock
):
    session = client.tutorial("welcome-tour")
    session.start()
    server.configs["welcome-tour"] = tour("board", "team", version=2)
    clock.advance(3600)
    client.tutorial("welcome-tour")
    client.flush(timeout_seconds=10)
    database = client._core.storage.foreground
    database.execute("DELETE FROM config_cache WHERE is_current = 0")
    refuse_reads(database.connection, "completed_steps")

    step = session.start()

    assert step is not None
    assert step.id == "board"


def test_without_a_config_nothing_starts(open_client: OpenClient, server: FakeServer):
    server.online = False
    session = open_client().tutorial("welcome-tour")

    assert session.start() is None
    assert session.status is SessionStatus.LOADING


def test_a_config_that_comes_later_makes_the_session_ready(
    open_client: OpenClient, server: FakeServer
):
    server.online = False
    client = open_client()
    session = client.tutorial("welcome-tour")
    server.online = True
    client.flush(timeout_seconds=10)

    assert session.status is SessionStatus.READY


def test_content_does_not_freeze_when_the_clock_is_set_back(
    client: TutorialClient, server: FakeServer, clock: FakeClock
):
    clock.jump(-365 * 86_400)
    server.configs["welcome-tour"] = tour("new", version=2)
    client.flush(timeout_seconds=10)

    config = client.tutorial("welcome-tour").config
    assert config is not None
    assert config.version == 2


def test_an_unknown_tutorial_stays_the_last_error(open_client: OpenClient):
    client = open_client()
    client.tutorial("wellcome-tour")
    client.flush(timeout_seconds=10)

    assert "wellcome-tour" in (client.status().last_error or "")


def test_cached_configs_are_bounded(open_client: OpenClient, server: FakeServer):
    client = open_client(config=replace(QUIET, max_cached_configs=2))
    for number in range(6):
        name = f"tour-{number}"
        server.configs[name] = replace(tour("a"), tutorial_id=name)
        client.tutorial(name)
        client.flush(timeout_seconds=10)
    rows = client._core.storage.foreground.execute("SELECT count(*) FROM config_cache")

    assert rows == [(2,)]
