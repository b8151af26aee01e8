"""A client on a folder of its own, a server in memory, a clock that stands still."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from client_sdk import (
    Step,
    SurveyPrompt,
    TutorialClient,
    TutorialConfig,
)
from client_sdk.testing import TEST_CONFIG, FakeClock, FakeServer

#: Nothing is sent unasked, and mistakes are counted, as in an app that is out.
QUIET = replace(TEST_CONFIG, strict=False)

OpenClient = Callable[..., TutorialClient]


def tour(*step_ids: str, version: int = 1, survey: bool = True) -> TutorialConfig:
    """Return a config with the steps given."""
    return TutorialConfig(
        tutorial_id="welcome-tour",
        version=version,
        persona="newbie",
        variant="v1_control",
        steps=tuple(Step(id=one, title=one.title()) for one in step_ids),
        expires=datetime(2026, 12, 1, tzinfo=UTC),
        survey=SurveyPrompt(question="How likely?") if survey else None,
    )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server() -> FakeServer:
    return FakeServer(tour("intro", "dashboard", "team"))


@pytest.fixture
def open_client(
    tmp_path: Path, server: FakeServer, clock: FakeClock
) -> Iterator[OpenClient]:
    """Return a function that opens a client; all are closed at the end."""
    opened: list[TutorialClient] = []

    def open_one(**overrides: object) -> TutorialClient:
        arguments: dict[str, object] = {
            "storage_dir": tmp_path,
            "transport": server,
            "clock": clock,
            "config": QUIET,
            **overrides,
        }
        client = TutorialClient("http://kazi.invalid", **arguments)  # type: ignore[arg-type]
        opened.append(client)
        return client

    yield open_one
    for client in opened:
        client.close()


@pytest.fixture
def client(open_client: OpenClient) -> TutorialClient:
    """Return a client that has the tour in its cache."""
    client = open_client()
    client.tutorial("welcome-tour")
    client.flush(timeout_seconds=10)
    return client
