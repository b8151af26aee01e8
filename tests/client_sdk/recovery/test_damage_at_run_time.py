"""What goes wrong with the file while the app runs, and how it goes on."""

import sqlite3
from pathlib import Path

from client_sdk import SessionStatus, TutorialClient
from client_sdk._storage import FILE_NAME
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.pings import completed, ping, received
from tests.client_sdk.recovery.damage import spoil


def test_damage_while_the_app_runs_costs_no_event(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    client = open_client()
    user_id = client.status().user_id
    ping(client, "before")
    spoil(tmp_path)
    ping(client, "during", "after")
    client.submit_survey("welcome-tour", nps=9)
    client.flush(timeout_seconds=10)

    assert sorted(received(server)) == ["after", "before", "during"]
    assert len(server.surveys) == 1
    status = client.status()
    assert (status.user_id, status.storage) == (user_id, "file")
    assert "malformed" in (status.storage_trouble or "")
    # The ping of before, and the answer if the old file still took it.
    assert status.recovered in (1, 2)
    assert (status.dropped, status.held, status.queued) == (0, 0, 0)


def test_damage_that_a_sync_meets_is_made_good_by_it(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    client = open_client()
    ping(client, "first")
    client.flush(timeout_seconds=10)
    ping(client, "second")
    spoil(tmp_path)
    client.flush(timeout_seconds=10)

    assert received(server) == ["first", "second"]
    assert [one["seq"] for one in server.pings] == [1, 2]


def test_a_tour_goes_on_in_the_new_file(
    client: TutorialClient, server: FakeServer, tmp_path: Path
):
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()
    spoil(tmp_path, tables=("pings", "runs"))
    session.next()
    client.flush(timeout_seconds=10)
    session.next()
    client.flush(timeout_seconds=10)

    assert session.status is SessionStatus.SURVEY
    done = completed(server)
    assert done == ["intro", "dashboard", "team"]


def app_and_service(
    open_client: OpenClient, folder: Path
) -> tuple[TutorialClient, TutorialClient]:
    """Return a process that has found the damage, and one that still has the old file."""
    app, service = open_client(), open_client()
    ping(service, "before")
    spoil(folder)
    ping(app, "found")
    app.flush(timeout_seconds=10)
    return app, service


def test_another_process_follows_to_the_new_file(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    app, service = app_and_service(open_client, tmp_path)
    ping(service, "old file")
    service.flush(timeout_seconds=10)
    ping(service, "new file")
    app.flush(timeout_seconds=10)

    assert sorted(received(server)) == ["before", "found", "new file", "old file"]
    assert app.status().user_id == service.status().user_id
    assert len({one["seq"] for one in server.pings}) == 4


def test_a_process_that_never_looked_up_leaves_the_new_file_alone(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    """It closes the old file last, and must not take the new one's log with it."""
    app, service = app_and_service(open_client, tmp_path)
    server.online = False
    ping(app, "waits")
    service.close()

    reader = sqlite3.connect(tmp_path / FILE_NAME)
    waiting = reader.execute("SELECT step_id FROM pings WHERE user_id <> '-'")
    assert waiting.fetchall() == [("waits",)]
    reader.close()


def test_a_file_that_is_removed_while_the_app_runs_costs_nothing(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    client = open_client()
    user_id = client.status().user_id
    ping(client, "before")
    for file in tmp_path.glob(FILE_NAME + "*"):
        file.unlink()
    ping(client, "after")
    client.flush(timeout_seconds=10)

    assert received(server) == ["before", "after"]
    assert client.status().user_id == user_id
    assert (tmp_path / FILE_NAME).exists()


def test_only_the_last_damaged_files_are_kept(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    client = open_client()
    for number in range(4):
        ping(client, f"step-{number}")
        spoil(tmp_path)
        client.flush(timeout_seconds=10)

    assert received(server) == [f"step-{number}" for number in range(4)]
    assert len(list(tmp_path.glob("*.salvaged-*[0-9]"))) == 2
    assert list(tmp_path.glob("*.corrupt-*")) == []
