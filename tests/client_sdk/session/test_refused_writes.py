"""A tour whose file takes no write for a while."""

from client_sdk import SessionStatus, TutorialClient
from client_sdk.testing import FakeServer
from tests.client_sdk.refused_writes import refused_writes


def test_the_user_goes_on_when_the_file_refuses_writes(
    client: TutorialClient,
):
    session = client.tutorial("welcome-tour")
    session.start()
    with refused_writes(client):
        step = session.next()

        assert step is not None
        assert step.id == "dashboard"


def test_a_tour_that_could_not_be_stored_at_its_start_goes_on(client: TutorialClient):
    session = client.tutorial("welcome-tour")
    with refused_writes(client):
        session.start()

    step = session.next()

    assert step is not None
    assert step.id == "dashboard"
    assert client.status().queued_pings == 3


def test_what_a_full_disk_refused_is_stored_when_there_is_room(
    client: TutorialClient, server: FakeServer
):
    session = client.tutorial("welcome-tour")
    session.start()
    with refused_writes(client):
        shown = [session.next(), session.next(), session.next()]
        session.submit_survey(nps=7)
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert [step and step.id for step in shown] == ["dashboard", "team", None]
    assert session.status is SessionStatus.FINISHED
    assert len(server.pings) == 6
    assert len(server.surveys) == 1
