"""A server that fails on one event, on all, or too often."""

import gzip
import time
from dataclasses import replace

import pytest

from client_sdk import Request, Response, TutorialClient, Unreachable
from client_sdk._batches import MAX_BATCH_BYTES
from client_sdk._breaker import THRESHOLD, CircuitBreaker
from client_sdk._delivery_errors import DeviceTrouble, Transient
from client_sdk._flusher import MAX_FAULTS
from client_sdk.contracts import routes
from client_sdk.contracts.limits import MAX_ID_LENGTH
from client_sdk.contracts.problem import ProblemCode
from client_sdk.testing import FakeServer, problem_response
from tests.client_sdk.conftest import QUIET, OpenClient
from tests.client_sdk.pings import ping, received


class FailingOn:
    """Answers 500 to every batch that holds a step."""

    def __init__(self, server: FakeServer, *step_ids: str) -> None:
        self._server = server
        self._step_ids = set(step_ids)

    def __call__(self, request: Request) -> Response:
        if request.path == routes.STEPS:
            steps = {ping["stepId"] for ping in self._server.events_of(request)}
            if steps & self._step_ids:
                return problem_response(500, ProblemCode.INTERNAL_ERROR)
        return self._server.answer(request)


def test_an_event_on_which_the_server_fails_holds_no_other_up(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    ping(client, "a", "b", "poison", "c", "d")
    server.script = [FailingOn(server, "poison")] * 100
    for _ in range(2):
        client.flush(timeout_seconds=10)

    assert received(server) == ["a", "b", "c", "d"]
    assert client.status().queued_pings == 1


def test_it_is_set_aside_when_it_failed_beside_others_often_enough(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    server.script = [FailingOn(server, "poison")] * 200
    ping(client, "poison")
    for number in range(2 * MAX_FAULTS):
        ping(client, f"neighbour-{number}")
        client.flush(timeout_seconds=10)
        client.flush(timeout_seconds=10)
    (aside,) = client.set_aside()

    assert (aside.code, aside.body["step_id"]) == ("server_fault", "poison")
    assert len(received(server)) == 2 * MAX_FAULTS


def test_a_server_that_fails_on_everything_costs_no_event(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    steps = [f"step-{number}" for number in range(50)]
    ping(client, *steps)
    server.script = [FailingOn(server, *steps)] * 1_000
    for _ in range(2 * MAX_FAULTS + 2):
        client.flush(timeout_seconds=10)
    asked = len(server.requests_to(routes.STEPS))
    server.script = []
    client.flush(timeout_seconds=10)

    assert len(received(server)) == 50
    assert client.status().set_aside == 0
    assert 2 * MAX_FAULTS < asked < 500


def test_an_event_that_is_alone_with_a_server_that_fails_stays(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    ping(client, "alone")
    server.script = [FailingOn(server, "alone")] * 1_000
    for _ in range(2 * MAX_FAULTS + 2):
        client.flush(timeout_seconds=10)
    server.script = []
    client.flush(timeout_seconds=10)

    assert received(server) == ["alone"]
    assert client.status().set_aside == 0


def test_after_five_failed_syncs_not_even_a_flush_asks_the_server(
    open_client: OpenClient, server: FakeServer
):
    client = open_client(config=replace(QUIET, backoff_max_seconds=60))
    ping(client, "a")
    server.script = [problem_response(500, "down")] * 1_000
    for _ in range(THRESHOLD):
        client.flush(timeout_seconds=10)
    failed_at, asked = time.monotonic(), len(server.requests)
    client.flush(timeout_seconds=0.2)

    # The breaker opens for a second; a machine that took longer has seen it close.
    assert len(server.requests) == asked or time.monotonic() - failed_at > 0.9


def test_a_batch_is_compressed_and_bounded_in_bytes(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    for number in range(2_000):
        client.ping("t" * MAX_ID_LENGTH, f"{number:0{MAX_ID_LENGTH}}", "started")
    client.flush(timeout_seconds=20)
    batches = server.requests_to(routes.STEPS)

    assert len(received(server)) == 2_000
    assert all(one.headers["content-encoding"] == "gzip" for one in batches)
    bodies = [gzip.decompress(one.body or b"") for one in batches]
    assert max(map(len, bodies)) < 1.01 * MAX_BATCH_BYTES
    assert len(bodies) < 10
    assert sum(len(one.body or b"") for one in batches) < 500_000


@pytest.mark.parametrize("failures", [0, THRESHOLD - 1])
def test_a_breaker_stays_closed_below_its_threshold(failures: int):
    breaker = CircuitBreaker(longest_seconds=60)

    assert [breaker.note_trouble(Transient("500")) for _ in range(failures)] == [
        0.0
    ] * failures
    assert not breaker.is_open


def test_a_breaker_opens_for_longer_and_longer_up_to_its_bound():
    breaker = CircuitBreaker(longest_seconds=10)
    waits = [breaker.note_trouble(Transient("500")) for _ in range(THRESHOLD + 5)]

    assert waits[THRESHOLD - 1 :] == [1, 2, 4, 8, 10, 10]


@pytest.mark.parametrize("trouble", [Unreachable("no network"), DeviceTrouble("full")])
def test_being_offline_or_in_trouble_itself_neither_opens_nor_closes_a_breaker(
    trouble: Transient,
):
    breaker = CircuitBreaker(longest_seconds=60)
    for _ in range(100):
        assert breaker.note_trouble(trouble) == 0.0
    assert not breaker.is_open


def test_a_breaker_closes_at_the_first_success():
    breaker = CircuitBreaker(longest_seconds=60)
    for _ in range(THRESHOLD):
        breaker.note_trouble(Transient("500"))
    breaker.note_trouble(Unreachable("no network"))
    was_open = breaker.is_open
    breaker.note_success()

    assert was_open
    assert not breaker.is_open


def test_an_answer_of_a_user_who_was_erased_holds_nothing_back(
    client: TutorialClient, server: FakeServer
):
    client.submit_survey("welcome-tour", nps=1)
    client.submit_survey("welcome-tour", nps=2)
    server.script = [problem_response(410, ProblemCode.USER_ERASED)]
    client.flush(timeout_seconds=10)

    (aside,) = client.set_aside()
    assert aside.code == "user_erased"
    assert [answer["nps"] for answer in server.surveys.values()] == [2]


def test_a_server_that_fails_now_and_then_is_not_kept_away_from(
    open_client: OpenClient, server: FakeServer
):
    client = open_client(config=replace(QUIET, backoff_max_seconds=3600))
    results = []
    for number in range(4 * THRESHOLD):
        ping(client, f"step-{number}")
        server.script = [problem_response(503, "busy")]
        client.flush(timeout_seconds=10)
        results.append(client.flush(timeout_seconds=10).error)

    assert results == [None] * 4 * THRESHOLD
