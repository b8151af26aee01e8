"""What the sheet sends, at a real server with a real database."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest

from client_sdk import ClientConfig, TutorialClient
from overlay_kivy import TutorialOverlay
from overlay_kivy.testing import advance_frames, tap_widget, type_text, wait_for
from tests.support.postgres import database_url, postgres
from tests.support.server_environ import server_environ
from tests.support.server_process import running_server

__all__ = ["database_url", "postgres"]

pytestmark = pytest.mark.gui

TUTORIAL = """
id: long
name: Long
steps: [{id: only, title: The only step}]
survey:
  questions:
    - {id: score, kind: nps, prompt: How likely?, required: true}
    - id: why
      kind: text
      prompt: What went wrong?
      required: true
      showIf: {question: score, atMost: 6}
    - {id: ease, kind: rating, prompt: How easy?, required: true}
    - id: uses
      kind: multiple
      prompt: What for?
      options: [{id: plan, label: Plan}, {id: bill, label: Bill}]
"""


@pytest.fixture
def server(database_url, tmp_path):
    """A server that has the tutorial."""
    environ = server_environ(database_url)
    file = tmp_path / "long.yaml"
    file.write_text(TUTORIAL)
    with running_server("--demo", environ=environ, log=tmp_path / "log") as server:
        subprocess.run(
            [sys.executable, "-m", "sync_server", "tutorials", "import", str(file)],
            env={**os.environ, **environ},
            check=True,
            capture_output=True,
        )
        yield server


@pytest.fixture
def survey(app, server, tmp_path):
    """A device that is asked the survey; ``tap`` touches its controls."""
    client = TutorialClient(
        server.url,
        storage_dir=tmp_path / "device",
        config=ClientConfig(startup_delay_seconds=0.01),
    )
    overlay = TutorialOverlay(client, motion_seconds=0)
    overlay.run("long")
    wait_for(lambda: overlay.is_open)

    def tap(*names):
        for name in names:
            tap_widget(overlay.control(name))
            advance_frames(2)

    tap("next")
    yield tap, client
    overlay.close()
    client.close()


def stored(client, url):
    client.flush(timeout_seconds=10)
    assert client.status().queued_surveys == 0
    with psycopg.connect(url) as connection:
        answers = connection.execute(
            "SELECT question_id, score, options, text_encrypted IS NOT NULL"
            " FROM survey_answers"
        ).fetchall()
        surveys = connection.execute("SELECT nps, complete FROM tutorial_surveys")
        return {name: text or opts or n for name, n, opts, text in answers}, [*surveys]


def test_a_survey_that_was_gone_through_is_stored_complete(survey, database_url):
    tap, client = survey
    tap("score-4", "next", "why")
    type_text("It was slow")
    tap("next", "ease-2", "next", "uses-bill", "submit")

    assert stored(client, database_url) == (
        {"score": 4, "why": True, "ease": 2, "uses": ["bill"]},
        [(4, True)],
    )


def test_a_survey_that_was_left_is_stored_as_a_part(survey, database_url):
    tap, client = survey
    tap("score-4", "next", "not-now")

    assert stored(client, database_url) == ({"score": 4}, [(4, False)])
