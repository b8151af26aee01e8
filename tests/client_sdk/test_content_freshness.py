"""Content as it ages: fresh, stale while it is looked after, stale without a network."""

from dataclasses import replace

import pytest

from client_sdk import EventKind, TutorialClient
from client_sdk.contracts import routes
from client_sdk.testing import EventWatch, FakeClock, FakeServer
from tests.client_sdk.conftest import OpenClient, tour

YEAR_SECONDS = 365 * 24 * 3600


@pytest.fixture
def client(open_client: OpenClient, server: FakeServer) -> TutorialClient:
    """A device that has had the tutorial since a moment ago."""
    client = open_client()
    client.tutorial("welcome-tour")
    client.flush(timeout_seconds=10)
    server.requests.clear()
    return client


def titles(client: TutorialClient) -> list[str]:
    config = client.tutorial("welcome-tour").config
    return [step.title for step in config.steps] if config else []


def publish(server: FakeServer, title: str) -> None:
    new = tour("intro", version=2)
    server.configs["welcome-tour"] = replace(
        new, steps=(replace(new.steps[0], title=title),)
    )


def test_fresh_content_is_not_asked_for_again(
    client: TutorialClient, server: FakeServer
):
    publish(server, "Never seen")

    client.tutorial("welcome-tour")
    client.flush(timeout_seconds=10)

    assert server.requests_to(routes.CONFIG) == []
    assert titles(client) == ["Intro", "Dashboard", "Team"]


def test_stale_content_is_shown_at_once_and_looked_after(
    client: TutorialClient, server: FakeServer, clock: FakeClock
):
    publish(server, "Welcome back")
    clock.advance(YEAR_SECONDS)
    watch = EventWatch(client)

    assert titles(client) == ["Intro", "Dashboard", "Team"]
    client.flush(timeout_seconds=10)

    assert watch.wait_for(EventKind.CONFIG_CHANGED)
    assert titles(client) == ["Welcome back"]
    (request,) = server.requests_to(routes.CONFIG)
    assert "if-none-match" in request.headers


def test_content_that_has_not_changed_costs_a_304_and_is_fresh_again(
    client: TutorialClient, server: FakeServer, clock: FakeClock
):
    clock.advance(YEAR_SECONDS)
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert len(server.requests_to(routes.CONFIG)) == 1


def test_stale_content_is_shown_for_years_without_a_network(
    client: TutorialClient, server: FakeServer, clock: FakeClock
):
    server.online = False
    clock.advance(10 * YEAR_SECONDS)

    client.flush(timeout_seconds=10)
    session = client.tutorial("welcome-tour")

    assert titles(client) == ["Intro", "Dashboard", "Team"]
    assert session.start() is not None
    assert client.status().online is False
