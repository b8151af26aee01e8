"""A user's way through a tutorial, as the host app sees it."""

from client_sdk import SessionStatus, TutorialClient
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import OpenClient, tour


def arrived(server: FakeServer) -> list[tuple[str, str]]:
    """Return step and status of what the server holds, in order of arrival."""
    return [(ping["stepId"], ping["status"]) for ping in server.pings]


def test_a_tour_goes_from_the_first_step_to_the_survey(client: TutorialClient):
    session = client.tutorial("welcome-tour")

    shown = [session.start(), session.next(), session.next(), session.next()]

    assert [step and step.id for step in shown] == ["intro", "dashboard", "team", None]
    assert session.status is SessionStatus.SURVEY


def test_every_step_is_started_and_completed_once(
    client: TutorialClient, server: FakeServer
):
    session = client.tutorial("welcome-tour")
    session.start()
    while session.next():
        pass
    client.flush(timeout_seconds=10)

    assert arrived(server) == [
        ("intro", "started"),
        ("intro", "completed"),
        ("dashboard", "started"),
        ("dashboard", "completed"),
        ("team", "started"),
        ("team", "completed"),
    ]


def test_going_back_and_on_completes_no_step_twice(
    client: TutorialClient, server: FakeServer
):
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()
    session.back()
    session.next()
    client.flush(timeout_seconds=10)

    assert arrived(server).count(("intro", "completed")) == 1
    assert arrived(server).count(("dashboard", "started")) == 2


def test_back_on_the_first_step_changes_nothing(client: TutorialClient):
    session = client.tutorial("welcome-tour")
    session.start()

    step = session.back()

    assert step is not None
    assert step.id == "intro"
    assert client.status().queued == 1


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
    session = client.tutorial("welcome-tour")
    session.start()
    while session.next():
        pass
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


def test_a_skip_is_told_as_a_skip(client: TutorialClient, server: FakeServer):
    session = client.tutorial("welcome-tour")
    session.start()
    session.skip()
    client.flush(timeout_seconds=10)

    assert arrived(server)[-1] == ("intro", "skipped")
    assert session.status is SessionStatus.SKIPPED


def test_a_closed_overlay_is_told_as_dismissed(
    client: TutorialClient, server: FakeServer
):
    session = client.tutorial("welcome-tour")
    session.start()
    session.dismiss()
    client.flush(timeout_seconds=10)

    assert arrived(server)[-1] == ("intro", "dismissed")


def test_a_missing_target_is_told_and_the_run_goes_on(
    client: TutorialClient, server: FakeServer
):
    session = client.tutorial("welcome-tour")
    session.start()
    session.target_missing()
    session.next()
    client.flush(timeout_seconds=10)

    assert ("intro", "target_missing") in arrived(server)
    assert session.index == 1


def test_go_to_shows_a_step_by_its_id(client: TutorialClient):
    session = client.tutorial("welcome-tour")
    session.start()

    assert session.go_to("team") == session.step
    assert session.is_last


def test_go_to_an_unknown_step_changes_nothing(client: TutorialClient):
    session = client.tutorial("welcome-tour")
    session.start()

    session.go_to("nowhere")

    assert session.is_first


def test_a_step_took_as_long_as_it_was_shown(
    client: TutorialClient, server: FakeServer, clock: FakeClock
):
    session = client.tutorial("welcome-tour")
    session.start()
    clock.advance(2.5)
    session.next()
    client.flush(timeout_seconds=10)

    assert server.pings[1]["t"] == 2500


def test_a_jump_of_the_date_does_not_change_a_duration(
    client: TutorialClient, server: FakeServer, clock: FakeClock
):
    session = client.tutorial("welcome-tour")
    session.start()
    clock.advance(1)
    clock.jump(-3600)
    session.next()
    client.flush(timeout_seconds=10)

    assert server.pings[1]["t"] == 1000


def test_an_answer_given_offline_arrives(client: TutorialClient, server: FakeServer):
    session = client.tutorial("welcome-tour")
    session.start()
    while session.next():
        pass
    server.online = False
    session.submit_survey(nps=9, comment="Loved it")
    server.online = True
    client.flush(timeout_seconds=10)

    (answer,) = server.surveys.values()
    assert (answer["nps"], answer["comment"]) == (9, "Loved it")
    assert session.status is SessionStatus.FINISHED


def test_an_answer_is_taken_once(client: TutorialClient, server: FakeServer):
    session = client.tutorial("welcome-tour")
    session.start()
    while session.next():
        pass
    session.submit_survey(nps=9)
    session.submit_survey(nps=1)
    client.flush(timeout_seconds=10)

    assert [answer["nps"] for answer in server.surveys.values()] == [9]


def test_the_survey_waits_across_a_restart(
    client: TutorialClient, open_client: OpenClient
):
    session = client.tutorial("welcome-tour")
    session.start()
    while session.next():
        pass

    assert open_client().tutorial("welcome-tour").status is SessionStatus.SURVEY


def test_a_run_keeps_its_content_when_the_server_has_new(
    client: TutorialClient,
    open_client: OpenClient,
    server: FakeServer,
    clock: FakeClock,
):
    session = client.tutorial("welcome-tour")
    session.start()
    server.configs["welcome-tour"] = tour("other", "content", version=2)
    clock.advance(3600)
    client.tutorial("welcome-tour")
    client.flush(timeout_seconds=10)

    resumed = open_client().tutorial("welcome-tour")

    assert resumed.start() == session.step
    assert resumed.config is not None
    assert resumed.config.version == 1


def test_a_step_that_is_gone_gives_way_to_the_first_one_not_done(
    client: TutorialClient,
    open_client: OpenClient,
    server: FakeServer,
    clock: FakeClock,
):
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()
    server.configs["welcome-tour"] = tour("intro", "board", "team", version=2)
    clock.advance(3600)
    client.tutorial("welcome-tour")
    client.flush(timeout_seconds=10)
    forget = "DELETE FROM config_cache WHERE is_current = 0"
    client._storage.foreground.execute(forget)

    step = open_client().tutorial("welcome-tour").start()

    assert step is not None
    assert step.id == "board"


def test_without_a_config_nothing_starts(open_client: OpenClient, server: FakeServer):
    server.online = False
    session = open_client().tutorial("welcome-tour")

    assert session.start() is None
    assert session.status is SessionStatus.LOADING


def test_a_config_that_comes_later_makes_the_session_ready(
    open_client: OpenClient, server: FakeServer
):
    server.online = False
    client = open_client()
    session = client.tutorial("welcome-tour")
    server.online = True
    client.flush(timeout_seconds=10)

    assert session.status is SessionStatus.READY


def test_the_user_goes_on_when_the_file_refuses_writes(
    client: TutorialClient,
):
    session = client.tutorial("welcome-tour")
    session.start()
    client._storage.foreground.execute("PRAGMA query_only = ON")

    step = session.next()

    assert step is not None
    assert step.id == "dashboard"
