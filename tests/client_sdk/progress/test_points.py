"""Points: confirmed and on their way, each step once."""

import json

from client_sdk import Request, Response
from client_sdk._progress_sync import ASK_AFTER_SECONDS
from client_sdk.contracts import routes
from client_sdk.testing import FakeClock, FakeServer, body_of, problem_response
from tests.client_sdk.progress.conftest import OpenDevice
from tests.client_sdk.progress.devices import go, sync, view


def test_points_on_their_way_count_at_once(open_device: OpenDevice, server: FakeServer):
    phone = open_device("phone")
    server.online = False
    go(phone, 2)

    shown = view(phone)
    assert shown.completed_steps == ("intro", "dashboard")
    assert (shown.xp, shown.pending_xp, phone.xp) == (20, 20, 20)
    assert (shown.furthest_step, shown.resume_step) == ("team", "team")


def test_the_furthest_step_stays_when_the_user_goes_back(
    open_device: OpenDevice, server: FakeServer
):
    phone = open_device("phone")
    server.online = False
    go(phone, 2)
    phone.tutorial("welcome-tour").go_to("intro")

    assert view(phone).furthest_step == "team"
    assert view(phone).resume_step == "intro"


def test_the_whole_tour_earns_its_own(open_device: OpenDevice):
    phone = open_device("phone")
    go(phone, 3)

    assert view(phone).is_completed
    assert view(phone).xp == phone.xp == 80


def test_points_are_shown_once_before_and_after_they_are_confirmed(
    open_device: OpenDevice, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 3)
    before = view(phone)
    sync(phone, clock)
    after = view(phone)

    assert (before.xp, before.pending_xp) == (80, 80)
    assert (after.xp, after.pending_xp) == (80, 0)


def test_points_stay_when_the_server_tells_its_own_before_it_has_the_steps(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 2)

    def take_no_steps(request: Request) -> Response:
        if request.path == routes.STEPS:
            return problem_response(503, "unavailable")
        return server.answer(request)

    server.script = [take_no_steps] * 50
    clock.advance(2 * ASK_AFTER_SECONDS)
    asked = len(server.requests_to(routes.PROGRESS))
    phone.flush(timeout_seconds=10)
    between = view(phone)
    server.script = []
    sync(phone, clock)

    assert len(server.requests_to(routes.PROGRESS)) > asked
    assert (between.xp, between.pending_xp) == (20, 20)
    assert (view(phone).xp, view(phone).pending_xp) == (20, 0)


def test_a_step_completed_on_two_devices_pays_once(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
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
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
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
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    phone.ping("welcome-tour", "intro", "completed")

    assert view(phone).pending_xp == 10
    sync(phone, clock)
    assert (view(phone).xp, view(phone).pending_xp) == (10, 0)


def test_what_the_server_refuses_does_not_stay_on_its_way(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
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


def test_points_are_told_without_a_file(open_device: OpenDevice):
    phone = open_device("phone")
    phone.close()

    assert phone.xp == 0
    assert phone.progress("welcome-tour") is None


def test_nothing_is_known_of_what_nobody_began(open_device: OpenDevice):
    assert open_device("phone").progress("welcome-tour") is None
