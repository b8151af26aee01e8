"""Two processes with one file: who signs in or out in the one does so in the other."""

from client_sdk import EventKind
from client_sdk.testing import FakeServer
from tests.client_sdk.accounts import senders, token_of
from tests.client_sdk.conftest import OpenClient


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


def test_a_log_out_holds_against_a_process_that_still_waits_for_its_first_token(
    open_client: OpenClient, server: FakeServer
):
    server.online = False
    app = open_client()
    app.identify(lambda: token_of("u1"))
    service = open_client(token_provider=lambda: token_of("u1"))
    app.log_out()
    app.ping("welcome-tour", "after", "started")
    server.online = True
    service.flush(timeout_seconds=10)
    app.flush(timeout_seconds=10)

    user_id = app.status().user_id
    assert user_id not in ("u1", None)
    assert senders(server) == {"after": f"token-of-{user_id}"}


def test_a_process_with_the_token_of_before_does_not_say_who_has_signed_in_since(
    open_client: OpenClient, server: FakeServer
):
    app = open_client()
    app.identify(lambda: token_of("u1"))
    app.flush(timeout_seconds=10)
    service = open_client(token_provider=lambda: token_of("u1"))
    service.flush(timeout_seconds=10)
    server.online = False
    app.log_out()
    app.identify(lambda: token_of("u2"))
    app.ping("welcome-tour", "of-u2", "started")
    server.online = True
    service.flush(timeout_seconds=10)
    app.flush(timeout_seconds=10)
    service.flush(timeout_seconds=10)

    assert senders(server) == {"of-u2": token_of("u2")}
    assert app.status().user_id == service.status().user_id == "u2"


def test_a_process_whose_tokens_follow_the_log_in_goes_on_for_the_new_account(
    open_client: OpenClient, server: FakeServer
):
    signed_in = ["u1"]
    app = open_client(token_provider=lambda: token_of(signed_in[0]))
    service = open_client(token_provider=lambda: token_of(signed_in[0]))
    app.flush(timeout_seconds=10)
    service.flush(timeout_seconds=10)
    app.log_out()
    signed_in[0] = "u2"
    app.identify(lambda: token_of("u2"))
    app.flush(timeout_seconds=10)
    service.flush(timeout_seconds=10)
    service.ping("welcome-tour", "of-u2", "started")
    service.flush(timeout_seconds=10)

    assert senders(server) == {"of-u2": token_of("u2")}


def test_either_process_may_follow_the_app_to_another_account(
    open_client: OpenClient, server: FakeServer
):
    signed_in = ["u1"]
    app = open_client(token_provider=lambda: token_of(signed_in[0]))
    service = open_client(token_provider=lambda: token_of(signed_in[0]))
    for account, one in (("u1", app), ("u2", service), ("u3", app), ("u4", service)):
        signed_in[0] = account
        one.flush(timeout_seconds=10)
        assert one.status().user_id == account
