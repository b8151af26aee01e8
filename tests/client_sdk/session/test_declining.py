""" "Not now": the user was asked, and is left in peace for the 30 days of an answer."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from client_sdk import SessionStatus, TutorialClient, TutorialSession
from client_sdk._storage import FILE_NAME
from client_sdk.contracts.step import StepKind
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import OpenClient, tour
from tests.client_sdk.refused_writes import refused_writes
from tests.client_sdk.session.tour import to_the_survey

DAY = 86_400


@pytest.fixture
def client(open_client: OpenClient, server: FakeServer) -> TutorialClient:
    """A device that has two tours with a survey each."""
    server.configs["other-tour"] = replace(tour("hello"), tutorial_id="other-tour")
    client = open_client()
    client.tutorial("welcome-tour")
    client.tutorial("other-tour")
    client.flush(timeout_seconds=10)
    return client


def at_the_end_of_another_tour(client: TutorialClient) -> TutorialSession:
    session = client.tutorial("other-tour")
    session.start(restart=True)
    session.next()
    return session


def is_asked(client: TutorialClient) -> bool:
    asked = client.explain("other-tour").survey.verdict == "asked"
    session = at_the_end_of_another_tour(client)
    assert (session.status is SessionStatus.SURVEY) == asked
    return asked


def test_who_declines_is_asked_again_after_30_days_and_not_before(
    client: TutorialClient, server: FakeServer, clock: FakeClock
):
    to_the_survey(client).decline_survey()

    clock.advance(30 * DAY - 1)
    assert not is_asked(client)
    clock.advance(1)
    assert is_asked(client)
    client.flush(timeout_seconds=10)
    assert not server.surveys


def test_a_survey_that_nobody_was_shown_does_not_count(client: TutorialClient):
    session = to_the_survey(client)
    session.decline_survey(was_shown=False)

    assert session.status is SessionStatus.FINISHED
    assert is_asked(client)


def test_a_survey_between_two_steps_that_was_declined_counts(
    client: TutorialClient, server: FakeServer, clock: FakeClock
):
    first, *others = tour("intro", "team", version=2).steps
    asking = (replace(first, kind=StepKind.SURVEY), *others)
    server.configs["welcome-tour"] = replace(tour("intro", version=2), steps=asking)
    clock.advance(DAY)
    client.flush(timeout_seconds=10)
    session = client.tutorial("welcome-tour")
    session.start()

    session.decline_survey()

    assert session.step is not None
    assert session.step.id == "team"
    assert not is_asked(client)


def test_a_survey_that_waits_is_dropped_when_another_was_declined(
    client: TutorialClient,
):
    waiting = at_the_end_of_another_tour(client)
    to_the_survey(client).decline_survey()

    assert waiting.start() is None
    assert waiting.status is SessionStatus.FINISHED


def test_declining_twice_is_declining_once(client: TutorialClient):
    session = to_the_survey(client)
    session.decline_survey()
    session.decline_survey()

    rows = client._core.storage.foreground.execute(
        "SELECT count(*) FROM survey_windows"
    )
    assert [*rows] == [(1,)]


def test_declining_counts_after_a_restart(
    client: TutorialClient, open_client: OpenClient
):
    to_the_survey(client).decline_survey()
    client.close()

    assert not is_asked(open_client())


def test_declining_counts_after_the_file_was_damaged(
    client: TutorialClient, open_client: OpenClient, tmp_path: Path
):
    to_the_survey(client).decline_survey()
    client.close()
    with (tmp_path / FILE_NAME).open("r+b") as content:
        content.write(bytes(100))

    again = open_client()
    again.flush(timeout_seconds=10)

    assert not is_asked(again)


def test_declining_that_the_file_refused_is_stored_when_it_can_be(
    client: TutorialClient,
):
    session = to_the_survey(client)
    with refused_writes(client):
        session.decline_survey()
        assert session.status is SessionStatus.FINISHED
    client.flush(timeout_seconds=10)

    assert not is_asked(client)


def test_signing_in_keeps_what_the_anonymous_user_declined(
    client: TutorialClient, server: FakeServer
):
    to_the_survey(client).decline_survey()
    server.online = False

    client.identify(lambda: "a.b.c")

    assert not is_asked(client)


@pytest.mark.parametrize("wipe", [True, False])
def test_the_next_user_is_asked_whatever_the_last_one_declined(
    client: TutorialClient, wipe: bool
):
    to_the_survey(client).decline_survey()
    client.log_out(wipe=wipe)
    client.tutorial("other-tour")
    client.flush(timeout_seconds=10)

    assert is_asked(client)


def test_a_wipe_leaves_no_trace_of_who_declined(client: TutorialClient, tmp_path: Path):
    to_the_survey(client).decline_survey()
    client.log_out(wipe=True)
    client.close()

    file = sqlite3.connect(tmp_path / FILE_NAME)
    rows = file.execute("SELECT * FROM survey_windows").fetchall()
    file.close()
    assert rows == []


def test_an_answer_after_an_opt_out_is_not_collected_and_counts_as_asked(
    client: TutorialClient, server: FakeServer
):
    session = to_the_survey(client)
    client.opt_out()
    session.submit_survey(nps=9, comment="for nobody")
    client.opt_in()
    client.flush(timeout_seconds=10)

    assert not server.surveys
    assert not is_asked(client)


def test_an_answer_that_the_app_keeps_back_counts_as_asked(
    open_client: OpenClient, server: FakeServer
):
    server.configs["other-tour"] = replace(tour("hello"), tutorial_id="other-tour")
    client = open_client(before_send=lambda event: None)
    client.tutorial("welcome-tour")
    client.tutorial("other-tour")
    client.flush(timeout_seconds=10)

    to_the_survey(client).submit_survey(nps=9)

    assert client.status().queued_surveys == 0
    assert not is_asked(client)


@pytest.mark.parametrize("was_shown", [None, 1, "yes"])
def test_what_is_no_flag_leaves_the_survey_open(
    client: TutorialClient, was_shown: object
):
    session = to_the_survey(client)
    session.decline_survey(was_shown=was_shown)  # type: ignore[arg-type]

    assert session.status is SessionStatus.SURVEY
    assert client.status().misuses == 1
