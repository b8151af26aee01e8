"""What a ping of an app that draws its own tutorial tells of variant and assignment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from client_sdk import TutorialClient
from client_sdk.contracts.codec import decode
from client_sdk.contracts.tutorial import TutorialConfig
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import OpenClient, tour
from tests.client_sdk.test_bundle import ANSWER, weighted, write

DAY = 86_400

Ship = Callable[..., TutorialClient]


@pytest.fixture
def ship(open_client: OpenClient, server: FakeServer, tmp_path: Path) -> Ship:
    """Return a function that opens an app with a bundle of these weights, offline."""

    def open_one(**weights: int) -> TutorialClient:
        server.online = False
        path = write(tmp_path / f"{'-'.join(weights)}.json", weighted(**weights))
        return open_client(bundle=path)

    return open_one


def deliver(client: TutorialClient, server: FakeServer) -> list[dict[str, Any]]:
    server.online = True
    assert client.flush(timeout_seconds=10).remaining == 0
    return server.pings


def arm(event: dict[str, Any]) -> tuple[object, object, object]:
    return event.get("variant"), event.get("assignment"), event.get("tutorialVersion")


def serve(server: FakeServer, **changes: Any) -> None:
    server.configs["golden"] = decode(TutorialConfig, {**ANSWER, **changes})


def test_a_ping_tells_the_arm_that_a_run_begun_now_tells(
    ship: Ship, server: FakeServer
):
    client = ship(g_control=1, g_moved=99)
    client.ping("golden", "a", "started")
    client.tutorial("golden").start()

    mine, theirs = deliver(client, server)

    assert mine["assignment"]["experimentId"] == "golden-v1"
    assert arm(mine) == arm(theirs)
    assert mine["persona"] == theirs["persona"]
    assert (mine.get("runId"), theirs["runId"] is None) == (None, False)


def test_a_ping_within_a_run_tells_its_arm_too(ship: Ship, server: FakeServer):
    client = ship(g_moved=100)
    client.tutorial("golden").start()
    client.ping("golden", "b", "completed")

    started, completed = deliver(client, server)

    assert arm(started) == arm(completed)
    assert completed["assignment"]["variant"] == "g_moved"
    assert started["runId"] == completed["runId"]


def test_what_was_told_once_stays_when_an_update_ships_other_weights(
    ship: Ship, server: FakeServer
):
    client = ship(g_moved=100)
    client.ping("golden", "a", "started")
    client.close()
    updated = ship(g_short=100)
    updated.ping("golden", "a", "completed")

    first, second = deliver(updated, server)

    assert first["variant"] == second["variant"] == "g_moved"
    assert updated.tutorial("golden").variant == "g_moved"


def test_what_the_server_assigned_is_told_from_the_moment_it_is_known(
    ship: Ship, server: FakeServer
):
    client = ship(g_moved=100)
    client.ping("golden", "a", "started")
    serve(server, variant="g_plain", version=7)
    client.tutorial("golden")
    deliver(client, server)
    client.ping("golden", "a", "completed")

    first, second = deliver(client, server)

    assert first["assignment"]["variant"] == "g_moved"
    assert arm(second) == ("g_plain", None, 7)


def test_the_arm_of_a_run_is_told_after_its_end(
    client: TutorialClient, server: FakeServer, clock: FakeClock
):
    session = client.tutorial("welcome-tour")
    session.start()
    session.skip()
    server.configs["welcome-tour"] = replace(tour("intro"), variant="v2", version=2)
    clock.advance(DAY)
    client.flush(timeout_seconds=10)
    client.ping("welcome-tour", "intro", "completed")

    assert arm(deliver(client, server)[-1]) == ("v1_control", None, 1)


def test_nothing_is_told_where_the_device_has_no_content(
    client: TutorialClient, server: FakeServer
):
    client.ping("unheard-of", "a", "started")

    assert arm(deliver(client, server)[0]) == (None, None, None)
    assert all("unheard-of" not in str(one.params) for one in server.requests)


def test_the_next_user_tells_nothing_of_what_the_one_before_was_shown(
    client: TutorialClient, server: FakeServer
):
    client.ping("welcome-tour", "intro", "started")
    server.online = False
    client.log_out()
    client.ping("welcome-tour", "team", "started")

    # each user's events go by themselves, in any order
    told = {event["stepId"]: arm(event) for event in deliver(client, server)}

    assert told == {"intro": ("v1_control", None, 1), "team": (None, None, None)}


def test_a_log_out_during_a_ping_takes_the_variant_with_it(
    open_client: OpenClient, server: FakeServer
):
    def leave(event: object) -> object:
        client.log_out()
        return event

    client = open_client(before_send=leave)
    client.tutorial("welcome-tour")
    client.flush(timeout_seconds=10)
    client.ping("welcome-tour", "intro", "started")

    assert arm(deliver(client, server)[0]) == (None, None, None)


def test_a_later_ping_writes_its_row_and_reads_nothing(ship: Ship):
    client = ship(g_moved=100)
    client.ping("golden", "a", "started")
    statements: list[str] = []
    client._core.storage.foreground.connection.set_trace_callback(statements.append)

    client.ping("golden", "a", "completed")

    assert statements
    assert not [one for one in statements if "SELECT" in one and "config" in one]
    assert {one.split()[0] for one in statements} == {"INSERT"}


def test_a_file_that_cannot_be_read_costs_the_arm_and_not_the_ping(
    client: TutorialClient, server: FakeServer
):
    client._core.storage.foreground.execute("ALTER TABLE config_cache RENAME TO gone")
    client.ping("welcome-tour", "intro", "started")
    client._core.storage.foreground.execute("ALTER TABLE gone RENAME TO config_cache")
    client.ping("welcome-tour", "intro", "completed")

    without, with_ = deliver(client, server)

    assert arm(without) == (None, None, None)
    assert arm(with_) == ("v1_control", None, 1)
