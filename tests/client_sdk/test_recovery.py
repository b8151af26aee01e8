"""What goes wrong with the file while the app runs, and how it goes on."""

import shutil
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from client_sdk import Durability, SessionStatus, TutorialClient
from client_sdk._storage import FILE_NAME, Storage
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient

PAGE = 1024


def spoil(folder: Path, *, tables: tuple[str, ...] = ("pings",)) -> None:
    """Overwrite the first page of tables, and have all connections read it anew."""
    file = folder / FILE_NAME
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
    pages = [connection.execute(query, (table,)).fetchone()[0] for table in tables]
    with file.open("r+b") as content:
        for page in pages:
            content.seek((page - 1) * PAGE)
            content.write(b"\xff" * 8)
    connection.execute("INSERT OR REPLACE INTO counters VALUES ('spoiled', 1)")
    connection.close()


def steps(server: FakeServer) -> list[str]:
    return [ping["stepId"] for ping in server.pings]


def ping(client: TutorialClient, *step_ids: str) -> None:
    for step_id in step_ids:
        client.ping("welcome-tour", step_id, "started")


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

    assert sorted(steps(server)) == ["after", "before", "during"]
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

    assert steps(server) == ["first", "second"]
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
    done = [one["stepId"] for one in server.pings if one["status"] == "completed"]
    assert done == ["intro", "dashboard", "team"]


def test_another_process_follows_to_the_new_file(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    app, service = open_client(), open_client()
    ping(service, "before")
    spoil(tmp_path)
    ping(app, "found")
    app.flush(timeout_seconds=10)
    ping(service, "old file")
    service.flush(timeout_seconds=10)
    ping(service, "new file")
    app.flush(timeout_seconds=10)

    assert sorted(steps(server)) == ["before", "found", "new file", "old file"]
    assert app.status().user_id == service.status().user_id
    assert len({one["seq"] for one in server.pings}) == 4


def test_a_process_that_never_looked_up_leaves_the_new_file_alone(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    """It closes the old file last, and must not take the new one's log with it."""
    app, service = open_client(), open_client()
    ping(service, "before")
    spoil(tmp_path)
    ping(app, "found")
    app.flush(timeout_seconds=10)
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

    assert steps(server) == ["before", "after"]
    assert client.status().user_id == user_id
    assert (tmp_path / FILE_NAME).exists()


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
    assert steps(server) == ["earlier", "first", "second"]
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
    assert steps(server) == ["first"]


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
    done = [one["stepId"] for one in server.pings if one["status"] == "completed"]
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

    assert steps(server) == ["first"]
    assert (tmp_path / FILE_NAME).read_bytes() == before


@pytest.mark.parametrize("end", ["log out", "opt out"])
def test_what_is_to_be_forgotten_does_not_come_back(
    open_client: OpenClient, server: FakeServer, tmp_path: Path, end: str
):
    server.online = False
    client = open_client()
    client.submit_survey("welcome-tour", nps=1, comment="private words")
    spoil(tmp_path)
    ping(client, "during")
    client.close()
    again = open_client()
    again.log_out(wipe=True) if end == "log out" else again.opt_out()
    server.online = True
    again.flush(timeout_seconds=10)

    assert server.surveys == {}
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"private words" not in left


def test_what_was_wiped_stays_away_when_the_file_is_damaged_later(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    server.online = False
    client = open_client()
    for number in range(30):
        client.submit_survey("welcome-tour", nps=1, comment=f"private {number} " * 200)
    client.log_out(wipe=True)
    client.close()
    assert b"private" not in (tmp_path / FILE_NAME).read_bytes()
    with (tmp_path / FILE_NAME).open("r+b") as content:
        content.write(bytes(100))
    again = open_client()
    server.online = True
    again.flush(timeout_seconds=10)

    assert server.surveys == {}
    assert again.status().queued == 0


def test_who_opted_out_stays_so_when_the_row_that_says_so_is_gone(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    client = open_client()
    client.opt_out()
    client.close()
    spoil(tmp_path, tables=("device",))
    again = open_client()
    ping(again, "never")
    again.flush(timeout_seconds=10)

    assert again.status().opted_out
    assert steps(server) == []


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

    assert sorted(steps(server)) == ["as the first user", "as the second"]
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
    assert steps(server) == ["before", "after"]
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
    assert steps(server) == ["before", "after"]


def test_only_the_last_damaged_files_are_kept(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    client = open_client()
    for number in range(4):
        ping(client, f"step-{number}")
        spoil(tmp_path)
        client.flush(timeout_seconds=10)

    assert steps(server) == [f"step-{number}" for number in range(4)]
    assert len(list(tmp_path.glob("*.salvaged-*[0-9]"))) == 2
    assert list(tmp_path.glob("*.corrupt-*")) == []


def test_an_old_file_that_is_damaged_gives_its_rows_too(
    open_client: OpenClient, server: FakeServer, tmp_path: Path
):
    script = Path(__file__).parent / "files" / "version-1.sql"
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

    assert steps(server) == [f"step-{number}" for number in range(5)]
    assert again.status().storage_trouble is None


def test_importing_the_sdk_and_opening_a_whole_file_loads_no_salvage(tmp_path: Path):
    script = f"""
        import sys
        from client_sdk import TutorialClient
        from client_sdk.testing import FakeServer
        for _ in range(2):
            client = TutorialClient(
                "http://kazi.invalid", storage_dir={str(tmp_path)!r}, transport=FakeServer()
            )
            client.ping("welcome-tour", "intro", "started")
            client.close()
        print([name for name in sys.modules if "salvage" in name or "page_im" in name])
    """
    child = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert child.stdout.strip() == "[]"


def test_a_closed_file_of_another_process_is_not_taken_for_damaged(tmp_path: Path):
    """The log of a process that is still writing changes while we look at it."""
    script = f"""
        from client_sdk import TutorialClient
        from client_sdk.testing import FakeServer
        server = FakeServer()
        server.online = False
        client = TutorialClient(
            "http://kazi.invalid", storage_dir={str(tmp_path)!r}, transport=server
        )
        print("ready", flush=True)
        for number in range(20_000):
            client.ping("welcome-tour", f"step-{{number}}", "started")
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline()
    looks = 0
    while child.poll() is None:
        Storage.open(tmp_path, Durability.PROCESS).close()
        looks += 1
    child.stdout.close()

    assert child.returncode == 0
    assert looks > 5
    assert list(tmp_path.glob("*.corrupt-*")) == []
