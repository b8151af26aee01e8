"""What comes in the midst of a call: a signal's handler, another thread, a refused commit."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from client_sdk import TutorialClient
from client_sdk._storage import Database
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.refused_writes import refused_events, refused_writes


def ping(client: TutorialClient, step_id: str = "intro") -> None:
    client.ping("welcome-tour", step_id, "started")


def elsewhere(call: Callable[[], object]) -> None:
    """Call on another thread, and wait for its end."""
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def interrupt(
    database: Database,
    handler: Callable[[], object],
    *,
    is_stored: bool,
    is_refused: bool = False,
) -> None:
    """Have the next transaction interrupted once, before its commit or right after it."""
    usual = database.transaction

    @contextmanager
    def transaction() -> Iterator[sqlite3.Connection]:
        database.transaction = usual  # type: ignore[method-assign]
        with usual() as connection:
            yield connection
            if not is_stored:
                handler()
            if is_refused:
                raise sqlite3.OperationalError("database or disk is full")
        if is_stored:
            handler()

    database.transaction = transaction  # type: ignore[method-assign]


def stored_steps(client: TutorialClient) -> list[str]:
    query = "SELECT step_id FROM pings WHERE user_id <> '-' ORDER BY seq"
    return [step for (step,) in client._core.storage.foreground.execute(query)]


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_ping_in_the_midst_of_storing_others_is_stored_once(
    open_client: OpenClient, *, is_stored: bool
):
    client = open_client()
    with refused_writes(client):
        ping(client, "a")
        ping(client, "b")
    database = client._core.storage.foreground
    interrupt(database, lambda: ping(client, "c"), is_stored=is_stored)
    client._core.save_held()
    client._core.save_held()

    assert stored_steps(client) == ["a", "b", "c"]


def test_a_ping_in_the_midst_of_a_write_that_fails_is_not_lost(client: TutorialClient):
    session = client.tutorial("welcome-tour")
    interrupt(
        client._core.storage.foreground,
        lambda: ping(client, "mine"),
        is_stored=False,
        is_refused=True,
    )
    session.start()
    client._core.save_held()

    assert "mine" in stored_steps(client)


def test_an_answer_in_the_midst_of_storing_others_is_not_lost(open_client: OpenClient):
    client = open_client()
    with refused_writes(client):
        client.submit_survey("welcome-tour", nps=1)
    interrupt(
        client._core.storage.foreground,
        lambda: client.submit_survey("welcome-tour", nps=2),
        is_stored=False,
    )
    client._core.save_held()
    client._core.save_held()

    assert client.status().queued_surveys == 2


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_log_out_in_the_midst_of_a_log_in_counts(
    open_client: OpenClient, *, is_stored: bool
):
    client = open_client()
    core = client._core
    interrupt(core.storage.foreground, client.log_out, is_stored=is_stored)
    client.identify(lambda: "none")
    core.identity.refresh(core.storage.background)

    assert core.identity.is_anonymous
    assert not core.identity._changes


def test_a_log_in_that_the_file_refuses_at_the_commit_is_made_good(
    open_client: OpenClient,
):
    client = open_client()
    core = client._core
    database = core.storage.foreground
    interrupt(database, lambda: None, is_stored=False, is_refused=True)
    client.identify(lambda: "none")

    before = core.identity.device.account_id
    core.identity.refresh(core.storage.background)
    core.identity.refresh(core.storage.background)

    assert before is None
    assert core.identity.device.account_id == ""


def test_a_token_comes_after_what_the_file_refused_before(open_client: OpenClient):
    client = open_client()
    identity, database = client._core.identity, client._core.storage.background
    with refused_writes(client):
        client.identify(lambda: "none")
        client.log_out()
        client.identify(lambda: "none")
    identity.adopt(database, "ada", identity.epoch)
    identity.refresh(database)

    assert identity.user_id == "ada"


def test_a_tutorial_may_be_opened_in_the_midst_of_another(open_client: OpenClient):
    client = open_client()
    sessions = client._core.sessions
    make, opened = sessions._make, []

    def interrupted(tutorial_id: str) -> object:
        sessions._make = make
        opened.append(client.tutorial(tutorial_id))
        return make(tutorial_id)

    sessions._make = interrupted  # type: ignore[assignment]
    elsewhere(lambda: opened.append(client.tutorial("welcome-tour")))

    assert opened[0] is opened[1]


def test_a_move_after_a_wipe_leaves_nothing_of_who_has_left(client: TutorialClient):
    session = client.tutorial("welcome-tour")
    session.start()
    left, sessions = client.status().user_id, client._core.sessions
    switch = sessions.switch_user

    def late() -> None:
        elsewhere(session.next)
        switch()

    sessions.switch_user = late  # type: ignore[method-assign]
    client.log_out(wipe=True)
    database = client._core.storage.foreground
    query = "SELECT user_id FROM {} WHERE user_id = ?"

    for table in ("pings", "runs", "resumes"):
        assert database.execute(query.format(table), (left,)) == []


def test_nothing_is_collected_that_was_under_way_at_an_opt_out(client: TutorialClient):
    session = client.tutorial("welcome-tour")
    session.start()
    contexts, journal = client._core.collector._contexts, session._walk.journal
    usual, wanted = contexts.of, journal._wanted_surveys

    def of(tutorial_id: str) -> object:
        elsewhere(client.opt_out)
        return usual(tutorial_id)

    contexts.of = of  # type: ignore[assignment, method-assign]
    ping(client)

    assert client.status().queued_pings == 0

    client.opt_in()

    def opt_out() -> None:
        core = client._core
        core.identity.opt_out(core.storage.foreground, forget_held=core.forget_held)

    def wanted_surveys(survey: object) -> object:
        elsewhere(opt_out)  # whose sessions are told when the move is done
        return wanted(survey)  # type: ignore[arg-type]

    journal._wanted_surveys = wanted_surveys  # type: ignore[assignment, method-assign]
    session.next()

    assert client.status().queued_pings == 0


def test_what_is_held_in_the_midst_of_an_opt_out_is_forgotten(client: TutorialClient):
    storage = client._core.storage
    forget = storage.forget_damaged

    def late() -> None:
        forget()
        with refused_events(client):
            ping(client)

    storage.forget_damaged = late  # type: ignore[method-assign]
    client.opt_out()

    assert client.status().held == 0
