"""Signing in: what was done before stays the anonymous user's, and the two are one."""

from client_sdk import Request, Response, SessionStatus, TutorialClient
from client_sdk.contracts import routes
from client_sdk.contracts.problem import ProblemCode
from client_sdk.testing import FakeServer, problem_response
from tests.client_sdk.accounts import senders, token_of
from tests.client_sdk.conftest import QUIET, OpenClient


def test_what_was_done_before_the_log_in_travels_as_the_anonymous_user(
    signed_out: TutorialClient, server: FakeServer
):
    anonymous_id = signed_out.status().user_id
    signed_out.ping("welcome-tour", "before", "started")
    signed_out.identify(lambda: token_of("u1"))
    signed_out.ping("welcome-tour", "after", "started")
    signed_out.flush(timeout_seconds=10)

    assert senders(server) == {
        "before": f"token-of-{anonymous_id}",
        "after": token_of("u1"),
    }
    assert signed_out.status().user_id == "u1"
    assert signed_out.status().queued == 0


def test_the_server_is_told_once_that_the_two_are_one(
    signed_out: TutorialClient, server: FakeServer
):
    anonymous_id = signed_out.status().user_id
    signed_out.identify(lambda: token_of("u1"))
    signed_out.flush(timeout_seconds=10)
    signed_out.flush(timeout_seconds=10)

    assert server.links == {f"token-of-{anonymous_id}": token_of("u1")}
    assert len(server.requests_to(routes.IDENTIFY)) == 1


def test_a_link_that_the_server_refuses_is_not_asked_for_again(
    signed_out: TutorialClient, server: FakeServer
):
    def refuse_links(request: Request) -> Response:
        if request.path == routes.IDENTIFY:
            return problem_response(409, ProblemCode.ALREADY_IDENTIFIED)
        return server.answer(request)

    signed_out.identify(lambda: token_of("u1"))
    server.script = [refuse_links] * 20
    signed_out.flush(timeout_seconds=10)
    signed_out.flush(timeout_seconds=10)

    assert len(server.requests_to(routes.IDENTIFY)) == 1


def test_a_log_in_needs_no_network(
    signed_out: TutorialClient, server: FakeServer, open_client: OpenClient
):
    server.online = False
    signed_out.identify(lambda: token_of("u1"))
    signed_out.ping("welcome-tour", "offline", "started")
    signed_out.close()
    again = open_client(token_provider=lambda: token_of("u1"))
    server.online = True
    again.flush(timeout_seconds=10)

    assert senders(server) == {"offline": token_of("u1")}
    assert len(server.links) == 1


def test_a_run_goes_on_through_the_log_in(client: TutorialClient, server: FakeServer):
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()
    client.identify(lambda: token_of("u1"))
    client.flush(timeout_seconds=10)

    assert session.status is SessionStatus.RUNNING
    assert session.step is not None
    assert session.step.id == "dashboard"


def test_an_account_switch_sends_nothing_as_the_other(
    signed_out: TutorialClient, server: FakeServer
):
    signed_out.identify(lambda: token_of("u1"))
    signed_out.flush(timeout_seconds=10)
    server.online = False
    signed_out.ping("welcome-tour", "of-u1", "started")
    signed_out.log_out()
    signed_out.identify(lambda: token_of("u2"))
    signed_out.ping("welcome-tour", "of-u2", "started")
    server.online = True
    signed_out.flush(timeout_seconds=10)

    assert senders(server) == {"of-u2": token_of("u2")}
    assert signed_out.status().queued_pings == 1

    signed_out.log_out()
    signed_out.identify(lambda: token_of("u1"))
    signed_out.flush(timeout_seconds=10)

    assert senders(server)["of-u1"] == token_of("u1")


def test_a_provider_that_is_none_is_a_misuse(signed_out: TutorialClient):
    signed_out.identify("token")  # type: ignore[arg-type]

    assert signed_out.status().misuses == 1
    assert QUIET.strict is False
