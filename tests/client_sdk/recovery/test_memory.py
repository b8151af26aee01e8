"""Memory in place of a file, until there is one."""

import sqlite3
from pathlib import Path

from client_sdk._storage import FILE_NAME
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.pings import completed, ping, received


def test_memory_gives_way_to_a_file_that_is_no_longer_locked(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    earlier = open_client()
    user_id = earlier.status().user_id
    server.online = False
    ping(earlier, "earlier")
    earlier.close()
    rude = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    rude.execute("PRAGMA locking_mode = EXCLUSIVE")
    rude.execute("BEGIN EXCLUSIVE")
    client = open_client()
    assert client.status().storage == "memory"
    assert "locked" in (client.status().storage_trouble or "")
    ping(client, "first", "second")
    client.submit_survey("welcome-tour", nps=3)
    rude.execute("ROLLBACK")
    rude.close()
    server.online = True
    client.flush(timeout_seconds=10)

    status = client.status()
    assert (status.storage, status.storage_trouble) == ("file", None)
    assert status.user_id == user_id
    assert received(server) == ["earlier", "first", "second"]
    assert len(server.surveys) == 1
    assert status.queued == 0


def test_who_logged_out_in_memory_stays_so_in_the_file(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    open_client().close()
    rude = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    rude.execute("PRAGMA locking_mode = EXCLUSIVE")
    rude.execute("BEGIN EXCLUSIVE")
    client = open_client()
    client.log_out()
    user_id = client.status().user_id
    ping(client, "first")
    rude.close()
    client.flush(timeout_seconds=10)

    assert (client.status().storage, client.status().user_id) == ("file", user_id)
    assert received(server) == ["first"]


def test_memory_gives_way_to_a_folder_that_can_be_made_by_now(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    (tmp_path / "place").write_text("not a folder")
    client = open_client(storage_dir=tmp_path / "place" / "below")
    user_id = client.status().user_id
    session = client.tutorial("welcome-tour")
    client.flush(timeout_seconds=10)
    session.start()
    session.next()
    (tmp_path / "place").unlink()
    client.flush(timeout_seconds=10)
    client.close()
    again = open_client(storage_dir=tmp_path / "place" / "below")

    resumed = again.tutorial("welcome-tour")
    assert again.status().user_id == user_id
    assert resumed.step is not None
    assert resumed.step.id == "dashboard"
    done = completed(server)
    assert done == ["intro"]


def test_what_was_collected_beside_a_newer_file_is_sent(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    newer = sqlite3.connect(tmp_path / FILE_NAME)
    newer.execute("PRAGMA journal_mode = WAL")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    before = (tmp_path / FILE_NAME).read_bytes()
    client = open_client()
    ping(client, "first")
    client.flush(timeout_seconds=10)

    assert received(server) == ["first"]
    assert (tmp_path / FILE_NAME).read_bytes() == before
