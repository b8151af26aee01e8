"""A run: resumed where it was left, over when it ended, begun again when asked."""

from client_sdk import SessionStatus, TutorialClient
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.session.tour import arrived, to_the_survey


def test_the_tour_resumes_where_the_app_was_killed(
    client: TutorialClient, open_client: OpenClient, server: FakeServer
):
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()
    server.online = False

    # The first client is never closed: its process might as well be dead.
    resumed = open_client().tutorial("welcome-tour")
    step = resumed.start()

    assert step is not None
    assert step.id == "dashboard"


def test_resuming_queues_no_event(client: TutorialClient, open_client: OpenClient):
    client.tutorial("welcome-tour").start()
    other = open_client()

    other.tutorial("welcome-tour").start()

    assert other.status().queued_pings == 1


def test_a_second_process_cannot_complete_the_same_step(
    client: TutorialClient, open_client: OpenClient, server: FakeServer
):
    first = client.tutorial("welcome-tour")
    first.start()
    second = open_client().tutorial("welcome-tour")
    second.start()

    first.next()
    second.next()
    client.flush(timeout_seconds=10)

    assert arrived(server).count(("intro", "completed")) == 1
    assert second.step == first.step


def test_a_finished_tour_is_not_shown_again(client: TutorialClient):
    session = to_the_survey(client)
    session.decline_survey()

    assert session.start() is None
    assert session.status is SessionStatus.FINISHED


def test_a_finished_tour_restarts_when_asked(client: TutorialClient):
    session = client.tutorial("welcome-tour")
    session.start()
    session.skip()

    step = session.start(restart=True)

    assert step is not None
    assert step.id == "intro"


def test_a_restarted_run_has_an_id_of_its_own(
    client: TutorialClient, server: FakeServer
):
    session = client.tutorial("welcome-tour")
    session.start()
    session.skip()
    session.start(restart=True)
    client.flush(timeout_seconds=10)

    assert len({ping["runId"] for ping in server.pings}) == 2


def test_a_run_begun_after_the_clock_was_set_back_is_the_latest(
    client: TutorialClient, clock: FakeClock
):
    session = client.tutorial("welcome-tour")
    session.start()
    session.skip()
    clock.jump(-86_400)
    session.start(restart=True)
    session.reload()

    assert session.status is SessionStatus.RUNNING
