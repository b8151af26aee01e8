"""Calls after the close: told or counted."""

import pytest

from client_sdk import (
    SessionStatus,
    TutorialClient,
    TutorialSession,
    UsageError,
)
from client_sdk.testing import FakeServer, memory_client
from tests.client_sdk.bad_input.wrong_calls import (
    INTERNAL,
    KEPT,
    arguments,
    public_methods,
)
from tests.client_sdk.conftest import QUIET


@pytest.mark.parametrize("method", public_methods(TutorialClient))
def test_after_the_close_a_call_is_told_or_counted(
    server: FakeServer,
    strict: TutorialClient,
    method: str,
    caplog: pytest.LogCaptureFixture,
):
    lenient = memory_client(server, config=QUIET)
    lenient.close()
    strict.close()
    call = arguments(TutorialClient, method)
    getattr(lenient, method)(**call)

    assert lenient.status().misuses == (method not in KEPT)
    assert "refused a write" not in caplog.text
    if method in KEPT:
        getattr(strict, method)(**call)
    else:
        with pytest.raises(UsageError, match="the client is closed"):
            getattr(strict, method)(**call)


@pytest.mark.parametrize(
    "method", sorted(set(public_methods(TutorialSession)) - INTERNAL)
)
def test_after_the_close_a_session_stands_still(
    server: FakeServer, caplog: pytest.LogCaptureFixture, method: str
):
    client = memory_client(server, config=QUIET)
    session = client.tutorial("welcome-tour")
    client.flush()
    session.start()
    client.close()
    getattr(session, method)(**arguments(TutorialSession, method))

    assert client.status().misuses == 1
    assert session.status is SessionStatus.RUNNING
    assert session.step is not None
    assert session.step.id == "intro"
    assert "the client is closed" in caplog.text


def test_points_after_the_close_are_told_or_counted(
    lenient: TutorialClient, strict: TutorialClient
):
    lenient.close()
    strict.close()

    assert (lenient.xp, lenient.status().misuses) == (0, 1)
    with pytest.raises(UsageError, match="the client is closed"):
        _ = strict.xp


def test_the_status_after_the_close_is_that_of_its_end(server: FakeServer):
    client = memory_client(server, config=QUIET)
    client.ping("welcome-tour", "intro", "started")
    before = client.status()
    client.close()

    assert client.status() == before
