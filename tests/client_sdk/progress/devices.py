"""What a test does with one of a user's devices, and finds at their server."""

from dataclasses import replace
from datetime import timedelta

from client_sdk import Request, TutorialClient
from client_sdk._progress_view import ProgressView
from client_sdk.contracts import routes
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.conftest import tour

TEN_YEARS = timedelta(days=3650).total_seconds()
TOUR = replace(tour("intro", "dashboard", "team", survey=False), xp=50)


def sync(client: TutorialClient, clock: FakeClock) -> None:
    """Let a minute pass, after which a sync asks for progress again."""
    clock.advance(61)
    assert client.flush(timeout_seconds=10).error is None


def start_at(client: TutorialClient) -> str | None:
    step = client.tutorial("welcome-tour").start()
    return step.id if step else None


def go(client: TutorialClient, moves: int) -> None:
    session = client.tutorial("welcome-tour")
    session.start()
    for _ in range(moves):
        session.next()


def view(client: TutorialClient) -> ProgressView:
    found = client.progress("welcome-tour")
    assert found is not None
    return found


def runs(server: FakeServer) -> set[str]:
    return {ping["runId"] for ping in server.pings}


def puts(server: FakeServer) -> list[Request]:
    return [one for one in server.requests if one.method == "PUT"]


def gets(server: FakeServer) -> list[Request]:
    return [one for one in server.requests_to(routes.PROGRESS) if one.method == "GET"]
