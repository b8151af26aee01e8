"""The device's file: made, kept, damaged, forbidden, from the future."""

import os
import sqlite3
from pathlib import Path
from random import Random

import pytest

from client_sdk import Durability
from client_sdk._ping_queue import MAX_HELD
from client_sdk._schema import SCHEMA_VERSION
from client_sdk._storage import FILE_NAME, Storage
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.pings import ping_all, received
from tests.support.powerless import run_powerless


def pragma(storage: Storage, name: str) -> object:
    ((value,),) = storage.foreground.execute(f"PRAGMA {name}")
    return value


@pytest.mark.parametrize(
    ("durability", "synchronous"), [(Durability.PROCESS, 1), (Durability.POWER_LOSS, 2)]
)
def test_the_file_is_as_durable_as_asked(
    tmp_path: Path, durability: Durability, synchronous: int
):
    storage = Storage.open(tmp_path, durability)

    assert pragma(storage, "journal_mode") == "wal"
    assert pragma(storage, "synchronous") == synchronous
    storage.close()


def test_a_ping_never_checkpoints(tmp_path: Path):
    storage = Storage.open(tmp_path, Durability.PROCESS)

    assert pragma(storage, "wal_autocheckpoint") == 0
    storage.close()


def test_the_log_does_not_grow_for_ever_without_a_network(
    tmp_path: Path, open_client: OpenClient, server: FakeServer
):
    server.online = False
    client = open_client()
    for number in range(5_000):
        client.ping("welcome-tour", f"step-{number}", "started")
    client.flush(timeout_seconds=10)
    client.ping("welcome-tour", "last", "started")

    log, pages, moved = client._core.storage.background.execute(
        "PRAGMA wal_checkpoint(PASSIVE)"
    )[0]
    assert (log, moved) == (0, pages)
    assert pages < 5_000


def test_a_missing_folder_is_made(tmp_path: Path):
    Storage.open(tmp_path / "deep" / "folder", Durability.PROCESS).close()

    assert (tmp_path / "deep" / "folder" / FILE_NAME).is_file()


def test_a_folder_that_cannot_be_made_leaves_memory(
    tmp_path: Path, open_client: OpenClient, server: FakeServer
):
    (tmp_path / "file").write_text("not a folder")
    client = open_client(storage_dir=tmp_path / "file" / "below")
    client.ping("welcome-tour", "intro", "started")
    client.flush(timeout_seconds=10)

    status = client.status()
    assert status.storage == "memory"
    assert str(tmp_path / "file") in (status.storage_trouble or "")
    assert received(server) == ["intro"]


def test_a_read_only_folder_leaves_memory(tmp_path: Path):
    folder = tmp_path / "storage"
    folder.mkdir(mode=0o555)
    script = f"""
        import tenacity
        from client_sdk import TutorialClient
        from client_sdk.testing import FakeServer
        server = FakeServer()
        give_up()
        client = TutorialClient("http://kazi.invalid", storage_dir={str(folder)!r}, transport=server)
        client.ping("welcome-tour", "intro", "started")
        client.flush(timeout_seconds=10)
        status = client.status()
        print(status.storage, len(server.pings), status.storage_trouble)
    """
    child = run_powerless(script, tmp_path)

    assert child.stdout.startswith(f"memory 1 {folder}")
    assert "Give storage_dir a folder that the app may write to" in child.stderr


def test_a_damaged_file_is_kept_and_replaced(tmp_path: Path, open_client: OpenClient):
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 1000)
    client = open_client()
    client.ping("welcome-tour", "intro", "started")

    assert client.status().queued_pings == 1
    assert client.status().storage == "file"
    (kept,) = tmp_path.glob("*.corrupt-*")
    assert kept.read_bytes().startswith(b"no database")


def test_a_first_page_that_a_loss_of_power_cut_is_no_damage(tmp_path: Path):
    file = tmp_path / FILE_NAME
    file.write_bytes(Random(1).randbytes(1024))
    os.utime(file, (0, 0))
    storage = Storage.open(tmp_path, Durability.PROCESS)

    assert (storage.kind, storage.trouble) == ("file", None)
    storage.close()


def test_a_file_that_was_filled_and_has_one_page_left_is_damaged(tmp_path: Path):
    file = tmp_path / FILE_NAME
    Storage.open(tmp_path, Durability.PROCESS).checkpoint()
    file.write_bytes(Random(1).randbytes(1024))
    os.utime(file, (0, 0))
    storage = Storage.open(tmp_path, Durability.PROCESS)

    assert "is damaged" in (storage.trouble or "")
    storage.close()


def test_a_file_of_a_newer_app_is_left_alone(tmp_path: Path, open_client: OpenClient):
    newer = sqlite3.connect(tmp_path / FILE_NAME)
    newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    newer.close()

    status = open_client().status()

    assert status.storage == "memory"
    assert "newer version of the app" in (status.storage_trouble or "")


def test_a_full_disk_loses_no_earlier_row(open_client: OpenClient, server: FakeServer):
    server.online = False
    client = open_client()
    client.ping("welcome-tour", "first", "started")
    client._core.storage.foreground.execute("PRAGMA max_page_count = 1")
    ping_all(client, 3000)

    status = client.status()
    assert status.dropped > 0
    assert status.held > 0
    assert status.queued_pings + status.held + status.dropped == 3001
    assert status.dropped == 3001 - status.queued_pings - MAX_HELD
    client._core.storage.foreground.execute("PRAGMA max_page_count = 100000")
    client.ping("welcome-tour", "last", "started")
    server.online = True
    client.flush(timeout_seconds=10)
    assert client.status().held == 0
    assert server.pings[0]["stepId"] == "first"
    assert server.pings[-1]["stepId"] == "last"
    assert client.status().sent == status.queued_pings + status.held


def test_a_transaction_that_fails_stores_nothing(tmp_path: Path):
    storage = Storage.open(tmp_path, Durability.PROCESS)
    count = "INSERT INTO counters (name, value) VALUES ('sent', 1)"

    def count_twice() -> None:
        with storage.foreground.transaction() as connection:
            connection.execute(count)
            connection.execute(count)

    with pytest.raises(sqlite3.IntegrityError):
        count_twice()

    stored = "SELECT count(*) FROM counters WHERE name = 'sent'"
    assert storage.foreground.execute(stored) == [(0,)]
    storage.close()
