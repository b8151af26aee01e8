"""The overlay in real apps of every kind: each a process with its own window and loop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.gui

ROOT = Path(__file__).parents[3]


def take_tour(name: str, folder: Path, *arguments: str) -> dict[str, Any]:
    """Run a host app until its user has stopped it; return what came of the tour."""
    host = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-m", "tests.overlay_kivy.hosts"),
            *(name, str(folder), *arguments),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert host.returncode == 0, host.stderr
    outcome: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return outcome


@pytest.mark.parametrize(
    "arguments",
    [
        ["plain_app"],
        ["screens_app"],
        ["kivymd_app"],
        ["async_app", "asyncio"],
        ["async_app", "trio"],
    ],
    ids=" ".join,
)
def test_user_takes_the_tour_answers_and_goes_on_with_the_app(arguments, tmp_path):
    name, *others = arguments

    outcome = take_tour(name, tmp_path, *others)

    assert outcome == {
        "steps": ["welcome", "create", "team"],
        "ended": ["finished"],
        "completed": ["welcome", "create", "team"],
        "scores": [9],
        "pressed": 1,
        "complaints": [],
    }
