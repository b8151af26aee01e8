"""The demo's story as a person sees it: real programs, a real window, two kills."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

TIMEOUT_SECONDS = 150

pytestmark = [pytest.mark.gui, pytest.mark.timeout(TIMEOUT_SECONDS + 30)]


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder for temporary files that PostgreSQL's own user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="kazi-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def tell(output: Path, scratch: Path, *options: str) -> dict[str, Any]:
    """Play the story in a process of its own and return its report."""
    command = [sys.executable, "-m", "demo_app.story", "--output", str(output)]
    done = subprocess.run(
        [*command, *options],
        timeout=TIMEOUT_SECONDS,
        env={**os.environ, "TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(scratch.iterdir()), "the story leaves files behind"
    assert "Every event arrived exactly once." in done.stdout
    report: dict[str, Any] = json.loads((output / "report.json").read_text())
    return report


def assert_exactly_once(report: dict[str, Any]) -> None:
    assert report["faults"] == []
    assert (
        report["events_shown"] == report["delivered"] == 2 * len(report["steps_seen"])
    )
    assert (report["lost"], report["duplicated"]) == (0, 0)
    assert report["steps_completed"] == report["steps_seen"]
    assert report["survey_delivered"]


def test_story_of_the_demo_loses_and_doubles_nothing(tmp_path, scratch):
    report = tell(tmp_path, scratch)

    assert_exactly_once(report)
    assert report["was_offline_at_kill"]
    assert report["resumed_at_step"] == report["expected_at_step"] is not None
    assert report["queued_offline"] > 2
    assert len(report["steps_seen"]) >= 7
    for name in report["pictures"]:
        picture = Image.open(tmp_path / name)
        assert picture.size == (420, 860)
        assert len(picture.getcolors(maxcolors=2**24) or ()) > 50


def test_story_survives_kills_in_the_middle_of_writes_and_requests(tmp_path, scratch):
    report = tell(tmp_path, scratch, "--seed", "7", "--kill-at", "5")

    assert_exactly_once(report)
