"""A disk that fills up under a running app: on a small file system of its own, where the
system lets a process have one, and everywhere by SQLite's own limit."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@cache
def namespace() -> tuple[str, ...]:
    """Return the command that gives a process mounts of its own; none where that is
    forbidden."""
    for command in (("unshare", "-m"), ("unshare", "-rm")):
        mount = "mount -t tmpfs -o size=64k none /mnt"
        try:
            done = subprocess.run([*command, "sh", "-c", mount], capture_output=True)
        except OSError:
            break
        if done.returncode == 0:
            return command
    return ()


on_a_full_disk = pytest.mark.parametrize(
    "how", ["disk", "max_page_count"] if namespace() else ["max_page_count"]
)


def run_app(folder: Path, what: str, how: str, *, size: str) -> dict[str, Any]:
    """Return what an app reports that ran on a disk of this size."""
    module = "tests.support.full_disk_app"
    command = [sys.executable, "-m", module, str(folder), what, how]
    if how == "disk":
        mount = f'mount -t tmpfs -o size={size} none "$0" && exec "$@"'
        command = [*namespace(), "sh", "-c", mount, str(folder), *command]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=ROOT
    )
    assert child.returncode == 0, child.stderr
    report: dict[str, Any] = json.loads(child.stdout)
    return report


@on_a_full_disk
def test_a_full_disk_costs_nothing_that_was_reported(tmp_path: Path, how: str):
    report = run_app(tmp_path, "fill_up", how, size="400k")

    assert report["held"] == report["dropped"] == 0
    assert "full" in report["trouble"]
    assert report["arrived"] == ["first", *report["pinged"], "last"]
    assert report["answers"] == 1
    assert (report["remaining"], report["queued"]) == (0, 0)


@on_a_full_disk
def test_what_waits_is_delivered_and_deleted_on_a_full_disk(tmp_path: Path, how: str):
    report = run_app(tmp_path, "deliver", how, size="3m")

    expected = [f"step-{number}" for number in range(900)]
    assert report["arrived"] == [*expected, "refused or not"]
    assert (report["error"], report["remaining"], report["queued"]) == (None, 0, 0)
    assert (report["sent"], report["dropped"]) == (901, 0)
    # None was sent a second time because it could not be deleted.
    assert report["requests"] <= 12
