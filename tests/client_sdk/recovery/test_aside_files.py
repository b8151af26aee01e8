"""Renaming a damaged file: interrupted, forbidden, and on a system that leaves open files alone."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from client_sdk import Durability, TutorialClient
from client_sdk._aside_files import AsideFiles, Renaming
from client_sdk._storage import FILE_NAME, Storage
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.pings import ping, received
from tests.client_sdk.recovery.damage import spoil


def refuse(source: Path, target: Path) -> None:
    """Rename nothing, as Windows does while another process has the file open."""
    raise PermissionError(13, "another process has it open", str(source))


def refuse_salvaged(source: Path, target: Path) -> None:
    """Rename nothing whose rows are back."""
    if ".salvaged-" in target.name:
        refuse(source, target)
    source.replace(target)


def refuse_file(source: Path, target: Path) -> None:
    """Rename logs alone."""
    if not source.name.endswith("-wal"):
        refuse(source, target)
    source.replace(target)


def refuse_open(source: Path, target: Path) -> None:
    """Rename as Windows does: nothing that this process has open."""
    opened = {os.path.realpath(one) for one in Path("/proc/self/fd").iterdir()}
    if str(source) in opened:
        refuse(source, target)
    source.replace(target)


def use(client: TutorialClient, rename: Renaming) -> None:
    """Let a running client rename in another way."""
    file = client._core.storage.file
    assert file is not None
    file.aside = AsideFiles(file.path, rename)


@pytest.fixture
def damaged(open_client: OpenClient, server: FakeServer, tmp_path: Path) -> str:
    """A damaged file of a device that has sent two events and holds two; its user."""
    client = open_client()
    ping(client, "sent-1", "sent-2")
    client.flush(timeout_seconds=10)
    server.online = False
    ping(client, "waits-1", "waits-2")
    client.close()
    spoil(tmp_path)
    server.online = True
    return str(client.status().user_id)


def counts(client: TutorialClient) -> tuple[int, int, int]:
    status = client.status()
    return status.sent, status.recovered, status.queued


ALL_SENT = ["sent-1", "sent-2", "waits-1", "waits-2"]


def test_a_salvaged_file_that_keeps_its_name_gives_its_rows_once(
    open_client: OpenClient, server: FakeServer, tmp_path: Path, damaged: str
):
    client = open_client()
    use(client, Renaming(refuse_salvaged))
    ping(client, "after")
    for _ in range(3):
        client.flush(timeout_seconds=10)
    assert len(list(tmp_path.glob("*.corrupt-*[0-9]"))) == 1

    assert received(server) == [*ALL_SENT, "after"]
    assert counts(client) == (5, 2, 0)
    client.close()
    again = open_client()
    again.flush(timeout_seconds=10)
    assert counts(again) == (5, 2, 0)
    assert len(server.pings) == 5
    assert list(tmp_path.glob("*.corrupt-*")) == []


@pytest.mark.parametrize("renamed", [0, 1])
def test_a_kill_while_a_salvaged_file_is_renamed_doubles_nothing(
    open_client: OpenClient,
    server: FakeServer,
    tmp_path: Path,
    damaged: str,
    renamed: int,
):
    log = tmp_path / "kazi-tutorial.corrupt-1-wal"
    (tmp_path / FILE_NAME).rename(tmp_path / "kazi-tutorial.corrupt-1")
    log.touch()
    script = f"""
        import os, signal
        from client_sdk import TutorialClient
        from client_sdk._aside_files import AsideFiles, Renaming
        from client_sdk.testing import FakeServer
        left = {renamed}
        def die(source, target):
            global left
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            source.replace(target)
        server = FakeServer()
        server.online = False
        client = TutorialClient(
            "http://kazi.invalid", storage_dir={str(tmp_path)!r}, transport=server
        )
        file = client._core.storage.file
        file.aside = AsideFiles(file.path, Renaming(die))
        client.flush(timeout_seconds=10)
    """
    child = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert child.returncode == -signal.SIGKILL
    assert log.exists() == (renamed == 0)
    client = open_client()
    client.flush(timeout_seconds=10)

    assert received(server) == ALL_SENT
    assert counts(client) == (4, 2, 0)
    assert client.status().user_id == damaged
    assert list(tmp_path.glob("*.corrupt-*")) == []


def test_what_is_written_to_a_salvaged_file_counts_once(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    """The other process follows later, and has the rows taken again."""
    app, service = open_client(), open_client()
    ping(service, "before")
    service.flush(timeout_seconds=10)
    spoil(tmp_path)
    ping(app, "found")
    app.flush(timeout_seconds=10)
    # Only the pings of the old file are damaged.
    service.submit_survey("welcome-tour", nps=9)
    service.flush(timeout_seconds=10)

    assert (received(server), len(server.surveys)) == (["before", "found"], 1)
    assert counts(app) == (3, 1, 0)


def test_a_damaged_file_that_cannot_be_set_aside_at_the_start_waits_for_the_next(
    open_client: OpenClient, server: FakeServer, tmp_path: Path, damaged: str
):
    with (tmp_path / FILE_NAME).open("r+b") as content:
        content.write(bytes(100))
    before = (tmp_path / FILE_NAME).read_bytes()
    storage = Storage.open(tmp_path, Durability.PROCESS, Renaming(refuse))

    assert storage.kind == "memory"
    assert "is damaged" in (storage.trouble or "")
    assert "another process has it open" in (storage.trouble or "")
    storage.close()
    assert (tmp_path / FILE_NAME).read_bytes() == before
    client = open_client()
    client.flush(timeout_seconds=10)
    assert received(server) == ALL_SENT
    assert client.status().user_id == damaged


@pytest.mark.parametrize("rename", [refuse, refuse_file])
def test_memory_takes_over_while_a_damaged_file_cannot_be_set_aside(
    open_client: OpenClient, server: FakeServer, tmp_path: Path, rename
):
    client = open_client()
    user_id = client.status().user_id
    server.online = False
    ping(client, "before")
    spoil(tmp_path)
    use(client, Renaming(rename))
    ping(client, "during")
    client.flush(timeout_seconds=10)
    ping(client, "after")
    client.flush(timeout_seconds=10)

    status = client.status()
    assert (status.storage, status.dropped) == ("memory", 0)
    assert "is damaged (" in (status.storage_trouble or "")
    assert "another process has it open" in (status.storage_trouble or "")
    assert (tmp_path / FILE_NAME).exists()
    assert list(tmp_path.glob("*.corrupt-*")) == []

    use(client, Renaming())
    server.online = True
    client.flush(timeout_seconds=10)
    assert sorted(received(server)) == ["after", "before", "during"]
    assert (client.status().storage, client.status().user_id) == ("file", user_id)
    assert len({one["seq"] for one in server.pings}) == 3


def test_a_damaged_file_is_closed_before_it_is_renamed_where_that_is_needed(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    client = open_client()
    ping(client, "first")
    client.flush(timeout_seconds=10)
    use(client, Renaming(refuse_open, takes_open_files=False))
    ping(client, "second")
    spoil(tmp_path)
    client.flush(timeout_seconds=10)

    assert client.status().storage == "file"
    assert received(server) == ["first", "second"]
    assert len(list(tmp_path.glob("*.salvaged-*[0-9]"))) == 1


def test_a_file_that_is_damaged_at_the_close_and_keeps_its_name_is_found_later(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    client = open_client()
    server.online = False
    ping(client, "first")
    spoil(tmp_path)
    use(client, Renaming(refuse_open, takes_open_files=False))
    client.close()
    assert list(tmp_path.glob("*.corrupt-*")) == []
    server.online = True
    again = open_client()
    again.flush(timeout_seconds=10)

    assert received(server) == ["first"]
    assert "is damaged (" in (again.status().storage_trouble or "")


@pytest.mark.parametrize("names", [("corrupt", "salvaged"), ("salvaged", "corrupt")])
def test_a_file_and_a_log_between_two_names_are_still_one(tmp_path: Path, names):
    asides = AsideFiles(tmp_path / FILE_NAME)
    file, log = (tmp_path / f"kazi-tutorial.{name}-1" for name in names)
    file.write_text("file")
    log = log.with_name(log.name + "-wal")
    log.write_text("log")

    ((name, *found),) = asides.waiting()
    asides.note_salvaged(name)

    assert found == [file, log]
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "kazi-tutorial.salvaged-1",
        "kazi-tutorial.salvaged-1-wal",
    ]


def test_a_log_goes_back_to_its_file_when_the_file_must_stay(tmp_path: Path):
    file = tmp_path / FILE_NAME
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (x)")

    with pytest.raises(PermissionError):
        AsideFiles(file, Renaming(refuse_file)).take()

    assert file.with_name(FILE_NAME + "-wal").stat().st_size > 0
    assert list(tmp_path.glob("*.corrupt-*")) == []
    connection.close()
