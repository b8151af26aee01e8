"""What a receipt says of each event, and what becomes of it."""

import json
from dataclasses import replace

from client_sdk import Request, Response
from client_sdk.contracts import routes
from client_sdk.testing import FakeServer, body_of
from tests.client_sdk.conftest import QUIET, OpenClient
from tests.client_sdk.pings import ping_all, received


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
    rows = client._core.storage.foreground.execute("SELECT code, body FROM set_aside")

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


def test_an_event_that_the_server_asks_for_again_is_not_sent_at_once(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    ping_all(client, 1)

    def ask_again(request: Request) -> Response:
        event_id = body_of(request)["events"][0]["eventId"]
        body = {"accepted": 0, "duplicates": 0, "retry": [event_id]}
        return Response(status=200, body=json.dumps(body).encode())

    server.script = [server.answer, *[ask_again] * 10_000]
    result = client.flush(timeout_seconds=10)

    assert "asked to send 1 event(s) again" in (result.error or "")
    assert len(server.script) > 9_000


def test_an_event_is_sent_once_and_counted_once(
    open_client: OpenClient, server: FakeServer
):
    client = open_client(config=replace(QUIET, batch_size=7))
    ping_all(client, 20)
    result = client.flush(timeout_seconds=10)
    batches = [server.events_of(one) for one in server.requests_to(routes.STEPS)]

    assert [len(batch) for batch in batches] == [7, 7, 6]
    assert (result.delivered, client.status().sent) == (20, 20)


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
