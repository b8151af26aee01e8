"""One user on several devices: where to go on, and what is paid once."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from client_sdk import EventKind, Request, Response, SessionStatus, TutorialClient
from client_sdk._explanation import Verdict
from client_sdk._progress import Known
from client_sdk._progress_view import ProgressView, view_of
from client_sdk.contracts import routes
from client_sdk.contracts.hlc import HybridTime
from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.progress import Resume, TutorialProgress, later
from client_sdk.testing import FakeClock, FakeServer, body_of, problem_response
from tests.client_sdk.conftest import OpenClient, tour

TEN_YEARS = timedelta(days=3650).total_seconds()
TOUR = replace(tour("intro", "dashboard", "team", survey=False), xp=50)

OpenDevice = Callable[..., TutorialClient]


def token_of(user_id: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"sub": user_id}).encode())
    return f"header.{payload.rstrip(b'=').decode()}.signature"


@pytest.fixture
def server(clock: FakeClock) -> FakeServer:
    return FakeServer(TOUR, clock=clock)


@pytest.fixture
def open_device(open_client: OpenClient, tmp_path: Path) -> OpenDevice:
    """Return a function that opens a device of one account, with a folder of its own."""

    def open_one(name: str, **overrides: object) -> TutorialClient:
        arguments = {"token_provider": lambda: token_of("u1"), **overrides}
        client = open_client(storage_dir=tmp_path / name, **arguments)
        client.tutorial("welcome-tour")
        client.flush(timeout_seconds=10)
        return client

    return open_one


def sync(client: TutorialClient, clock: FakeClock) -> None:
    """Let a minute pass, after which a sync asks for progress again."""
    clock.advance(61)
    assert client.flush(timeout_seconds=10).error is None


def start_at(client: TutorialClient) -> str | None:
    step = client.tutorial("welcome-tour").start()
    return step.id if step else None


def view(client: TutorialClient) -> ProgressView:
    found = client.progress("welcome-tour")
    assert found is not None
    return found


def completed(server: FakeServer) -> list[str]:
    return [p["stepId"] for p in server.pings if p["status"] == "completed"]


def runs(server: FakeServer) -> set[str]:
    return {ping["runId"] for ping in server.pings}


def puts(server: FakeServer) -> list[Request]:
    return [one for one in server.requests if one.method == "PUT"]


def gets(server: FakeServer) -> list[Request]:
    return [one for one in server.requests_to(routes.PROGRESS) if one.method == "GET"]


def go(client: TutorialClient, moves: int) -> None:
    session = client.tutorial("welcome-tour")
    session.start()
    for _ in range(moves):
        session.next()


class TestResuming:
    def test_a_tour_goes_on_with_its_run_on_another_device(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 2)
        sync(phone, clock)
        tablet = open_device("tablet")

        assert start_at(tablet) == "team"
        tablet.tutorial("welcome-tour").next()
        sync(tablet, clock)
        assert completed(server) == ["intro", "dashboard", "team"]
        assert len(runs(server)) == 1

    def test_it_goes_on_without_a_network_once_it_is_known(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 1)
        sync(phone, clock)
        open_device("tablet").close()
        server.online = False
        tablet = open_device("tablet")

        assert start_at(tablet) == "dashboard"

    def test_a_step_is_completed_once_in_a_run_whatever_the_device(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 1)
        sync(phone, clock)
        tablet = open_device("tablet")
        tablet.tutorial("welcome-tour").start()
        tablet.tutorial("welcome-tour").back()
        tablet.tutorial("welcome-tour").next()
        tablet.tutorial("welcome-tour").next()
        sync(tablet, clock)
        sync(phone, clock)
        phone.tutorial("welcome-tour").next()
        sync(phone, clock)

        assert completed(server) == ["intro", "dashboard"]

    def test_an_open_run_follows_a_device_that_moved_later(
        self, open_device: OpenDevice, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 0)
        sync(phone, clock)
        tablet = open_device("tablet")
        go(tablet, 2)
        sync(tablet, clock)
        sync(phone, clock)

        session = phone.tutorial("welcome-tour")
        assert session.index == 0
        assert start_at(phone) == "team"

    def test_an_open_run_stays_where_it_moved_last(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone, tablet = open_device("phone"), open_device("tablet")
        go(tablet, 0)
        sync(tablet, clock)
        go(phone, 2)
        sync(phone, clock)

        assert start_at(phone) == "team"
        sync(tablet, clock)
        assert start_at(tablet) == "team"

    def test_two_runs_begun_offline_become_the_later_one(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone, tablet = open_device("phone"), open_device("tablet")
        server.online = False
        go(phone, 1)
        clock.advance(10)
        go(tablet, 2)
        server.online = True
        sync(tablet, clock)
        sync(phone, clock)

        assert start_at(phone) == "team"
        assert start_at(tablet) == "team"
        phone_run = phone.tutorial("welcome-tour").run
        tablet_run = tablet.tutorial("welcome-tour").run
        assert phone_run is not None
        assert tablet_run is not None
        assert phone_run.run_id == tablet_run.run_id

    def test_a_tour_completed_elsewhere_is_over_here(
        self, open_device: OpenDevice, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 3)
        sync(phone, clock)
        tablet = open_device("tablet")
        session = tablet.tutorial("welcome-tour")

        assert session.status is SessionStatus.FINISHED
        assert session.start() is None
        assert session.start(restart=True) is not None

    def test_a_tour_completed_elsewhere_may_not_start_here(
        self, open_device: OpenDevice, clock: FakeClock
    ):
        phone = open_device("phone")
        assert len(phone.launch()) == 1
        go(phone, 3)
        sync(phone, clock)
        tablet = open_device("tablet")

        assert tablet.launch() == ()
        assert tablet.explain("welcome-tour").verdict is Verdict.RULED_OUT

    def test_a_tour_skipped_elsewhere_is_skipped_here(
        self, open_device: OpenDevice, clock: FakeClock
    ):
        phone, tablet = open_device("phone"), open_device("tablet")
        go(tablet, 0)
        clock.advance(1)
        go(phone, 1)
        phone.tutorial("welcome-tour").skip()
        sync(phone, clock)
        sync(tablet, clock)

        assert start_at(tablet) is None
        assert tablet.tutorial("welcome-tour").status is SessionStatus.SKIPPED

    def test_a_tour_begun_again_elsewhere_goes_on_here_after_its_end_here(
        self, open_device: OpenDevice, clock: FakeClock
    ):
        phone, tablet = open_device("phone"), open_device("tablet")
        go(phone, 3)
        sync(phone, clock)
        sync(tablet, clock)
        tablet.tutorial("welcome-tour").start(restart=True)
        tablet.tutorial("welcome-tour").next()
        sync(tablet, clock)
        sync(phone, clock)
        session = phone.tutorial("welcome-tour")
        before = session.status
        session.start()
        shown = session.step
        session.next()
        session.next()

        assert before is SessionStatus.READY
        assert shown is not None
        assert shown.id == "dashboard"
        assert session.status is SessionStatus.FINISHED

    def test_a_step_that_is_no_more_becomes_the_first_one_not_completed(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 1)
        sync(phone, clock)
        server.configs["welcome-tour"] = tour("intro", "week", "team", version=2)
        tablet = open_device("tablet")

        assert start_at(tablet) == "week"

    def test_a_run_that_gives_way_takes_its_content_with_it(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 0)
        server.configs["welcome-tour"] = tour("intro", "week", "team", version=2)
        tablet = open_device("tablet")
        go(tablet, 0)
        clock.advance(1)
        tablet.tutorial("welcome-tour").start(restart=True)
        tablet.tutorial("welcome-tour").next()
        for client in (tablet, phone):
            clock.advance(3600)
            sync(client, clock)

        assert start_at(phone) == "week"
        assert phone.tutorial("welcome-tour").size == 3

    def test_a_run_that_ended_here_long_ago_may_go_on_here(
        self, open_device: OpenDevice, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 1)
        sync(phone, clock)
        tablet = open_device("tablet")
        assert start_at(tablet) == "dashboard"
        session = phone.tutorial("welcome-tour")
        session.skip()
        session.start(restart=True)
        session.skip()
        sync(phone, clock)
        tablet.tutorial("welcome-tour").next()
        for client in (tablet, phone):
            sync(client, clock)

        assert start_at(phone) == "team"
        session.next()
        assert session.status is SessionStatus.FINISHED

    def test_it_goes_on_over_a_log_in(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone", token_provider=None)
        go(phone, 1)
        phone.identify(lambda: token_of("u1"))
        sync(phone, clock)
        tablet = open_device("tablet")

        assert start_at(tablet) == "dashboard"
        assert view(phone).xp == view(tablet).xp == 10

    def test_a_log_in_without_a_network_takes_everything_along(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone", token_provider=None)
        go(phone, 1)
        sync(phone, clock)
        server.online = False
        phone.tutorial("welcome-tour").next()
        phone.tutorial("welcome-tour").skip()
        phone.identify(lambda: token_of("u1"))

        assert phone.tutorial("welcome-tour").status is SessionStatus.SKIPPED
        assert (view(phone).xp, view(phone).pending_xp) == (20, 10)

    def test_a_survey_that_is_open_here_is_not_closed_from_elsewhere(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        server.configs["welcome-tour"] = tour("intro", "dashboard", "team")
        phone = open_device("phone")
        go(phone, 2)
        sync(phone, clock)
        tablet = open_device("tablet")
        go(tablet, 0)
        phone.tutorial("welcome-tour").next()
        clock.advance(1)
        tablet.tutorial("welcome-tour").back()
        for client in (phone, tablet, phone):
            sync(client, clock)

        assert start_at(phone) is None
        assert phone.tutorial("welcome-tour").status is SessionStatus.SURVEY

    def test_a_device_that_was_wiped_goes_on_at_the_next_log_in(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 1)
        sync(phone, clock)
        phone.log_out(wipe=True)
        phone.identify(lambda: token_of("u1"))
        sync(phone, clock)

        assert start_at(phone) == "dashboard"
        phone.tutorial("welcome-tour").back()
        go(phone, 2)
        sync(phone, clock)
        assert completed(server) == ["intro", "dashboard"]

    def test_a_log_out_that_wipes_leaves_no_progress(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone, tablet = open_device("phone"), open_device("tablet")
        go(phone, 1)
        sync(phone, clock)
        go(tablet, 1)
        tablet.tutorial("welcome-tour").start(restart=True)
        sync(tablet, clock)
        sync(phone, clock)
        server.online = False
        phone.tutorial("welcome-tour").next()
        phone.log_out(wipe=True)

        assert phone.progress("welcome-tour") is None
        for table in ("progress", "resumes", "pending_steps", "completed_steps"):
            query = f"SELECT count(*) FROM {table}"
            assert phone._storage.foreground.execute(query) == [(0,)], table


class TestClocks:
    def test_a_clock_ten_years_ahead_does_not_win_for_ever(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        wrong = FakeClock(clock.now_ms() + round(TEN_YEARS * 1000))
        phone = open_device("phone", clock=wrong)
        go(phone, 1)
        sync(phone, wrong)
        tablet = open_device("tablet")
        go(tablet, 1)
        clock.advance(1)
        sync(tablet, clock)
        sync(phone, wrong)

        assert start_at(tablet) == start_at(phone) == "team"

    def test_what_it_did_before_is_not_taken_for_later(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        wrong = FakeClock(clock.now_ms() + round(TEN_YEARS * 1000))
        phone, tablet = open_device("phone", clock=wrong), open_device("tablet")
        phone_was_offline = phone
        server.online = False
        go(phone_was_offline, 1)
        server.online = True
        for one in (clock, wrong):
            one.advance(3600)
        go(tablet, 2)
        sync(tablet, clock)
        for one in (clock, wrong):
            one.advance(3600)
        sync(phone, wrong)

        assert start_at(phone) == "team"

    def test_a_clock_that_is_put_right_counts_as_right(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        wrong = FakeClock(clock.now_ms() + round(TEN_YEARS * 1000))
        phone = open_device("phone", clock=wrong)
        go(phone, 1)
        sync(phone, wrong)
        wrong.jump(-TEN_YEARS)
        phone.tutorial("welcome-tour").next()
        sync(phone, wrong)

        clocks = [body_of(one)["clock"]["wallMs"] for one in puts(server)]
        assert clocks[-1] <= wrong.now_ms()

    def test_a_clock_ten_years_behind_still_moves_what_it_has_seen(
        self, open_device: OpenDevice, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 1)
        sync(phone, clock)
        behind = FakeClock(clock.now_ms() - round(TEN_YEARS * 1000))
        tablet = open_device("tablet", clock=behind)
        go(tablet, 1)
        sync(tablet, behind)
        sync(phone, clock)

        assert start_at(phone) == "team"


class TestPoints:
    def test_points_on_their_way_count_at_once(
        self, open_device: OpenDevice, server: FakeServer
    ):
        phone = open_device("phone")
        server.online = False
        go(phone, 2)

        shown = view(phone)
        assert shown.completed_steps == ("intro", "dashboard")
        assert (shown.xp, shown.pending_xp, phone.xp) == (20, 20, 20)
        assert (shown.furthest_step, shown.resume_step) == ("team", "team")

    def test_the_furthest_step_stays_when_the_user_goes_back(
        self, open_device: OpenDevice, server: FakeServer
    ):
        phone = open_device("phone")
        server.online = False
        go(phone, 2)
        phone.tutorial("welcome-tour").go_to("intro")

        assert view(phone).furthest_step == "team"
        assert view(phone).resume_step == "intro"

    def test_steps_of_earlier_content_do_not_earn_the_whole_of_the_present(self):
        server = TutorialProgress(
            tutorial_id="welcome-tour",
            completed_steps=STEPS,
            completed=False,
            furthest_step="team",
            furthest_position=2,
            xp=30,
            etag='"e"',
        )

        assert view_of("welcome-tour", Known(server=server), [TOUR]).xp == 30
        again = Known(server=server, pending=frozenset({"team"}))
        assert view_of("welcome-tour", again, [TOUR]).xp == 80

    def test_the_whole_tour_earns_its_own(self, open_device: OpenDevice):
        phone = open_device("phone")
        go(phone, 3)

        assert view(phone).is_completed
        assert view(phone).xp == phone.xp == 80

    def test_points_are_shown_once_before_and_after_they_are_confirmed(
        self, open_device: OpenDevice, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 3)
        before = view(phone)
        sync(phone, clock)
        after = view(phone)

        assert (before.xp, before.pending_xp) == (80, 80)
        assert (after.xp, after.pending_xp) == (80, 0)

    def test_a_step_completed_on_two_devices_pays_once(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone, tablet = open_device("phone"), open_device("tablet")
        server.online = False
        go(phone, 2)
        go(tablet, 1)
        server.online = True
        sync(phone, clock)
        sync(tablet, clock)
        sync(phone, clock)

        assert view(phone).xp == view(tablet).xp == 20

    def test_a_restart_pays_nothing_again(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 3)
        sync(phone, clock)
        server.online = False
        phone.tutorial("welcome-tour").start(restart=True)
        for _ in range(3):
            phone.tutorial("welcome-tour").next()

        assert view(phone).xp == 80
        assert view(phone).pending_xp == 0

    def test_events_of_a_tutorial_that_the_app_draws_count_too(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        phone.ping("welcome-tour", "intro", "completed")

        assert view(phone).pending_xp == 10
        sync(phone, clock)
        assert (view(phone).xp, view(phone).pending_xp) == (10, 0)

    def test_what_the_server_refuses_does_not_stay_on_its_way(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        def refuse(request: Request) -> Response:
            (ping,) = body_of(request)["events"]
            fault = {"code": "unknown_step", "detail": "of another tutorial"}
            rejected = [{"index": 0, "eventId": ping["eventId"], **fault}]
            receipt = {"accepted": 0, "duplicates": 0, "rejected": rejected}
            headers = {"content-type": "application/json"}
            return Response(200, headers, json.dumps(receipt).encode())

        phone = open_device("phone")
        phone.ping("welcome-tour", "intro", "completed")
        server.script = [refuse]
        sync(phone, clock)

        assert phone.xp == 0
        assert phone.status().set_aside == 1

    def test_points_are_told_without_a_file(self, open_device: OpenDevice):
        phone = open_device("phone")
        phone.close()

        assert phone.xp == 0
        assert phone.progress("welcome-tour") is None

    def test_nothing_is_known_of_what_nobody_began(self, open_device: OpenDevice):
        assert open_device("phone").progress("welcome-tour") is None


class TestRequests:
    def test_one_write_a_tutorial_and_sync(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 2)
        sync(phone, clock)
        sync(phone, clock)

        assert len(puts(server)) == 1

    def test_nobody_asks_where_nothing_is_shown_or_sent(
        self, open_client: OpenClient, server: FakeServer, clock: FakeClock
    ):
        client = open_client()
        client.ping("welcome-tour", "intro", "started")
        for _ in range(3):
            sync(client, clock)

        assert gets(server) == []

    def test_a_shown_tutorial_is_asked_for_at_most_once_a_minute(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        phone.flush(timeout_seconds=10)
        assert len(gets(server)) == 1
        sync(phone, clock)

        assert len(gets(server)) == 2
        assert "if-none-match" in gets(server)[1].headers

    def test_a_write_for_another_state_is_merged_in_the_same_sync(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone, tablet = open_device("phone"), open_device("tablet")
        go(phone, 1)
        sync(phone, clock)
        # The tablet asks before its write: only a write in between makes it late.
        go(tablet, 2)

        def write_first(request: Request) -> Response:
            answer = server.answer(request)
            late = replace_clock(body_of(puts(server)[0]), clock.now_ms())
            body = json.dumps(late).encode()
            headers = {"authorization": request.headers["authorization"]}
            server.answer(
                Request("PUT", f"{routes.PROGRESS}/welcome-tour", {}, headers, body)
            )
            return answer

        clock.advance(61)
        server.script = [server.answer, write_first]
        tablet.flush(timeout_seconds=10)

        conflicts = puts(server)[1:]
        assert [one.headers.get("if-match") is not None for one in conflicts] == [
            True,
            True,
        ]
        assert start_at(tablet) == "dashboard"

    def test_a_write_that_is_refused_is_not_sent_again(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        def refuse_writes(request: Request) -> Response:
            if request.method == "PUT":
                return problem_response(410, ProblemCode.USER_ERASED)
            return server.answer(request)

        phone = open_device("phone")
        go(phone, 1)
        server.script = [refuse_writes] * 20
        sync(phone, clock)
        sync(phone, clock)

        assert len(puts(server)) == 1
        assert start_at(phone) == "dashboard"

    def test_a_move_during_a_write_waits_for_the_next_one(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 0)

        def move_meanwhile(request: Request) -> Response:
            if request.method == "PUT" and len(puts(server)) == 1:
                phone.tutorial("welcome-tour").next()
            return server.answer(request)

        server.script = [move_meanwhile] * 20
        sync(phone, clock)
        sync(phone, clock)

        assert [body_of(one)["stepId"] for one in puts(server)] == [
            "intro",
            "dashboard",
        ]

    def test_what_waited_when_the_user_opted_out_is_never_sent(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        server.online = False
        go(phone, 1)
        phone.opt_out()
        phone.opt_in()
        server.online = True
        sync(phone, clock)

        assert puts(server) == []
        assert phone.xp == 0

    def test_who_opts_out_sends_no_progress(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 1)
        phone.opt_out()
        phone.tutorial("welcome-tour").next()
        asked = len(gets(server))
        sync(phone, clock)
        phone.opt_in()
        sync(phone, clock)

        assert puts(server) == []
        assert len(gets(server)) == asked + 1
        assert start_at(phone) == "team"

    def test_a_device_that_did_all_as_an_earlier_user_tells_it_as_that_one(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone", token_provider=None)
        first = phone.status().user_id
        go(phone, 1)
        phone.log_out()
        sync(phone, clock)

        (put,) = puts(server)
        assert put.headers["authorization"] == f"Bearer token-of-{first}"

    def test_moves_and_news_are_told(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone, tablet = open_device("phone"), open_device("tablet")
        seen: list[str | None] = []
        for client in (phone, tablet):
            client.subscribe(
                lambda event: (
                    seen.append(event.tutorial_id)
                    if event.kind is EventKind.PROGRESS_CHANGED
                    else None
                )
            )
        go(phone, 0)
        assert seen == ["welcome-tour"]
        sync(phone, clock)
        seen.clear()
        sync(tablet, clock)

        assert seen == ["welcome-tour"]

    def test_a_damaged_row_is_ignored(
        self, open_device: OpenDevice, server: FakeServer, clock: FakeClock
    ):
        phone = open_device("phone")
        go(phone, 1)
        sync(phone, clock)
        database = phone._storage.foreground
        database.execute("UPDATE progress SET body = '{' WHERE tutorial_id <> ''")
        database.execute("UPDATE resumes SET device_id = x'00'")

        assert start_at(phone) == "dashboard"
        assert view(phone).xp == 0


def replace_clock(body: dict[str, object], wall_ms: int) -> dict[str, object]:
    """Return a write as another device makes it, later."""
    clock = {"wallMs": wall_ms + 1000, "counter": 0, "deviceId": str(UUID(int=7))}
    return {**body, "clock": clock}


DEVICES = st.sampled_from([UUID(int=1), UUID(int=2)])
CLOCKS = st.builds(
    HybridTime,
    wall_ms=st.integers(0, 2),
    counter=st.integers(0, 1),
    device_id=DEVICES,
)
STEPS = ("intro", "dashboard", "team")
RESUMES = st.builds(
    Resume,
    step_id=st.sampled_from(STEPS),
    position=st.integers(0, 2),
    run_id=st.none() | st.sampled_from([UUID(int=3), UUID(int=4)]),
    finished=st.booleans(),
    clock=CLOCKS,
)


@given(RESUMES, RESUMES, RESUMES)
def test_writes_merge_to_the_same_in_any_order_and_however_often(one, two, three):
    assert later(one, two) == later(two, one)
    assert later(one, later(two, three)) == later(later(one, two), three)
    assert later(one, one) == one
    assert later(later(one, two), two) == later(one, two)


@given(st.frozensets(st.sampled_from(STEPS)), st.frozensets(st.sampled_from(STEPS)))
def test_points_depend_on_what_is_completed_and_not_on_who_says_so(here, confirmed):
    all_of_them = here | confirmed
    is_completed = confirmed == frozenset(STEPS)
    server = TutorialProgress(
        tutorial_id="welcome-tour",
        completed_steps=tuple(confirmed),
        completed=is_completed,
        furthest_step="intro",
        furthest_position=0,
        xp=10 * len(confirmed) + (50 if is_completed else 0),
        etag='"e"',
    )
    split = view_of("welcome-tour", Known(server=server, pending=here), [TOUR])
    alone = view_of("welcome-tour", Known(pending=all_of_them), [TOUR])

    assert split.completed_steps == alone.completed_steps
    assert split.xp == alone.xp
