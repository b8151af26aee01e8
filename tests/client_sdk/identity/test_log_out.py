"""Logging out: what is kept, what is wiped, and whose the rest is."""

import threading

from client_sdk import SessionStatus, TutorialClient
from client_sdk.testing import FakeServer
from tests.client_sdk.accounts import senders, token_of
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.refused_writes import refused_events, refused_writes

_TABLES_OF_USERS = (
    "SELECT one.name FROM sqlite_master AS one, pragma_table_info(one.name) AS two"
    " WHERE one.type = 'table' AND two.name = 'user_id'"
)


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
    before = client.status().user_id
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
    file = client._core.storage.foreground
    tables = [table for (table,) in file.execute(_TABLES_OF_USERS)]
    assert len(tables) > 8
    for table in tables:
        query = f"SELECT count(*) FROM {table} WHERE user_id IN ('u1', ?)"
        assert file.execute(query, (before,)) == [(0,)], table


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


def test_what_was_held_at_a_log_out_is_not_the_next_accounts(
    signed_out: TutorialClient, server: FakeServer
):
    """An account without a name yet, and a disk that was full for a while."""
    anonymous_id = signed_out.status().user_id
    server.online = False
    signed_out.identify(lambda: token_of("u1"))
    with refused_writes(signed_out):
        signed_out.ping("welcome-tour", "held", "started")
        signed_out.submit_survey("welcome-tour", nps=5)
    owner = signed_out.status().user_id or anonymous_id
    signed_out.log_out()
    signed_out.identify(lambda: token_of("u2"))
    server.online = True
    signed_out.flush(timeout_seconds=10)

    assert senders(server).get("held") != token_of("u2")
    waiting = signed_out._core.storage.foreground.execute("SELECT user_id FROM pings")
    assert {user_id for (user_id,) in waiting} <= {"-", owner}


def test_a_wipe_takes_what_is_held_of_the_anonymous_user_who_became_the_account(
    signed_out: TutorialClient, server: FakeServer
):
    with refused_events(signed_out):
        signed_out.ping("welcome-tour", "held", "started")
        signed_out.submit_survey("welcome-tour", nps=5)
        signed_out.identify(lambda: token_of("u1"))
        signed_out.flush(timeout_seconds=10)
        assert signed_out.status().user_id == "u1"
        signed_out.log_out(wipe=True)
    signed_out.flush(timeout_seconds=10)

    assert server.pings == []
    assert server.surveys == {}
    assert (signed_out.status().queued, signed_out.status().held) == (0, 0)


def test_a_log_out_that_the_file_refuses_holds_at_once_and_is_stored_later(
    signed_out: TutorialClient, server: FakeServer, open_client: OpenClient
):
    signed_out.identify(lambda: token_of("u1"))
    signed_out.flush(timeout_seconds=10)
    with refused_writes(signed_out):
        signed_out.log_out()
        second = signed_out.status().user_id
        signed_out.ping("welcome-tour", "second", "started")
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
    with refused_writes(signed_out):
        signed_out.log_out(wipe=True)
        second = signed_out.status().user_id
        signed_out.identify(lambda: token_of("u2"))
        signed_out.ping("welcome-tour", "of-u2", "started")
    server.online = True
    signed_out.flush(timeout_seconds=10)
    signed_out.flush(timeout_seconds=10)

    # Until the file takes it, they are the device's next anonymous user, who becomes u2.
    assert senders(server) == {"of-u2": f"token-of-{second}"}
    assert server.links[f"token-of-{second}"] == token_of("u2")
    assert signed_out.status().user_id == "u2"
    assert signed_out.status().queued == 0
