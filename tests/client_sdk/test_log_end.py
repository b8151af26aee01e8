"""The end of a log that is damaged or cut: it is told, and a kill alone is not."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from client_sdk import Durability, TutorialClient
from client_sdk._damage import DamagedError
from client_sdk._device_file import _make_good, transaction
from client_sdk._log_end import LogEnd, find_log_end
from client_sdk._storage import FILE_NAME, Storage
from client_sdk.cli import main
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import QUIET, OpenClient
from tests.client_sdk.pings import ping, received

#: No retry runs while the files are copied.
SLOW = replace(QUIET, backoff_initial_seconds=3600, backoff_max_seconds=3600)
HEADER, FRAME = 32, 24 + 1024
LOG, INDEX = FILE_NAME + "-wal", FILE_NAME + "-shm"


class Killed:
    """What a process leaves in its folder that is killed now."""

    def __init__(self, source: Path, folder: Path, *, has_index: bool = True) -> None:
        folder.mkdir()
        self.folder = folder
        for name in (FILE_NAME, LOG, *([INDEX] if has_index else [])):
            shutil.copy(source / name, folder)

    @property
    def log(self) -> bytes:
        return (self.folder / LOG).read_bytes()

    def write(self, log: bytes) -> None:
        (self.folder / LOG).write_bytes(log)

    def flip(self, at: int) -> None:
        """Change a byte, counted from the end where it is negative."""
        log = bytearray(self.log)
        log[at] ^= 0xFF
        self.write(bytes(log))

    def find_end(self) -> LogEnd | None:
        return find_log_end(self.folder / FILE_NAME)


@pytest.fixture
def device(open_client: OpenClient, server: FakeServer) -> TutorialClient:
    """A device without a network that has moved its log into the file, and used it since."""
    server.online = False
    client = open_client(config=SLOW)
    ping(client, "moved")
    client.flush(timeout_seconds=10)
    ping(client, "one", "two", "three")
    return client


@pytest.fixture
def kill(device: TutorialClient, tmp_path: Path) -> Callable[..., Killed]:
    """Return a function that copies what a kill would leave."""
    folders = iter(range(10))
    return lambda **how: Killed(tmp_path, tmp_path / f"killed-{next(folders)}", **how)


@pytest.fixture
def later() -> FakeServer:
    """The server that the app has when it starts anew."""
    return FakeServer()


@pytest.fixture
def reopen(
    open_client: OpenClient, later: FakeServer
) -> Callable[[Killed], TutorialClient]:
    """Return a function that starts the app anew, and sends what it finds."""

    def start(killed: Killed) -> TutorialClient:
        client = open_client(storage_dir=killed.folder, transport=later)
        client.flush(timeout_seconds=10)
        return client

    return start


Kill = Callable[..., Killed]
Reopen = Callable[[Killed], TutorialClient]


def lost_writes(killed: Killed) -> int:
    report = CliRunner().invoke(main, ["inspect", str(killed.folder), "--json"]).output
    return int(json.loads(report)["counters"]["lost_writes"])


def end_of(log: bytes) -> int:
    """Return where the frames of the log's present use end."""
    ends = range(HEADER + FRAME, len(log) + 1, FRAME)
    return max(at for at in ends if log[at - FRAME + 8 : at - FRAME + 16] == log[16:24])


def test_a_log_that_lost_its_last_transaction_is_told_and_counted(
    kill: Kill, reopen: Reopen, later: FakeServer
):
    killed = kill()
    killed.write(killed.log[: end_of(killed.log) - FRAME])
    client = reopen(killed)

    assert received(later) == ["moved", "one", "two"]
    assert "the end of its log" in (client.status().storage_trouble or "")
    assert client.status().storage == "file"
    client.close()
    assert lost_writes(killed) == 1


@pytest.mark.parametrize("left", [0, 10, HEADER, HEADER + 24, HEADER + FRAME + 7])
def test_a_log_cut_anywhere_is_told(kill: Kill, reopen: Reopen, left: int):
    killed = kill()
    killed.write(killed.log[:left])

    assert "the end of its log" in (reopen(killed).status().storage_trouble or "")


def test_a_log_that_is_gone_is_told(kill: Kill, reopen: Reopen, later: FakeServer):
    killed = kill()
    (killed.folder / LOG).unlink()
    client = reopen(killed)

    assert received(later) == ["moved"]
    assert "the end of its log" in (client.status().storage_trouble or "")


def test_a_log_that_is_gone_after_it_was_moved_into_the_file_is_no_loss(
    device: TutorialClient, kill: Kill, reopen: Reopen, later: FakeServer
):
    device._core.storage.background.execute("PRAGMA wal_checkpoint(PASSIVE)")
    killed = kill()
    (killed.folder / LOG).unlink()
    client = reopen(killed)

    assert received(later) == ["moved", "one", "two", "three"]
    assert client.status().storage_trouble is None


def test_a_damaged_last_transaction_is_told_when_its_row_is_lost(
    kill: Kill, reopen: Reopen, later: FakeServer
):
    killed = kill()
    killed.flip(killed.log.rindex(b"three", 0, end_of(killed.log)))
    client = reopen(killed)

    assert received(later) == ["moved", "one", "two"]
    assert "0 events of it are back" in (client.status().storage_trouble or "")
    client.close()
    assert lost_writes(killed) == 1


def test_what_is_whole_of_a_damaged_last_transaction_comes_back(
    device: TutorialClient, kill: Kill, reopen: Reopen, later: FakeServer
):
    begin = end_of(kill().log)
    # A comment that goes on over several pages, and each of them is a frame.
    comment = " ".join(str(number) for number in range(900))
    device.submit_survey("welcome-tour", nps=9, comment=comment)
    killed = kill()
    # A page of an index: it has no byte of the answer, but is part of its transaction.
    frames = range(begin, end_of(killed.log), FRAME)
    index = max(at for at in frames if killed.log[at + 24] == 0x0A)
    killed.flip(index + 24 + 500)
    client = reopen(killed)

    assert [one["comment"] for one in later.surveys.values()] == [comment]
    assert "1 events of it are back" in (client.status().storage_trouble or "")


def test_a_kill_between_two_frames_is_no_loss(
    device: TutorialClient, kill: Kill, reopen: Reopen, later: FakeServer
):
    before = kill()
    device.submit_survey("welcome-tour", nps=9, comment="much " * 300)
    after = kill()
    begin, end = end_of(before.log), end_of(after.log)
    assert end - begin > 2 * FRAME
    before.write(after.log[: end - FRAME] + before.log[end - FRAME :])
    client = reopen(before)

    assert received(later) == ["moved", "one", "two", "three"]
    assert client.status().storage_trouble is None
    assert client.status().recovered == 0


@pytest.mark.parametrize("has_index", [True, False])
def test_a_kill_between_the_two_writes_of_a_frame_is_no_loss_and_brings_nothing_back(
    device: TutorialClient,
    kill: Kill,
    reopen: Reopen,
    server: FakeServer,
    later: FakeServer,
    has_index: bool,
):
    """Under the head of the new frame there is a page of the log's earlier use."""
    ping(device, *(f"sent-{number}" for number in range(5)))
    server.online = True
    device.flush(timeout_seconds=10)
    ping(device, "last")
    before = kill(has_index=has_index)
    at = end_of(before.log)
    while b"sent-" not in before.log[at + 24 : at + FRAME]:
        ping(device, "more")
        before = kill(has_index=has_index)
        at = end_of(before.log)
    ping(device, "never promised")
    after = kill()
    assert end_of(after.log) == at + FRAME
    before.write(before.log[:at] + after.log[at : at + 24] + before.log[at + 24 :])
    again = reopen(before)

    assert {"last"} <= set(received(later)) <= {"last", "more"}
    status = again.status()
    assert (status.recovered, status.storage_trouble) == (0, None)
    again.close()
    assert lost_writes(before) == 0


def test_an_app_that_is_killed_at_any_moment_tells_of_no_loss(tmp_path: Path):
    script = f"""
        from client_sdk import TutorialClient
        from client_sdk.testing import FakeServer
        server = FakeServer()
        client = TutorialClient(
            "http://kazi.invalid", storage_dir={str(tmp_path)!r}, transport=server
        )
        status = client.status()
        print(status.storage_trouble, status.recovered, flush=True)
        number = 0
        while True:
            number += 1
            server.online = number % 500 > 100
            client.ping("welcome-tour", f"step-{{number}}", "completed")
            if number % 50 == 0:
                client.submit_survey("welcome-tour", nps=3, comment="much " * 500)
                client.resume()
                print(number, flush=True)
    """
    for life in range(12):
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        told = child.stdout.readline()
        for _ in range(life):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert told == "None 0\n"


def test_a_copy_without_the_index_tells_of_what_no_kill_leaves(
    device: TutorialClient, kill: Kill, reopen: Reopen, later: FakeServer
):
    begin = end_of(kill().log)
    device.submit_survey("welcome-tour", nps=9, comment="much " * 300)
    killed = kill(has_index=False)
    killed.flip(begin + 24 + 5)

    assert "the end of its log" in (reopen(killed).status().storage_trouble or "")


def test_a_copy_without_the_index_cannot_tell_of_a_log_that_is_cut(
    kill: Kill, reopen: Reopen, later: FakeServer
):
    killed = kill(has_index=False)
    killed.write(killed.log[: end_of(killed.log) - FRAME])

    assert reopen(killed).status().storage_trouble is None
    assert received(later) == ["moved", "one", "two"]


def test_a_loss_of_power_is_not_taken_for_a_damaged_log(kill: Kill):
    killed = kill()
    killed.write(killed.log[: end_of(killed.log) - FRAME])
    for name in (FILE_NAME, LOG, INDEX):
        os.utime(killed.folder / name, (0, 0))

    assert killed.find_end() is None


def test_a_file_that_is_empty_gives_the_rows_of_its_log(
    kill: Kill, reopen: Reopen, later: FakeServer
):
    killed = kill()
    (killed.folder / FILE_NAME).write_bytes(b"")
    client = reopen(killed)

    assert {"one", "two", "three"} <= set(received(later))
    assert "it is empty, and its log is not" in (client.status().storage_trouble or "")


def test_who_opens_the_file_first_takes_the_end_and_the_second_leaves_it(kill: Kill):
    """Between our look at the log and our lock another process may do anything."""
    killed = kill()
    killed.flip(end_of(killed.log) - FRAME + 16)  # a checksum: the row is whole
    end = killed.find_end()
    assert end is not None
    first = Storage.open(killed.folder, Durability.PROCESS)
    counted = (
        "SELECT name, value FROM counters WHERE name IN ('recovered', 'lost_writes')"
    )
    counters = sorted(first.foreground.execute(counted))
    first.foreground.execute("DELETE FROM pings WHERE step_id = 'three'")  # it is sent

    with transaction(first.foreground.connection) as connection:
        assert end.make_good(connection) is None

    assert counters == [("lost_writes", 1), ("recovered", 1)]
    assert sorted(first.foreground.execute(counted)) == counters
    left = first.foreground.execute("SELECT 1 FROM pings WHERE step_id = 'three'")
    assert left == []
    first.close()


def test_the_half_of_a_frame_that_another_process_is_writing_is_left_to_it(
    device: TutorialClient, kill: Kill, tmp_path: Path
):
    log = tmp_path / LOG
    ahead = kill()
    at = end_of(ahead.log)
    writer = sqlite3.connect(ahead.folder / FILE_NAME, isolation_level=None)
    writer.execute("UPDATE counters SET value = value + 1 WHERE name = 'opted_out'")
    head = ahead.log[at : at + 24]
    assert int.from_bytes(head[4:8], "big") > 0  # it ends a transaction
    writer.close()
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with log.open("r+b") as file:
        file.seek(at)
        file.write(head)

    # By the index it is not committed.  Without it, nobody else gets the lock.
    assert find_log_end(tmp_path / FILE_NAME) is None
    (tmp_path / INDEX).rename(tmp_path / "index")
    end = find_log_end(tmp_path / FILE_NAME)
    (tmp_path / "index").rename(tmp_path / INDEX)
    assert end is not None
    assert not end.is_loss
    assert _make_good(end, device._core.storage.foreground.connection) is None
    storage = Storage.open(tmp_path, Durability.PROCESS)
    assert (storage.kind, storage.trouble) == ("file", None)
    other.execute("ROLLBACK")
    other.close()
    storage.close()


def test_more_than_one_transaction_that_cannot_be_read_is_damage(kill: Kill):
    killed = kill()
    killed.flip(end_of(killed.log) - 2 * FRAME + 30)

    with pytest.raises(DamagedError):
        killed.find_end()


def test_looking_at_the_index_gives_up_no_lock(
    open_client: OpenClient, device: TutorialClient, tmp_path: Path
):
    """POSIX drops all locks of a process on a file when it closes any descriptor of it."""
    open_client().close()
    script = (
        "import fcntl, sys; file = open(sys.argv[1], 'r+b');"
        "fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)"
    )
    # The byte by which SQLite knows that somebody uses the index.
    take = [sys.executable, "-c", script, str(tmp_path / INDEX)]
    taken = subprocess.run(take, check=False, capture_output=True, text=True)

    assert "BlockingIOError" in taken.stderr
