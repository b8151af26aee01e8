"""A tutorial that the server does not know, or no more."""

from dataclasses import replace

import pytest

from client_sdk import TutorialClient, UsageError
from client_sdk.testing import FakeClock, FakeServer, memory_client
from tests.client_sdk.conftest import tour


def test_an_unknown_tutorial_is_a_mistake_once_the_server_has_said_so(
    lenient: TutorialClient, strict: TutorialClient, server: FakeServer
):
    for client in (lenient, strict):
        session = client.tutorial("welcome-tuor")
        assert session.start() is None
        client.flush()
        assert client.status().misuses == 0
    assert lenient.tutorial("welcome-tuor").start() is None
    assert lenient.status().misuses == 1
    with pytest.raises(UsageError, match="the server knows no tutorial 'welcome-tuor'"):
        strict.tutorial("welcome-tuor").start()

    server.configs["welcome-tuor"] = replace(tour("intro"), tutorial_id="welcome-tuor")
    strict.flush()
    assert strict.tutorial("welcome-tuor").start() is not None


def test_a_cached_tutorial_goes_on_when_the_server_knows_it_no_more(
    server: FakeServer, clock: FakeClock
):
    with memory_client(server, clock=clock) as client:
        session = client.tutorial("welcome-tour")
        client.flush()
        del server.configs["welcome-tour"]
        clock.advance(3600)
        client.flush()

        assert "welcome-tour" in (client.status().last_error or "")
        assert session.start() is not None
