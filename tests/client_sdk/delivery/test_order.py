"""Pings arrive in their order, and each once."""

from dataclasses import replace

from client_sdk import Request, Response, Unreachable
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import QUIET, OpenClient
from tests.client_sdk.pings import ping, ping_all, received


def test_pings_arrive_in_the_order_they_were_made(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    ping_all(client, 250)
    client.flush(timeout_seconds=10)

    assert received(server) == [f"step-{n}" for n in range(250)]
    assert [ping["seq"] for ping in server.pings] == list(range(1, 251))


def test_pings_arrive_in_their_order_whatever_the_date_says(
    open_client: OpenClient, server: FakeServer, clock: FakeClock
):
    client = open_client(config=replace(QUIET, batch_size=2))
    for number in range(9):
        ping(client, f"step-{number}")
        clock.jump(-86_400 * 365)
    client.flush(timeout_seconds=10)

    assert received(server) == [f"step-{number}" for number in range(9)]


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
