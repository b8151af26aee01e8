"""Whose events they are: anonymous users, accounts, switches, log-outs, opting out."""

import base64
import json
import threading
from dataclasses import replace

import pytest

from client_sdk import EventKind, Request, Response, SessionStatus, TutorialClient
from client_sdk.contracts import routes
from client_sdk.contracts.problem import ProblemCode
from client_sdk.testing import FakeServer, problem_response
from tests.client_sdk.conftest import QUIET, OpenClient


def token_of(user_id: str, serial: int = 0) -> str:
    """Return what looks like a JWT of an account."""
    payload = base64.urlsafe_b64encode(json.dumps({"sub": user_id}).encode())
    return f"header.{payload.rstrip(b'=').decode()}.{serial}"


def senders(server: FakeServer) -> dict[str, str]:
    """Return by step whose token brought it."""
    found = {}
    for request in server.requests_to(routes.STEPS):
        token = request.headers["authorization"].removeprefix("Bearer ")
        for ping in server.events_of(request):
            found[ping["stepId"]] = token
    return found


@pytest.fixture
def signed_out(open_client: OpenClient) -> TutorialClient:
    """A client without accounts, as an app opens it before a log-in."""
    return open_client()


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


def test_who_comes_after_a_log_out_is_another_anonymous_user(
    signed_out: TutorialClient, server: FakeServer
):
    first = signed_out.status().user_id
    signed_out.identify(lambda: token_of("u1"))
    signed_out.flush(timeout_seconds=10)
    signed_out.log_out()
    second = signed_out.status().user_id
    signed_out.ping("welcome-tour", "second", "started")
    signed_out.flush(timeout_seconds=10)

    assert second not in (first, "u1", None)
    assert senders(server) == {"second": f"token-of-{second}"}


def test_a_log_out_that_wipes_leaves_nothing_of_the_account(
    client: TutorialClient, server: FakeServer
):
    client.identify(lambda: token_of("u1"))
    client.flush(timeout_seconds=10)
    session = client.tutorial("welcome-tour")
    session.start()
    server.online = False
    session.next()
    client.submit_survey("welcome-tour", nps=3, comment="mine")
    client.log_out(wipe=True)

    assert client.status().queued == 0
    assert session.status is SessionStatus.LOADING
    for table in ("pings", "survey_answers", "runs", "config_cache"):
        query = f"SELECT count(*) FROM {table} WHERE user_id NOT IN ('-', '')"
        assert client._storage.foreground.execute(query) == [(0,)], table


def test_a_log_out_that_keeps_loses_nothing_of_an_anonymous_user(
    signed_out: TutorialClient, server: FakeServer
):
    first = signed_out.status().user_id
    server.online = False
    signed_out.ping("welcome-tour", "first", "started")
    signed_out.log_out()
    server.online = True
    signed_out.flush(timeout_seconds=10)

    assert senders(server) == {"first": f"token-of-{first}"}


def test_a_token_that_arrives_after_the_log_out_signs_nobody_in(
    open_client: OpenClient, server: FakeServer
):
    asked, go_on = threading.Event(), threading.Event()

    def provide() -> str:
        asked.set()
        assert go_on.wait(10)
        return token_of("u1")

    client = open_client(token_provider=provide)
    client.ping("welcome-tour", "early", "started")
    client.wake()
    assert asked.wait(10)
    client.log_out()
    anonymous_id = client.status().user_id
    go_on.set()
    client.flush(timeout_seconds=10)

    assert client.status().user_id == anonymous_id
    assert token_of("u1") not in senders(server).values()
    assert client.status().queued == 0


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


def test_what_was_held_at_a_log_out_is_not_the_next_accounts(
    signed_out: TutorialClient, server: FakeServer
):
    """An account without a name yet, and a disk that was full for a while."""
    anonymous_id = signed_out.status().user_id
    server.online = False
    signed_out.identify(lambda: token_of("u1"))
    connection = signed_out._storage.foreground
    connection.execute("PRAGMA query_only = ON")
    signed_out.ping("welcome-tour", "held", "started")
    signed_out.submit_survey("welcome-tour", nps=5)
    connection.execute("PRAGMA query_only = OFF")
    owner = signed_out.status().user_id or anonymous_id
    signed_out.log_out()
    signed_out.identify(lambda: token_of("u2"))
    server.online = True
    signed_out.flush(timeout_seconds=10)

    assert senders(server).get("held") != token_of("u2")
    waiting = signed_out._storage.foreground.execute("SELECT user_id FROM pings")
    assert {user_id for (user_id,) in waiting} <= {"-", owner}


def test_who_opts_out_is_not_collected(client: TutorialClient, server: FakeServer):
    client.ping("welcome-tour", "before", "started")
    client.opt_out()
    session = client.tutorial("welcome-tour")
    session.start()
    session.next()
    client.ping("welcome-tour", "after", "started")
    client.submit_survey("welcome-tour", nps=1)
    client.flush(timeout_seconds=10)

    status = client.status()
    assert server.pings == []
    assert server.surveys == {}
    assert (status.queued, status.declined, status.opted_out) == (0, 2, True)
    assert session.index == 1


def test_who_opts_out_asks_for_content_without_a_name(
    client: TutorialClient, server: FakeServer
):
    client.opt_out()
    asked = len(server.requests)
    server.configs["other"] = replace(
        server.configs["welcome-tour"], tutorial_id="other"
    )
    client.tutorial("other")
    client.flush(timeout_seconds=10)

    later = server.requests[asked:]
    assert [request.path for request in later] == [routes.CONFIG]
    assert "authorization" not in later[0].headers
    assert client.tutorial("other").config is not None


def test_opting_out_holds_over_a_restart(
    signed_out: TutorialClient, open_client: OpenClient, server: FakeServer
):
    signed_out.opt_out()
    signed_out.close()
    again = open_client()
    again.ping("welcome-tour", "declined", "started")
    again.opt_in()
    again.ping("welcome-tour", "welcome", "started")
    again.flush(timeout_seconds=10)

    assert [ping["stepId"] for ping in server.pings] == ["welcome"]


def test_a_log_out_that_the_file_refuses_holds_at_once_and_is_stored_later(
    signed_out: TutorialClient, server: FakeServer, open_client: OpenClient
):
    signed_out.identify(lambda: token_of("u1"))
    signed_out.flush(timeout_seconds=10)
    signed_out._storage.foreground.execute("PRAGMA query_only = ON")
    signed_out.log_out()
    second = signed_out.status().user_id
    signed_out.ping("welcome-tour", "second", "started")
    signed_out._storage.foreground.execute("PRAGMA query_only = OFF")
    signed_out.flush(timeout_seconds=10)
    signed_out.close()

    assert second not in (None, "u1")
    assert senders(server) == {"second": f"token-of-{second}"}
    assert open_client().status().user_id == second


def test_who_signs_in_after_a_refused_log_out_is_the_next_one(
    signed_out: TutorialClient, server: FakeServer
):
    signed_out.identify(lambda: token_of("u1"))
    signed_out.flush(timeout_seconds=10)
    server.online = False
    signed_out.ping("welcome-tour", "of-u1", "started")
    signed_out._storage.foreground.execute("PRAGMA query_only = ON")
    signed_out.log_out(wipe=True)
    second = signed_out.status().user_id
    signed_out.identify(lambda: token_of("u2"))
    signed_out.ping("welcome-tour", "of-u2", "started")
    signed_out._storage.foreground.execute("PRAGMA query_only = OFF")
    server.online = True
    signed_out.flush(timeout_seconds=10)
    signed_out.flush(timeout_seconds=10)

    # Until the file takes it, they are the device's next anonymous user, who becomes u2.
    assert senders(server) == {"of-u2": f"token-of-{second}"}
    assert server.links[f"token-of-{second}"] == token_of("u2")
    assert signed_out.status().user_id == "u2"
    assert signed_out.status().queued == 0


def test_opting_out_that_the_file_refuses_holds_at_once_and_is_stored_later(
    signed_out: TutorialClient, server: FakeServer, open_client: OpenClient
):
    server.online = False
    signed_out.ping("welcome-tour", "before", "started")
    signed_out._storage.foreground.execute("PRAGMA query_only = ON")
    signed_out.opt_out()
    signed_out.ping("welcome-tour", "after", "started")
    signed_out._storage.foreground.execute("PRAGMA query_only = OFF")
    server.online = True
    signed_out.flush(timeout_seconds=10)
    signed_out.close()

    assert server.pings == []
    assert open_client().status().opted_out


def test_another_process_learns_of_a_log_out(
    open_client: OpenClient, server: FakeServer
):
    app, service = open_client(), open_client()
    seen = []
    service.subscribe(lambda event: seen.append(event.kind))
    app.log_out()
    service.flush(timeout_seconds=10)

    assert service.status().user_id == app.status().user_id
    assert EventKind.USER_CHANGED in seen


def test_a_provider_that_is_none_is_a_misuse(signed_out: TutorialClient):
    signed_out.identify("token")  # type: ignore[arg-type]

    assert signed_out.status().misuses == 1
    assert QUIET.strict is False
