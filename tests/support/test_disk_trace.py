"""Lines of strace are read as operations on the files of one folder."""

import os
import sys
from pathlib import Path

import pytest

from tests.support.disk_operations import (
    FOLDER,
    Created,
    Flushed,
    Operation,
    Removed,
    Renamed,
    Resized,
    Said,
    Written,
)
from tests.support.disk_trace import operations_of, record

DEVICE = Path("/device")


def hexed(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def path(name: str) -> str:
    return f'"{hexed(f"/device/{name}")}"'


def opened(number: int, name: str) -> str:
    return f"{number}<{hexed(f'/device/{name}')}>"


def read(*lines: str) -> list[Operation]:
    return operations_of(lines, DEVICE)


def create(number: int, name: str) -> str:
    here = f"AT_FDCWD<{hexed('/home')}>"
    flags = "O_RDWR|O_CREAT|O_CLOEXEC, 0644"
    return f"7 openat({here}, {path(name)}, {flags}) = {opened(number, name)}"


def test_a_write_has_its_place_and_its_bytes():
    assert read(f'7 pwrite64({opened(4, "a")}, "\\x00\\xff\\x2c\\x20", 4, 32) = 4') == [
        Written("a", 32, b"\x00\xff, ")
    ]


def test_a_short_write_wrote_what_the_result_says():
    assert read(f'7 pwrite64({opened(4, "a")}, "\\x01\\x02\\x03", 3, 0) = 2') == [
        Written("a", 0, b"\x01\x02")
    ]


def test_a_file_is_created_once():
    assert read(create(3, "a"), create(4, "a")) == [Created("a")]


def test_a_name_that_was_removed_is_given_to_a_new_file():
    assert read(create(3, "a"), f"7 unlink({path('a')}) = 0", create(3, "a")) == [
        Created("a"),
        Removed("a"),
        Created("a"),
    ]


def test_names_are_found_from_an_open_folder_too():
    folder = f"5<{hexed('/device')}>"

    assert read(
        f'7 renameat({folder}, "{hexed("a")}", {folder}, "{hexed("b")}") = 0',
        f'7 unlinkat({folder}, "{hexed("b")}", 0) = 0',
    ) == [Renamed("a", "b"), Removed("b")]


def test_a_flush_of_a_file_and_one_of_its_folder_are_told_apart():
    assert read(
        f"7 fdatasync({opened(4, 'a')}) = 0",
        f"7 fsync(5<{hexed('/device')}>) = 0",
        f"7 ftruncate({opened(4, 'a')}, 512) = 0",
    ) == [Flushed("a", 0), Flushed(FOLDER, 1), Resized("a", 512)]


def test_a_flush_promises_nothing_for_a_write_that_came_while_it_ran():
    assert read(
        f'7 pwrite64({opened(4, "a")}, "\\x01", 1, 0) = 1',
        f"8 fdatasync({opened(5, 'a')} <unfinished ...>",
        f'7 pwrite64({opened(4, "a")}, "\\x02", 1, 1) = 1',
        "8 <... fdatasync resumed>)        = 0",
    ) == [Written("a", 0, b"\x01"), Written("a", 1, b"\x02"), Flushed("a", 1)]


def test_what_is_said_stands_among_the_writes():
    assert read(
        f'7 pwrite64({opened(4, "a")}, "\\x01", 1, 0) = 1',
        f'7 write(1<{hexed("/dev/null")}>, "{hexed("promised")}", 8) = 8',
        f'7 write(2<{hexed("/dev/null")}>, "{hexed("/device/a")}", 9) = 9',
    ) == [Written("a", 0, b"\x01"), Said("promised")]


def test_failures_and_other_folders_and_the_index_of_the_log_are_left_out():
    assert (
        read(
            f"7 unlink({path('a')}) = -1 ENOENT (No such file or directory)",
            f'7 pwrite64(3<{hexed("/device/under/a")}>, "\\x01", 1, 0) = 1',
            f'7 pwrite64({opened(3, "a-shm")}, "\\x01", 1, 0) = 1',
            f"7 mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, {opened(3, 'a-shm')}, 0) = 0x7f",
            f"7 mmap(NULL, 32768, PROT_READ, MAP_SHARED, {opened(4, 'a')}, 0) = 0x7f",
            "7 +++ exited with 0 +++",
        )
        == []
    )


@pytest.mark.parametrize(
    "line",
    [
        f"7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, {opened(4, 'a')}, 0) = 0x7f",
        f'7 write({opened(4, "a")}, "\\x01", 1) = 1',
        f"7 fallocate({opened(4, 'a')}, 0, 0, 4096) = 0",
        f"7 truncate({path('a')}, 0) = 0",
        f'7 rename("{hexed("/elsewhere/a")}", {path("a")}) = 0',
        f'7 pwrite64({opened(4, "a")}, "\\x01"..., 4000000, 0) = 4000000',
        f"7 openat(AT_FDCWD, {path('a')}, O_RDWR|O_TRUNC) = {opened(4, 'a')}",
    ],
)
def test_a_change_that_would_go_unseen_is_refused(line: str):
    with pytest.raises(ValueError, match=r"unseen|folder|short|emptied"):
        read(line)


PROGRAM = """
import os, sys
folder = sys.argv[1]
file = os.open(folder + "/a", os.O_RDWR | os.O_CREAT)
os.pwrite(file, b"one", 5)
os.fsync(file)
os.write(1, b"said")
os.rename(folder + "/a", folder + "/b")
os.fsync(os.open(folder, os.O_RDONLY))
os.unlink(folder + "/b")
"""


def test_a_real_process_is_recorded_in_order(tmp_path: Path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]

    assert record(command, tmp_path, environ=os.environ) == [
        Created("a"),
        Written("a", 5, b"one"),
        Flushed("a", 2),
        Said("said"),
        Renamed("a", "b"),
        Flushed(FOLDER, 5),
        Removed("b"),
    ]


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path):
    (tmp_path / "a").touch()

    with pytest.raises(ValueError, match="not empty"):
        record(["true"], tmp_path, environ=os.environ)
