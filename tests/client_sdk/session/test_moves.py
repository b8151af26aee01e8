"""A user's way through a tutorial, as the host app sees it."""

import threading
from dataclasses import replace
from enum import StrEnum

from client_sdk import OutgoingPing, OutgoingSurvey, SessionStatus, TutorialClient
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import OpenClient, tour
from tests.client_sdk.session.tour import arrived, to_the_survey

Event = OutgoingPing | OutgoingSurvey


def test_a_tour_goes_from_the_first_step_to_the_survey(client: TutorialClient):
    session = client.tutorial("welcome-tour")

    shown = [session.start(), session.next(), session.next(), session.next()]

    assert [step and step.id for step in shown] == ["intro", "dashboard", "team", None]
    assert session.status is SessionStatus.SURVEY


def test_every_step_is_started_and_completed_once(
    client: TutorialClient, server: FakeServer
):
    to_the_survey(client)
    client.flush(timeout_seconds=10)

    assert arrived(server) == [
        ("intro", "started"),
        ("intro", "completed"),
        ("dashboard", "started"),
        ("dashboard", "completed"),
        ("team", "started"),
        ("team", "completed"),
    ]


def test_a_move_that_another_process_has_made_meanwhile_is_not_made_again(
    client: TutorialClient, open_client: OpenClient, server: FakeServer
):
    client.tutorial("welcome-tour").start()
    meanwhile = [client.tutorial("welcome-tour").next]

    def move_elsewhere(event: Event) -> Event:
        """Come between the look at the file and the write."""
        while meanwhile:
            meanwhile.pop()()
        return event

    session = open_client(before_send=move_elsewhere).tutorial("welcome-tour")
    session.start()
    shown = session.next()
    client.flush(timeout_seconds=10)

    assert meanwhile == []
    assert shown is not None
    assert shown.id == "dashboard"
    assert arrived(server) == [
        ("intro", "started"),
        ("intro", "completed"),
        ("dashboard", "started"),
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


class Tour(StrEnum):
    WELCOME = "welcome-tour"


def test_ids_from_an_enumeration_arrive(client: TutorialClient, server: FakeServer):
    client.ping(Tour.WELCOME, "intro", "started")
    client.tutorial(Tour.WELCOME).start()
    client.flush(timeout_seconds=10)

    assert client.status().set_aside == 0
    assert len(server.pings) == 2


def test_two_sessions_and_a_listener_that_reads_both_do_not_deadlock(
    open_client: OpenClient, server: FakeServer
):
    server.configs["other"] = replace(tour("a", "b", "c"), tutorial_id="other")
    client = open_client()
    sessions = [client.tutorial("welcome-tour"), client.tutorial("other")]
    client.flush(timeout_seconds=10)

    def read_both(event: object) -> None:
        for one in sessions:
            one.reload()

    client.subscribe(read_both)

    def step(mine: int) -> None:
        for _ in range(50):
            sessions[mine].start(restart=True)
            sessions[mine].next()
            sessions[mine].skip()

    threads = [threading.Thread(target=step, args=(n,), daemon=True) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert not any(thread.is_alive() for thread in threads)
