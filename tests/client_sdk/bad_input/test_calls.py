"""Whatever the host app passes, and from whatever thread: told or harmless."""

import threading
from collections.abc import Callable
from functools import partial

import pytest

from client_sdk import TutorialClient, TutorialSession, UsageError
from tests.client_sdk.bad_input.wrong_calls import (
    INTERNAL,
    KEPT,
    arguments,
    call_with,
    public_methods,
    wrong_calls,
)


@pytest.mark.parametrize(("method", "name", "value"), wrong_calls(TutorialClient))
def test_a_wrong_argument_is_a_counted_no_op_in_production(
    lenient: TutorialClient, method: str, name: str, value: object
):
    call_with(lenient, method, name, value)

    assert lenient.status().misuses == 1
    assert lenient.status().queued == 0


@pytest.mark.parametrize(("method", "name", "value"), wrong_calls(TutorialClient))
def test_a_wrong_argument_is_an_error_in_development(
    strict: TutorialClient, method: str, name: str, value: object
):
    with pytest.raises(UsageError):
        call_with(strict, method, name, value)


@pytest.mark.parametrize(("method", "name", "value"), wrong_calls(TutorialSession))
def test_a_wrong_argument_of_a_session_is_a_counted_no_op(
    lenient: TutorialClient, method: str, name: str, value: object
):
    session = lenient.tutorial("welcome-tour")
    lenient.flush()
    session.start()
    before = lenient.status()
    call_with(session, method, name, value)

    assert lenient.status().misuses == 1
    assert lenient.status().queued == before.queued
    assert session.step is not None
    assert session.step.id == "intro"


@pytest.mark.parametrize(("method", "name", "value"), wrong_calls(TutorialSession))
def test_a_wrong_argument_of_a_session_is_an_error_in_development(
    strict: TutorialClient, method: str, name: str, value: object
):
    session = strict.tutorial("welcome-tour")

    with pytest.raises(UsageError):
        call_with(session, method, name, value)


def test_a_mistake_in_every_frame_is_logged_once(
    lenient: TutorialClient, caplog: pytest.LogCaptureFixture
):
    for _ in range(100):
        lenient.ping("welcome-tour", "intro", "strated")

    assert lenient.status().misuses == 100
    assert len(caplog.records) == 1


def test_every_method_may_be_called_on_any_thread(lenient: TutorialClient):
    calls: list[Callable[[], object]] = [
        partial(getattr(lenient, name), **arguments(TutorialClient, name))
        for name in set(public_methods(TutorialClient)) - KEPT
    ]
    session = lenient.tutorial("welcome-tour")
    lenient.flush()
    calls += [
        partial(getattr(session, name), **arguments(TutorialSession, name))
        for name in set(public_methods(TutorialSession)) - INTERNAL
    ]
    raised: list[BaseException] = []

    def run() -> None:
        try:
            for _ in range(20):
                for call in calls:
                    call()
        except BaseException as exc:  # noqa: BLE001 - whatever it is, it is told
            raised.append(exc)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert raised == []
    assert lenient.status().misuses == 0
