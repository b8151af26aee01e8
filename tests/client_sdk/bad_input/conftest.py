"""One client that raises at a mistake, and one that counts it."""

from collections.abc import Iterator

import pytest

from client_sdk import TutorialClient
from client_sdk.testing import FakeServer, memory_client
from tests.client_sdk.conftest import QUIET


@pytest.fixture
def lenient(server: FakeServer) -> Iterator[TutorialClient]:
    with memory_client(server, config=QUIET) as client:
        yield client


@pytest.fixture
def strict(server: FakeServer) -> Iterator[TutorialClient]:
    with memory_client(server) as client:
        yield client
