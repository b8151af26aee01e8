"""One user on several devices, with a server that keeps what they do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from client_sdk import TutorialClient
from client_sdk.testing import FakeClock, FakeServer
from tests.client_sdk.accounts import token_of
from tests.client_sdk.conftest import OpenClient
from tests.client_sdk.progress.devices import TOUR

OpenDevice = Callable[..., TutorialClient]


@pytest.fixture
def server(clock: FakeClock) -> FakeServer:
    return FakeServer(TOUR, clock=clock)


@pytest.fixture
def open_device(open_client: OpenClient, tmp_path: Path) -> OpenDevice:
    """Return a function that opens a device of one account, with a folder of its own."""

    def open_one(name: str, **overrides: object) -> TutorialClient:
        arguments = {"token_provider": lambda: token_of("u1"), **overrides}
        client = open_client(storage_dir=tmp_path / name, **arguments)
        client.tutorial("welcome-tour")
        client.flush(timeout_seconds=10)
        return client

    return open_one
