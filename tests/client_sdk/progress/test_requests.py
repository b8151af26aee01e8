"""What progress asks of the network: little, and never twice."""

import json
from uuid import UUID

from client_sdk import Request, Response
from client_sdk.contracts import routes
from client_sdk.contracts.problem import ProblemCode
from client_sdk.testing import FakeClock, FakeServer, body_of, problem_response
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.progress.conftest import OpenDevice
from tests.client_sdk.progress.devices import gets, go, puts, start_at, sync


def test_one_write_a_tutorial_and_sync(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    go(phone, 2)
    sync(phone, clock)
    sync(phone, clock)

    assert len(puts(server)) == 1


def test_nobody_asks_where_nothing_is_shown_or_sent(
    open_client: OpenClient, server: FakeServer, clock: FakeClock
):
    client = open_client()
    client.ping("welcome-tour", "intro", "started")
    for _ in range(3):
        sync(client, clock)

    assert gets(server) == []


def test_a_shown_tutorial_is_asked_for_at_most_once_a_minute(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
):
    phone = open_device("phone")
    phone.flush(timeout_seconds=10)
    assert len(gets(server)) == 1
    sync(phone, clock)

    assert len(gets(server)) == 2
    assert "if-none-match" in gets(server)[1].headers


def test_a_write_for_another_state_is_merged_in_the_same_sync(
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
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
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
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
    open_device: OpenDevice, server: FakeServer, clock: FakeClock
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


def replace_clock(body: dict[str, object], wall_ms: int) -> dict[str, object]:
    """Return a write as another device makes it, later."""
    clock = {"wallMs": wall_ms + 1000, "counter": 0, "deviceId": str(UUID(int=7))}
    return {**body, "clock": clock}
