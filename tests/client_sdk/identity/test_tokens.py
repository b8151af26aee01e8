"""Tokens: minted or provided, refreshed, and never another user's."""

from collections.abc import Iterator

import pytest

from client_sdk import TutorialClient
from client_sdk.contracts import routes
from client_sdk.contracts.problem import ProblemCode
from client_sdk.testing import FakeServer, problem_response
from tests.client_sdk.accounts import senders
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.pings import ping_all, received


def test_the_user_id_is_known_before_any_network(
    open_client: OpenClient, server: FakeServer
):
    server.online = False
    user_id = open_client().status().user_id
    server.online = True
    client = open_client()
    client.flush(timeout_seconds=10)

    assert client.status().user_id == user_id


def test_the_token_is_minted_from_the_secret_once(
    open_client: OpenClient, server: FakeServer
):
    client = open_client()
    for number in range(3):
        client.ping("welcome-tour", f"step-{number}", "started")
        client.flush(timeout_seconds=10)

    assert len(server.requests_to(routes.ANONYMOUS)) == 1


def test_a_token_that_expired_offline_is_minted_again(
    signed_out: TutorialClient, server: FakeServer
):
    signed_out.flush(timeout_seconds=10)
    token = f"token-of-{signed_out.status().user_id}"
    signed_out.ping("welcome-tour", "a-month-later", "started")
    server.script = [problem_response(401, ProblemCode.TOKEN_EXPIRED)]
    signed_out.flush(timeout_seconds=10)

    assert senders(server) == {"a-month-later": token}
    assert len(server.requests_to(routes.ANONYMOUS)) == 2


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


A, B = "header.eyJzdWIiOiAidTEifQ.sig", "header.eyJzdWIiOiAidTIifQ.sig"


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


def test_a_bad_token_sets_no_event_aside(open_client: OpenClient, server: FakeServer):
    client = open_client()
    client.ping("welcome-tour", "intro", "started")
    bad = problem_response(400, ProblemCode.TOKEN_INVALID)
    server.script = [server.answer, bad]
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert client.status().set_aside == 0
    assert len(server.pings) == 1


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
