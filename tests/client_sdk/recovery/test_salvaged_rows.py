"""What comes back of a file that is found damaged at the start."""

import shutil
import sqlite3
from pathlib import Path

from client_sdk._storage import FILE_NAME
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.pings import ping, received
from tests.client_sdk.recovery.damage import PAGE


def test_what_a_user_has_left_whose_secret_changed_on_the_disk_is_sent(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    server.online = False
    client = open_client()
    ping(client, "as the first user")
    client.log_out()
    ping(client, "as the second")
    client.close()
    file = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    file.execute("UPDATE anonymous_users SET secret = replace(secret, 'A', 'B') || 'x'")
    file.close()
    again = open_client()
    server.online = True
    again.flush(timeout_seconds=10)

    assert sorted(received(server)) == ["as the first user", "as the second"]
    assert again.status().queued == 0


def test_a_kill_between_setting_aside_and_the_new_file_costs_nothing(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    server.online = False
    client = open_client()
    user_id = client.status().user_id
    ping(client, "before")
    client.close()
    (tmp_path / FILE_NAME).rename(tmp_path / "kazi-tutorial.corrupt-1")
    again = open_client()
    server.online = True
    ping(again, "after")
    again.flush(timeout_seconds=10)

    assert again.status().user_id == user_id
    assert received(server) == ["before", "after"]
    assert len(list(tmp_path.glob("*.salvaged-*"))) == 1


def test_a_kill_while_the_new_file_is_made_costs_nothing(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    server.online = False
    client = open_client()
    user_id = client.status().user_id
    ping(client, "before")
    client.close()
    (tmp_path / FILE_NAME).rename(tmp_path / "kazi-tutorial.corrupt-1")
    begun = sqlite3.connect(tmp_path / FILE_NAME)
    begun.execute(f"PRAGMA page_size = {PAGE}")
    begun.execute("PRAGMA journal_mode = WAL")
    begun.close()
    assert (tmp_path / FILE_NAME).stat().st_size == PAGE
    again = open_client()
    server.online = True
    ping(again, "after")
    again.flush(timeout_seconds=10)

    assert again.status().user_id == user_id
    assert received(server) == ["before", "after"]


def test_an_old_file_that_is_damaged_gives_its_rows_too(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    script = Path(__file__).parents[1] / "files" / "version-1.sql"
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.executescript(script.read_text())
    connection.close()
    with (tmp_path / FILE_NAME).open("r+b") as content:
        content.write(bytes(100))
    client = open_client()
    client.flush(timeout_seconds=10)

    arrived = [(one["seq"], one["stepId"]) for one in server.pings]
    assert arrived == [(4, "intro"), (5, "intro"), (6, "dashboard"), (7, "own")]
    assert [one["comment"] for one in server.surveys.values()] == [
        "waits since version 1"
    ]
    assert client.status().user_id == "c4cb884e-9254-8e4e-a1b1-35ffd08b0552"


def test_the_rows_of_a_torn_last_transaction_are_read_if_they_are_whole(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    server.online = False
    client = open_client()
    ping(client, *(f"step-{number}" for number in range(5)))
    folder = tmp_path / "killed"
    folder.mkdir()
    for file in tmp_path.glob(FILE_NAME + "*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, folder)
    log = folder / (FILE_NAME + "-wal")
    content = bytearray(log.read_bytes())
    content[-PAGE - 24 + 16] ^= 1  # the checksum of the last frame
    log.write_bytes(content)
    again = open_client(storage_dir=folder)
    server.online = True
    again.flush(timeout_seconds=10)

    assert received(server) == [f"step-{number}" for number in range(5)]
    assert again.status().storage_trouble is None
