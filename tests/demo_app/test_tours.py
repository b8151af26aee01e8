"""Which tour is shown when the app starts, and what the app ships for the first time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from client_sdk import MEMORY, TutorialClient
from client_sdk.testing import TEST_CONFIG, FakeServer, drain, memory_client
from demo_app.tours import SHIPPED, WELCOME, next_tour
from tests.demo_app.tour_file import read_tour


@pytest.fixture
def client() -> Iterator[TutorialClient]:
    with memory_client(FakeServer(read_tour())) as client:
        client.tutorial(WELCOME)
        drain(client)
        yield client


def test_nothing_is_shown_while_there_is_no_content():
    with memory_client() as client:
        assert next_tour(client) is None


def test_what_may_start_is_shown_and_goes_on_until_it_ends(client: TutorialClient):
    assert next_tour(client) == WELCOME
    client.tutorial(WELCOME).start()
    assert next_tour(client) == WELCOME
    client.tutorial(WELCOME).skip()
    assert next_tour(client) is None


def test_a_survey_that_was_left_open_is_due_until_it_is_answered(
    client: TutorialClient,
):
    session = client.tutorial(WELCOME)
    session.start()
    while session.next():
        pass
    assert client.launch() == ()
    assert next_tour(client) == WELCOME

    session.submit_survey(nps=9)
    assert next_tour(client) is None


def test_the_first_start_needs_no_network():
    server = FakeServer()
    server.online = False
    with TutorialClient(
        "http://kazi.invalid",
        storage_dir=MEMORY,
        transport=server,
        bundle=SHIPPED,
        config=TEST_CONFIG,
    ) as client:
        assert next_tour(client) == WELCOME
        step = client.tutorial(WELCOME).start()

    assert step == read_tour().steps[0]
