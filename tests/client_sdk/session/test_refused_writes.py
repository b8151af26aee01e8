"""A tour whose file takes no write for a while."""

from client_sdk import SessionStatus, TutorialClient
from client_sdk.testing import FakeServer
from tests.client_sdk.pings import completed
from tests.client_sdk.refused_writes import refused_events, refused_writes


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


def test_a_move_is_stored_with_its_events_or_not_at_all(
    client: TutorialClient, server: FakeServer
):
    database = client._core.storage.foreground
    session = client.tutorial("welcome-tour")
    session.start()
    with refused_events(client):
        session.next()
        # A kill here would show the step again, whose end nobody has heard of.
        stored = database.execute("SELECT step_id FROM runs")
        done = database.execute("SELECT step_id FROM completed_steps")
    for _ in range(2):
        client.flush(timeout_seconds=10)

    assert (stored, done) == ([("intro",)], [])
    assert completed(server) == ["intro"]
