"""A batch or an answer that is refused, and its neighbours."""

from client_sdk import Request, Response
from client_sdk.contracts import routes
from client_sdk.contracts.problem import ProblemCode
from client_sdk.testing import FakeServer, body_of, problem_response
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.pings import ping_all, received


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
