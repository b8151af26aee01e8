"""Ways through a tutorial that are not its order: branches, steps left out, surveys between."""

from dataclasses import replace

import pytest

from client_sdk import SessionStatus, TutorialClient
from client_sdk.contracts.step import StepKind
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import OpenClient, tour
from tests.client_sdk.session.tour import arrived

PLAIN = tour("intro", "dashboard", "team")
_INTRO, _DASHBOARD, _TEAM = PLAIN.steps
ASKING = replace(
    PLAIN, steps=(_INTRO, replace(_DASHBOARD, kind=StepKind.SURVEY), _TEAM)
)


@pytest.fixture
def asking_client(open_client: OpenClient, server: FakeServer) -> TutorialClient:
    """A device that has a tour with a survey between two steps."""
    server.configs["welcome-tour"] = ASKING
    client = open_client()
    client.tutorial("welcome-tour")
    client.flush(timeout_seconds=10)
    return client


def test_a_step_may_lead_to_another_one_than_the_next(
    client: TutorialClient, server: FakeServer
):
    session = client.tutorial("welcome-tour")
    session.start()

    step = session.next(to="team")
    client.flush(timeout_seconds=10)

    assert step is not None
    assert step.id == "team"
    assert arrived(server) == [
        ("intro", "started"),
        ("intro", "completed"),
        ("team", "started"),
    ]


def test_a_branch_to_no_step_goes_on_with_the_next(client: TutorialClient):
    session = client.tutorial("welcome-tour")
    session.start()

    step = session.next(to="nowhere")

    assert step is not None
    assert step.id == "dashboard"


def test_a_step_that_is_passed_over_is_not_completed(
    client: TutorialClient, server: FakeServer
):
    session = client.tutorial("welcome-tour")
    session.start()
    session.pass_over()
    session.next()
    session.pass_over()
    client.flush(timeout_seconds=10)

    assert session.status is SessionStatus.SURVEY
    assert [one for one in arrived(server) if one[1] == "completed"] == [
        ("dashboard", "completed")
    ]


def test_steps_left_out_are_neither_shown_nor_counted_nor_told(
    client: TutorialClient, server: FakeServer
):
    session = client.tutorial("welcome-tour")
    session.leave_out({"intro", "dashboard"})

    step = session.start()
    client.flush(timeout_seconds=10)

    assert step is not None
    assert (step.id, session.index, session.size) == ("team", 0, 1)
    assert session.is_last
    assert arrived(server) == [("team", "started")]


def test_the_step_that_is_shown_stays_when_it_is_to_be_left_out(client: TutorialClient):
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()

    session.leave_out({"dashboard"})

    assert session.step is not None
    assert (session.step.id, session.size) == ("dashboard", 3)
    session.next()
    assert (session.index, session.size) == (1, 2)


def test_a_tutorial_without_a_step_to_show_does_not_begin(
    client: TutorialClient, server: FakeServer
):
    session = client.tutorial("welcome-tour")
    session.leave_out({"intro", "dashboard", "team"})

    assert session.start() is None
    assert session.status is SessionStatus.READY
    assert client.status().queued == 0


def test_a_survey_between_two_steps_is_asked_there_and_not_again(
    asking_client: TutorialClient, server: FakeServer
):
    client = asking_client
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()

    session.submit_survey(nps=9)
    assert session.step is not None
    assert session.step.id == "team"
    session.next()
    client.flush(timeout_seconds=10)

    assert session.status is SessionStatus.FINISHED
    assert [one["nps"] for one in server.surveys.values()] == [9]
    assert ("dashboard", "completed") in arrived(server)


def test_a_survey_between_two_steps_may_be_declined(
    asking_client: TutorialClient, server: FakeServer
):
    client = asking_client
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()

    session.decline_survey()
    client.flush(timeout_seconds=10)

    assert session.index == 2
    assert not server.surveys
    assert ("dashboard", "completed") not in arrived(server)


def test_a_survey_between_two_steps_is_left_out_when_one_was_just_answered(
    asking_client: TutorialClient, server: FakeServer
):
    client = asking_client
    session = client.tutorial("welcome-tour")
    client.submit_survey("another-tour", nps=3)

    session.start()
    session.next()

    assert session.step is not None
    assert (session.step.id, session.size) == ("team", 2)
