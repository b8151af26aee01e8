"""Faults that attacks on the SDK have found, each as the fact that now holds."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum

import pytest

from client_sdk import (
    ClientConfig,
    EventKind,
    Request,
    Response,
    SessionStatus,
    TutorialClient,
    Unreachable,
)
from client_sdk.contracts import routes
from client_sdk.contracts.problem import ProblemCode
from client_sdk.testing import FakeClock, FakeServer, problem_response
from tests.client_sdk.conftest import QUIET, OpenClient, tour

A, B = "header.eyJzdWIiOiAidTEifQ.sig", "header.eyJzdWIiOiAidTIifQ.sig"


class Tour(StrEnum):
    WELCOME = "welcome-tour"


def test_a_new_account_behind_a_401_does_not_get_the_old_ones_events(
    open_client: OpenClient, server: FakeServer
):
    tokens = iter([A, A, B, B, B, B])
    client = open_client(token_provider=lambda: next(tokens))
    client.flush(timeout_seconds=10)
    client.ping("welcome-tour", "of-the-first", "started")
    server.script = [problem_response(401, ProblemCode.TOKEN_EXPIRED)]
    client.flush(timeout_seconds=10)

    assert server.pings == []
    assert client.status().queued_pings == 1


def test_ids_from_an_enumeration_arrive(client: TutorialClient, server: FakeServer):
    client.ping(Tour.WELCOME, "intro", "started")
    client.tutorial(Tour.WELCOME).start()
    client.flush(timeout_seconds=10)

    assert client.status().set_aside == 0
    assert len(server.pings) == 2


@pytest.mark.parametrize("nps", [9.0, "9", True, None, 11, -1])
def test_a_score_that_is_none_leaves_the_survey_open(
    client: TutorialClient, nps: object
):
    session = client.tutorial("welcome-tour")
    session.start()
    while session.next():
        pass
    session.submit_survey(nps=nps)  # type: ignore[arg-type]

    assert session.status is SessionStatus.SURVEY
    assert client.status().misuses == 1
    assert client.status().queued_surveys == 0


def test_what_a_full_disk_refused_is_stored_when_there_is_room(
    client: TutorialClient, server: FakeServer
):
    session = client.tutorial("welcome-tour")
    session.start()
    client._storage.foreground.execute("PRAGMA query_only = ON")
    shown = [session.next(), session.next(), session.next()]
    session.submit_survey(nps=7)
    client._storage.foreground.execute("PRAGMA query_only = OFF")
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert [step and step.id for step in shown] == ["dashboard", "team", None]
    assert session.status is SessionStatus.FINISHED
    assert len(server.pings) == 6
    assert len(server.surveys) == 1


def test_a_tour_that_could_not_be_stored_at_its_start_goes_on(client: TutorialClient):
    session = client.tutorial("welcome-tour")
    client._storage.foreground.execute("PRAGMA query_only = ON")
    session.start()
    client._storage.foreground.execute("PRAGMA query_only = OFF")

    step = session.next()

    assert step is not None
    assert step.id == "dashboard"
    assert client.status().queued_pings == 3


def test_the_bound_holds_over_many_starts(open_client: OpenClient, server: FakeServer):
    server.online = False
    config = replace(QUIET, max_queued_pings=100)
    for _ in range(4):
        client = open_client(config=config)
        for number in range(60):
            client.ping("welcome-tour", f"step-{number}", "started")

    assert open_client(config=config).status().queued_pings <= 100


def test_asking_for_a_tutorial_in_a_listener_does_not_undo_the_back_off(
    open_client: OpenClient, server: FakeServer
):
    config = replace(QUIET, backoff_initial_seconds=600, backoff_max_seconds=600)
    client = open_client(config=config)
    asked = threading.Event()

    def ask(event: object) -> None:
        client.tutorial("welcome-tour")
        if len(server.requests) > 20:
            asked.set()

    server.script = [problem_response(500, "down")] * 1000
    client.subscribe(ask)
    client.flush(timeout_seconds=10)

    assert not asked.wait(0.3)


def test_retry_after_is_kept_when_another_request_finds_nobody(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    client.tutorial("welcome-tour")
    client.ping("welcome-tour", "intro", "started")
    busy = problem_response(503, "busy", headers={"retry-after": "3600"})
    server.script = [server.answer, busy, Unreachable("gone")]
    client.flush(timeout_seconds=10)
    asked = len(server.requests)

    client.flush(timeout_seconds=0.2)

    assert len(server.requests) == asked


def test_a_date_to_retry_after_is_read_by_the_servers_clock(
    open_client: OpenClient, server: FakeServer, clock: FakeClock
):
    clock.jump(-365 * 24 * 3600)
    client = open_client()
    client.ping("welcome-tour", "intro", "started")
    now = datetime(2026, 11, 22, tzinfo=UTC)
    headers = {
        "date": format_datetime(now, usegmt=True),
        "retry-after": format_datetime(now + timedelta(seconds=0), usegmt=True),
    }
    server.script = [server.answer, problem_response(503, "busy", headers=headers)]
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert len(server.pings) == 1


def test_a_survey_in_trouble_holds_no_ping_up(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    client.submit_survey("welcome-tour", nps=3)
    client.ping("welcome-tour", "intro", "started")

    def fail_surveys(request: Request) -> Response:
        if request.path == routes.SURVEY:
            return problem_response(500, ProblemCode.INTERNAL_ERROR)
        return server.answer(request)

    server.script = [fail_surveys] * 10
    client.flush(timeout_seconds=10)

    assert len(server.pings) == 1
    assert client.status().queued_surveys == 1


def test_damaged_rows_hold_no_good_one_up(open_client: OpenClient, server: FakeServer):
    client = open_client(config=replace(QUIET, batch_size=5))
    for number in range(15):
        client.ping("welcome-tour", f"step-{number}", "started")
    client._storage.foreground.execute("UPDATE pings SET step_id='x' WHERE seq <= 5")
    client.flush(timeout_seconds=10)

    assert len(server.pings) == 10
    assert client.status().set_aside == 5


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


def test_content_does_not_freeze_when_the_clock_is_set_back(
    client: TutorialClient, server: FakeServer, clock: FakeClock
):
    clock.jump(-365 * 86_400)
    server.configs["welcome-tour"] = tour("new", version=2)
    client.flush(timeout_seconds=10)

    config = client.tutorial("welcome-tour").config
    assert config is not None
    assert config.version == 2


@pytest.mark.parametrize("fault", [SystemExit, KeyboardInterrupt, ValueError])
def test_a_token_provider_cannot_end_the_sync_thread(
    open_client: OpenClient, server: FakeServer, fault: type[BaseException]
):
    faults = [fault]

    def provide() -> str:
        if faults:
            raise faults.pop()
        return A

    client = open_client(token_provider=provide)
    client.ping("welcome-tour", "intro", "started")
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert faults == []
    assert len(server.pings) == 1


def test_a_proxys_413_for_one_event_keeps_the_event(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    client.ping("welcome-tour", "intro", "started")
    server.script = [server.answer, Response(status=413, body=b"<html>")]
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert client.status().set_aside == 0
    assert len(server.pings) == 1


def test_a_receipt_that_does_not_add_up_deletes_nothing(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    client.ping("welcome-tour", "intro", "started")
    empty = Response(status=200, body=b'{"accepted": 0, "duplicates": 0}')
    server.script = [server.answer, empty]
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert len(server.pings) == 1


def test_a_bad_token_sets_no_event_aside(open_client: OpenClient, server: FakeServer):
    client = open_client()
    client.ping("welcome-tour", "intro", "started")
    bad = problem_response(400, ProblemCode.TOKEN_INVALID)
    server.script = [server.answer, bad]
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert client.status().set_aside == 0
    assert len(server.pings) == 1


def test_an_unknown_tutorial_stays_the_last_error(open_client: OpenClient):
    client = open_client()
    client.tutorial("wellcome-tour")
    client.flush(timeout_seconds=10)

    assert "wellcome-tour" in (client.status().last_error or "")


def test_flush_in_a_listener_does_not_wait_for_itself(open_client: OpenClient):
    client = open_client()
    results: list[str | None] = []

    def flush(event: object) -> None:
        if getattr(event, "kind", None) is EventKind.SYNCED:
            results.append(client.flush(timeout_seconds=60).error)

    client.subscribe(flush)
    client.flush(timeout_seconds=10)

    assert results == [None]


def test_flush_after_close_says_so(open_client: OpenClient):
    client = open_client()
    client.close()

    assert client.flush(timeout_seconds=10).error == "the client is closed"


def test_a_client_whose_folder_has_gone_can_be_closed(tmp_path, server: FakeServer):
    import shutil

    folder = tmp_path / "device"
    client = TutorialClient(
        "http://kazi.invalid",
        storage_dir=folder,
        transport=server,
        config=ClientConfig(startup_delay_seconds=3600),
    )
    shutil.rmtree(folder)

    client.close()


def test_cached_configs_are_bounded(open_client: OpenClient, server: FakeServer):
    client = open_client(config=replace(QUIET, max_cached_configs=2))
    for number in range(6):
        name = f"tour-{number}"
        server.configs[name] = replace(tour("a"), tutorial_id=name)
        client.tutorial(name)
        client.flush(timeout_seconds=10)
    rows = client._storage.foreground.execute("SELECT count(*) FROM config_cache")

    assert rows == [(2,)]
