"""What reaches the server, whatever the server and the network do."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from client_sdk import (
    ClientConfig,
    EventKind,
    Request,
    Response,
    TutorialClient,
    Unreachable,
)
from client_sdk.contracts import routes
from client_sdk.contracts.problem import ProblemCode
from client_sdk.testing import FakeClock, FakeServer, body_of, problem_response
from tests.client_sdk.conftest import QUIET, OpenClient


def ping_all(client: TutorialClient, count: int) -> None:
    for number in range(count):
        client.ping("welcome-tour", f"step-{number}", "completed", number)


def received(server: FakeServer) -> list[str]:
    return [ping["stepId"] for ping in server.pings]


def test_pings_arrive_in_the_order_they_were_made(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    ping_all(client, 250)
    client.flush(timeout_seconds=10)

    assert received(server) == [f"step-{n}" for n in range(250)]
    assert [ping["seq"] for ping in server.pings] == list(range(1, 251))


def test_a_sequence_number_is_never_used_again(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    ping_all(client, 2)
    client.flush(timeout_seconds=10)
    ping_all(client, 1)
    client.flush(timeout_seconds=10)

    assert [ping["seq"] for ping in server.pings] == [1, 2, 3]


def test_a_ping_survives_a_restart(open_client: OpenClient, server: FakeServer):
    server.online = False
    ping_all(open_client(), 3)
    server.online = True

    result = open_client().flush(timeout_seconds=10)

    assert result.delivered == 3
    assert received(server) == ["step-0", "step-1", "step-2"]


def test_a_lost_reply_counts_nothing_twice(open_client: OpenClient, server: FakeServer):
    client = open_client()
    ping_all(client, 5)

    def store_and_lose(request: Request) -> Response:
        server.answer(request)
        raise Unreachable("the reply was lost")

    server.script = [server.answer, store_and_lose]
    client.flush(timeout_seconds=10)
    result = client.flush(timeout_seconds=10)

    assert received(server) == [f"step-{n}" for n in range(5)]
    assert result.remaining == 0


def test_a_poison_event_is_set_aside_and_its_neighbours_arrive(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    ping_all(client, 8)

    def refuse_the_fifth(request: Request) -> Response:
        if "step-4" in [ping["stepId"] for ping in body_of(request)["events"]]:
            return problem_response(400, ProblemCode.INVALID_REQUEST)
        return server.answer(request)

    server.script = [server.answer, *[refuse_the_fifth] * 20]
    client.flush(timeout_seconds=10)

    assert received(server) == [f"step-{n}" for n in range(8) if n != 4]
    assert client.status().set_aside == 1
    assert client.status().queued == 0


def test_a_rejected_event_of_a_receipt_is_set_aside_with_its_reason(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    ping_all(client, 3)

    def reject_the_second(request: Request) -> Response:
        event_id = body_of(request)["events"][1]["eventId"]
        rejection = {
            "index": 1,
            "eventId": event_id,
            "code": "unknown_step",
            "detail": "?",
        }
        body = {"accepted": 2, "duplicates": 0, "rejected": [rejection]}
        return Response(status=200, body=json.dumps(body).encode())

    server.script = [server.answer, reject_the_second]
    client.flush(timeout_seconds=10)
    rows = client._storage.foreground.execute("SELECT code, body FROM set_aside")

    ((code, body),) = rows
    assert code == "unknown_step"
    assert json.loads(body)["step_id"] == "step-1"
    assert client.status().sent == 2


def test_an_event_to_be_retried_stays(open_client: OpenClient, server: FakeServer):
    client = open_client()
    ping_all(client, 2)

    def ask_again_for_the_first(request: Request) -> Response:
        event_id = body_of(request)["events"][0]["eventId"]
        body = {"accepted": 1, "duplicates": 0, "retry": [event_id]}
        return Response(status=200, body=json.dumps(body).encode())

    server.script = [server.answer, ask_again_for_the_first]
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert received(server) == ["step-0"]
    assert client.status().sent == 2


def test_a_batch_too_large_is_halved(open_client: OpenClient, server: FakeServer):
    client = open_client()
    ping_all(client, 8)

    def at_most_three(request: Request) -> Response:
        if len(body_of(request)["events"]) > 3:
            return Response(status=413, headers={"content-type": "text/html"})
        return server.answer(request)

    server.script = [server.answer, *[at_most_three] * 20]
    client.flush(timeout_seconds=10)

    assert received(server) == [f"step-{n}" for n in range(8)]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_trouble_of_the_server_loses_nothing(
    open_client: OpenClient, server: FakeServer, status: int
):
    client = open_client()
    ping_all(client, 2)
    server.script = [server.answer, Response(status=status)]
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert received(server) == ["step-0", "step-1"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            Response(status=200, body=b"<html>Log in</html>"), id="login-page"
        ),
        pytest.param(Response(status=302, headers={"location": "/"}), id="redirect"),
        pytest.param(Response(status=400, body=b"<html>"), id="error-page-of-a-proxy"),
        pytest.param(Response(status=403, body=b"blocked"), id="firewall"),
        pytest.param(Response(status=404, body=b"nginx"), id="wrong-host"),
        pytest.param(Response(status=200, body=b"\xff\xfe"), id="not-text"),
    ],
)
def test_a_stranger_on_the_line_costs_no_event(
    open_client: OpenClient, server: FakeServer, answer: Response
):
    client = open_client()
    ping_all(client, 2)
    server.script = [server.answer, answer]
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert received(server) == ["step-0", "step-1"]
    assert client.status().set_aside == 0


def test_an_expired_token_is_replaced_and_nothing_lost(
    open_client: OpenClient, server: FakeServer
):
    tokens = iter(["header.eyJzdWIiOiAidTEifQ.old", "header.eyJzdWIiOiAidTEifQ.new"])
    server.valid_tokens = {"header.eyJzdWIiOiAidTEifQ.new"}
    client = open_client(token_provider=lambda: next(tokens))
    ping_all(client, 2)
    client.flush(timeout_seconds=10)

    assert received(server) == ["step-0", "step-1"]


def test_a_token_provider_that_raises_loses_nothing(
    open_client: OpenClient, server: FakeServer
):
    answers: Iterator[Exception | str] = iter(
        [RuntimeError("keychain locked"), "header.eyJzdWIiOiAidTEifQ.sig"]
    )

    def provide() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = open_client(token_provider=provide)
    ping_all(client, 2)
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert received(server) == ["step-0", "step-1"]


def test_events_of_one_account_never_travel_as_another(
    open_client: OpenClient, server: FakeServer
):
    accounts = {"now": "header.eyJzdWIiOiAidTEifQ.sig"}
    client = open_client(token_provider=lambda: accounts["now"])
    client.flush(timeout_seconds=10)
    server.online = False
    ping_all(client, 2)
    accounts["now"] = "header.eyJzdWIiOiAidTIifQ.sig"
    server.online = True
    client.flush(timeout_seconds=10)

    assert received(server) == []
    assert client.status().queued_pings == 2

    accounts["now"] = "header.eyJzdWIiOiAidTEifQ.sig"
    client.flush(timeout_seconds=10)

    assert received(server) == ["step-0", "step-1"]


def test_a_refused_survey_is_set_aside_and_holds_nothing_up(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    client.submit_survey("welcome-tour", nps=9, comment="again")
    ping_all(client, 1)
    too_early = problem_response(429, ProblemCode.SURVEY_RATE_LIMITED)
    server.script = [server.answer, too_early]
    client.flush(timeout_seconds=10)

    assert received(server) == ["step-0"]
    assert client.status().set_aside == 1
    assert client.status().queued == 0


def test_the_queue_is_bounded_and_counts_what_it_evicts(
    open_client: OpenClient, server: FakeServer
):
    server.online = False
    client = open_client(config=ClientConfig(max_queued_pings=10))
    ping_all(client, 13)
    client.submit_survey("welcome-tour", nps=3)

    status = client.status()
    assert (status.queued_pings, status.queued_surveys, status.evicted) == (10, 1, 3)


def test_a_row_that_changed_on_the_disk_is_not_sent(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    ping_all(client, 3)
    client._storage.foreground.execute("UPDATE pings SET step_id = 'x' WHERE seq = 2")
    client.flush(timeout_seconds=10)

    assert received(server) == ["step-0", "step-2"]
    assert client.status().set_aside == 1


def test_time_offline_costs_no_event(open_client: OpenClient, server: FakeServer):
    client = open_client()
    ping_all(client, 2)
    server.online = False
    for _ in range(30):
        assert client.flush(timeout_seconds=10).remaining == 2
    server.online = True
    client.flush(timeout_seconds=10)

    assert received(server) == ["step-0", "step-1"]


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_retry_after_is_obeyed_even_when_woken(
    open_client: OpenClient, server: FakeServer, clock: FakeClock, as_date: bool
):
    client = open_client()
    ping_all(client, 1)
    in_an_hour = datetime.fromtimestamp(clock.now_ms() / 1000 + 3600, UTC)
    value = format_datetime(in_an_hour, usegmt=True) if as_date else "3600"
    busy = problem_response(503, "busy", headers={"retry-after": value})
    server.script = [server.answer, busy]
    client.flush(timeout_seconds=10)
    asked = len(server.requests)

    result = client.flush(timeout_seconds=0.2)

    assert result.error == "time ran out"
    assert len(server.requests) == asked


def test_a_sync_that_succeeds_is_told(open_client: OpenClient):
    client = open_client()
    seen: list[str] = []
    client.subscribe(lambda event: seen.append(event.kind))
    client.flush(timeout_seconds=10)

    assert EventKind.SYNCED in seen
    assert client.status().online is True
    assert client.status().last_sync_at is not None


def test_a_listener_that_raises_costs_the_others_nothing(open_client: OpenClient):
    client = open_client()
    seen: list[str] = []

    def fail(event: object) -> None:
        raise RuntimeError("the host's fault")

    client.subscribe(fail)
    client.subscribe(lambda event: seen.append(event.kind))
    client.ping("welcome-tour", "intro", "started")

    assert seen == [EventKind.QUEUE_CHANGED]


def test_an_unsubscribed_listener_hears_nothing(open_client: OpenClient):
    client = open_client()
    seen: list[str] = []
    client.subscribe(lambda event: seen.append(event.kind))()
    client.ping("welcome-tour", "intro", "started")

    assert seen == []


def test_enough_events_start_a_flush_by_themselves(
    open_client: OpenClient, server: FakeServer
):
    config = ClientConfig(
        flush_at=3, flush_interval_seconds=3600, startup_delay_seconds=3600
    )
    client = open_client(config=config)
    synced = _synced(client)
    ping_all(client, 3)

    assert synced.wait(10)
    assert received(server) == ["step-0", "step-1", "step-2"]


def test_a_lone_event_is_sent_after_the_interval(
    open_client: OpenClient, server: FakeServer
):
    config = ClientConfig(flush_interval_seconds=0.05, startup_delay_seconds=3600)
    client = open_client(config=config)
    synced = _synced(client)
    ping_all(client, 1)

    assert synced.wait(10)
    assert received(server) == ["step-0"]


def test_the_token_is_minted_from_the_secret_once(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    for number in range(3):
        client.ping("welcome-tour", f"step-{number}", "started")
        client.flush(timeout_seconds=10)

    assert len(server.requests_to(routes.ANONYMOUS)) == 1


def test_the_user_id_is_known_before_any_network(
    open_client: OpenClient, server: FakeServer
):
    server.online = False
    user_id = open_client().status().user_id
    server.online = True
    client = open_client()
    client.flush(timeout_seconds=10)

    assert client.status().user_id == user_id


def test_a_closed_client_ignores_calls_and_counts_them(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    client.close()
    client.close()
    client.ping("welcome-tour", "intro", "started")

    assert client.status().misuses == 1


def _synced(client: TutorialClient):
    import threading

    done = threading.Event()
    client.subscribe(lambda e: done.set() if e.kind == EventKind.SYNCED else None)
    return done


assert QUIET.flush_at > 250
