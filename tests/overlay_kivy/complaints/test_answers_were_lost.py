"""Complaint 16: on a bad network answers were lost or doubled, and the user was told off."""

from __future__ import annotations

import psycopg
import pytest

from client_sdk import ClientConfig, TutorialClient
from overlay_kivy import TutorialOverlay
from overlay_kivy.testing import advance_frames, tap_widget, type_text, wait_for
from tests.overlay_kivy.surveys import LONG, SCORE, survey_of
from tests.overlay_kivy.test_survey_at_the_server import database_url, postgres, server
from tests.overlay_kivy.tours import TOUR, make_step
from tests.support.faulty_proxy import FAULTS, Fault, Timing, faulty_proxy

__all__ = ["database_url", "postgres", "server"]

pytestmark = pytest.mark.gui

TIMING = Timing(longest_delay=0.05, stall=0.6)
#: Half of all exchanges go wrong, in each way in its turn.
DECK = (*(Fault.NONE,) * len(FAULTS), *sorted(FAULTS))
IMPATIENT = ClientConfig(
    startup_delay_seconds=0.01,
    request_timeout_seconds=0.5,
    backoff_initial_seconds=0.01,
    backoff_max_seconds=0.05,
)
USERS = 10


def ask(stage, survey):
    stage.run(make_step("one"), survey=survey)
    stage.press("next")
    wait_for(lambda: stage.overlay.control("score-9"))


def sent(stage):
    """Flush, and return the answers that the server has."""
    stage.client.flush(timeout_seconds=5)
    return [body["answers"] for body in stage.server.surveys.values()]


def test_answer_that_is_given_offline_waits_through_a_restart(stage):
    ask(stage, LONG)
    stage.server.online = False
    for name in ("score-9", "next", "next", "submit"):
        stage.press(name)
    assert stage.card.is_thanking
    stage.restart_app()
    assert stage.server.surveys == {}

    stage.server.online = True

    assert sent(stage) == [[{"question": "score", "score": 9}]]


def test_user_hears_nothing_of_the_network(stage, caplog):
    ask(stage, survey_of(SCORE))
    stage.server.online = False
    stage.press("score-9")
    stage.press("submit")

    assert stage.card.is_thanking
    wait_for(lambda: not stage.overlay.is_open)
    assert stage.events[-1] == ("dismiss", "finished")
    assert not [one for one in caplog.records if one.name.startswith("overlay_kivy")]


def test_app_that_goes_away_in_the_midst_of_the_survey_loses_no_page(stage):
    ask(stage, LONG)
    stage.press("score-3")
    stage.press("next")
    stage.press("why")
    type_text("Slow")
    stage.server.online = False
    stage.overlay.close()
    stage.overlay.run(TOUR)
    wait_for(lambda: stage.overlay.control("why"))
    stage.press("not-now")
    stage.server.online = True

    parts = [{"question": "score", "score": 3}, {"question": "why", "text": "Slow"}]
    assert sent(stage) == [parts]


@pytest.mark.timeout(180)
def test_ten_of_ten_answers_arrive_once_through_a_network_that_fails_half_the_time(
    app, server, database_url, tmp_path
):
    scores = list(range(USERS))
    with faulty_proxy(server.port, seed=7, timing=TIMING, deck=DECK) as proxy:
        for score in scores:
            answer(proxy.url, tmp_path / f"device-{score}", score)

    with psycopg.connect(database_url) as connection:
        stored = connection.execute("SELECT nps, complete FROM tutorial_surveys")
        rows = sorted(stored.fetchall())
    assert rows == [(score, True) for score in scores]
    assert sum(proxy.counts[fault] for fault in FAULTS) > USERS


def answer(url, folder, score):
    """Be a user who takes the tour and answers, on a device of their own."""
    client = TutorialClient(url, storage_dir=folder, config=IMPATIENT)
    overlay = TutorialOverlay(client, motion_seconds=0)
    overlay.run("long")
    wait_for(lambda: overlay.is_open, timeout_seconds=30)
    for name in ("next", f"score-{score}", "next"):
        tap_widget(overlay.control(name))
        advance_frames(2)
    if overlay.control("why"):
        tap_widget(overlay.control("why"))
        type_text("It was slow")
        tap_widget(overlay.control("next"))
    for name in ("ease-4", "next", "submit"):
        tap_widget(overlay.control(name))
        advance_frames(2)
    overlay.close()
    wait_for(lambda: is_drained(client), 30)
    client.close()


def is_drained(client):
    client.flush(timeout_seconds=1)
    return client.status().queued_surveys == 0
