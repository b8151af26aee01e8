"""Files of every released version, opened by this one."""

import sqlite3
from pathlib import Path

import pytest

from client_sdk import SessionStatus, TutorialClient
from client_sdk._storage import FILE_NAME
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient

FILES = Path(__file__).parent / "files"


@pytest.fixture
def upgraded(tmp_path: Path, open_client: OpenClient) -> TutorialClient:
    """A client on a file of version 1: a tour half done, and six events waiting."""
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.executescript((FILES / "version-1.sql").read_text())
    connection.close()
    return open_client()


def test_the_tour_goes_on_where_it_was_before_any_network(
    upgraded: TutorialClient, server: FakeServer
):
    server.online = False
    session = upgraded.tutorial("welcome-tour")

    assert session.status is SessionStatus.RUNNING
    assert session.step is not None
    assert session.step.id == "dashboard"


def test_what_waited_arrives_in_its_order_with_its_numbers(
    upgraded: TutorialClient, server: FakeServer
):
    upgraded.ping("welcome-tour", "new", "started")
    upgraded.flush(timeout_seconds=10)

    arrived = [(ping["seq"], ping["stepId"]) for ping in server.pings]
    assert arrived == [
        (4, "intro"),
        (5, "intro"),
        (6, "dashboard"),
        (7, "own"),
        (9, "new"),
    ]
    (answer,) = server.surveys.values()
    assert (answer["nps"], answer["comment"]) == (8, "waits since version 1")
    assert upgraded.status().queued == 0


def test_what_was_damaged_before_is_set_aside_after(
    upgraded: TutorialClient, server: FakeServer
):
    upgraded.flush(timeout_seconds=10)
    refused, damaged = upgraded.set_aside()

    assert (refused.code, damaged.code) == ("invalid_request", "damaged")
    assert damaged.body["step_id"] == "changed"
    assert refused.occurred_at is not None


def test_the_device_stays_who_it_was(upgraded: TutorialClient, server: FakeServer):
    assert upgraded.status().user_id == "c4cb884e-9254-8e4e-a1b1-35ffd08b0552"
    upgraded.flush(timeout_seconds=10)
    assert {ping["deviceId"] for ping in server.pings} == {
        "fb7d39b2-380f-4e3d-b219-1def9588c84e"
    }


def test_the_number_goes_on_when_nothing_waits(
    tmp_path: Path, open_client: OpenClient, server: FakeServer
):
    script = (FILES / "version-1.sql").read_text()
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.executescript(script + "DELETE FROM pings;")
    connection.close()
    client = open_client()
    client.ping("welcome-tour", "next", "started")
    client.flush(timeout_seconds=10)

    assert [ping["seq"] for ping in server.pings] == [9]


def test_an_upgraded_file_has_the_tables_of_a_new_one(
    upgraded: TutorialClient, open_client: OpenClient, tmp_path: Path
):
    upgraded.flush(timeout_seconds=10)
    new = open_client(storage_dir=tmp_path / "new")

    assert _columns(upgraded) == _columns(new)


def _columns(client: TutorialClient) -> dict[str, list[str]]:
    database = client._core.storage.foreground
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'"
    names = [name for (name,) in database.execute(query)]
    return {
        name: [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
        for name in sorted(names)
        if not name.startswith("sqlite_")
    }
