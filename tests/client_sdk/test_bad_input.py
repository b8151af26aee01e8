"""Whatever the host app passes, from whatever thread, open or closed: told or harmless."""

import inspect
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from client_sdk import (
    ClientConfig,
    Device,
    Durability,
    SessionStatus,
    TutorialClient,
    TutorialSession,
    UsageError,
)
from client_sdk.testing import FakeClock, FakeServer, memory_client
from tests.client_sdk.conftest import QUIET, OpenClient, tour
from tests.client_sdk.test_identity import token_of


class Hostile:
    """Raises whenever somebody looks at it."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("do not compare me")

    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        raise ValueError("do not look at me")

    def __repr__(self) -> str:
        raise ValueError("do not show me")


#: Nothing of this is right anywhere.
A_FRACTION = 7.5
WRONG = [
    A_FRACTION,
    b"bytes",
    object(),
    ["list"],
    {"a": 1},
    "nul\0",
    -1,
    float("nan"),
    Hostile(),
]
KEPT = {"status", "close"}  # allowed at any time


def public_methods(type_: type) -> list[str]:
    return [
        name
        for name, member in vars(type_).items()
        if not name.startswith("_") and inspect.isfunction(member)
    ]


def wrong_calls(type_: type) -> list[Any]:
    """One call for every parameter of every method and every wrong value."""
    return [
        pytest.param(method, name, value, id=f"{method}-{name}-{i}")
        for method in public_methods(type_)
        for name in list(inspect.signature(getattr(type_, method)).parameters)[1:]
        for i, value in enumerate(WRONG)
        if not (name == "timeout_seconds" and value is A_FRACTION)
    ]


#: A right value for every parameter of the public methods.
RIGHT: dict[str, Any] = {
    "tutorial_id": "welcome-tour",
    "step_id": "intro",
    "status": "started",
    "duration_ms": 1,
    "nps": 9,
    "comment": "",
    "persona": None,
    "answers": (),
    "token_provider": lambda: "token",
    "wipe": False,
    "timeout_seconds": 0.1,
    "listener": lambda event: None,
    "on_done": lambda result: None,
    "restart": False,
}

#: Not the host app's: the client calls them.
INTERNAL = {"unlock_after_fork", "switch_user", "reload", "reload_progress", "save"}


def arguments(type_: type, method: str) -> dict[str, Any]:
    names = list(inspect.signature(getattr(type_, method)).parameters)[1:]
    return {name: RIGHT[name] for name in names}


def call_with(target: object, method: str, name: str, value: object) -> object:
    given = arguments(type(target), method) | {name: value}
    return getattr(target, method)(**given)


@pytest.fixture
def lenient(server: FakeServer) -> Iterator[TutorialClient]:
    with memory_client(server, config=QUIET) as client:
        yield client


@pytest.fixture
def strict(server: FakeServer) -> Iterator[TutorialClient]:
    with memory_client(server) as client:
        yield client


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


@pytest.mark.parametrize("method", public_methods(TutorialClient))
def test_after_the_close_a_call_is_told_or_counted(
    server: FakeServer, strict: TutorialClient, method: str
):
    lenient = memory_client(server, config=QUIET)
    lenient.close()
    strict.close()
    call = arguments(TutorialClient, method)
    getattr(lenient, method)(**call)

    assert lenient.status().misuses == (method not in KEPT)
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


def test_the_status_after_the_close_is_that_of_its_end(server: FakeServer):
    client = memory_client(server, config=QUIET)
    client.ping("welcome-tour", "intro", "started")
    before = client.status()
    client.close()

    assert client.status() == before


def test_a_mistake_in_every_frame_is_logged_once(
    lenient: TutorialClient, caplog: pytest.LogCaptureFixture
):
    for _ in range(100):
        lenient.ping("welcome-tour", "intro", "strated")

    assert lenient.status().misuses == 100
    assert len(caplog.records) == 1


GOOD: dict[str, Any] = {
    "base_url": "https://tutorials.example.com",
    "token_provider": None,
    "device": Device.IOS,
    "transport": None,
    "clock": None,
    "before_send": None,
    "platform": None,
    "bundle": None,
    "config": QUIET,
}
WRONG_ARGUMENTS = [
    pytest.param(name, value, id=f"{name}-{i}")
    for name in [*GOOD, "storage_dir"]
    for i, value in enumerate(WRONG)
]


@pytest.mark.parametrize(("name", "value"), WRONG_ARGUMENTS)
def test_an_app_starts_with_a_wrong_argument(tmp_path, name: str, value: object):
    with TutorialClient(**{"storage_dir": tmp_path, **GOOD, name: value}) as client:
        client.ping("welcome-tour", "intro", "started")
        status = client.status()

    assert (status.misuses, status.queued_pings) == (1, 1)


@pytest.mark.parametrize(
    ("name", "value"), [one for one in WRONG_ARGUMENTS if one.values[0] != "config"]
)
def test_a_wrong_argument_of_the_client_is_an_error_in_development(
    tmp_path, name: str, value: object
):
    good = {"storage_dir": tmp_path, **GOOD, "config": ClientConfig(strict=True)}
    with pytest.raises(UsageError):
        TutorialClient(**{**good, name: value})


WRONG_SETTINGS = [
    pytest.param(name, value, id=f"{name}-{i}")
    for name in ClientConfig.__dataclass_fields__
    for i, value in enumerate(WRONG)
    if name != "strict" and not (name.endswith("_seconds") and value is A_FRACTION)
]


@pytest.mark.parametrize(("name", "value"), WRONG_SETTINGS)
def test_a_wrong_setting_is_told_or_replaced_by_the_default(
    tmp_path, name: str, value: Any
):
    wrong: Any = {name: value}
    with pytest.raises(UsageError, match=f"{name} is "):
        ClientConfig(strict=True, **wrong)
    config = ClientConfig(**wrong)
    with TutorialClient(
        "http://kazi.invalid", storage_dir=tmp_path, config=config
    ) as c:
        assert c.status().misuses == 1
        assert getattr(c._config, name) == getattr(ClientConfig(), name)


@pytest.mark.parametrize("value", WRONG, ids=range(len(WRONG)))
def test_a_strictness_that_is_none_is_told(value: Any):
    with pytest.raises(UsageError, match="strict is a"):
        ClientConfig(strict=value)


def test_a_durability_may_be_named_in_text():
    config = ClientConfig(durability="power_loss")  # type: ignore[arg-type]

    assert config.durability is Durability.POWER_LOSS


@pytest.mark.parametrize(
    "url",
    [
        "https://ann:hush@127.0.0.1:9/kazi",
        "https://ann:hu/sh@127.0.0.1:9/kazi",
        "https://127.0.0.1:9/kazi?key=hush#hush",
    ],
)
def test_a_secret_in_the_address_is_left_out_and_told(
    tmp_path, caplog: pytest.LogCaptureFixture, url: str
):
    with TutorialClient(url, storage_dir=tmp_path, config=QUIET) as client:
        client.ping("welcome-tour", "team", "started")
        told = client.flush().error or ""
        assert "https://127.0.0.1:9/kazi: ConnectError" in told
        assert client.status().misuses == 1
    with pytest.raises(UsageError, match="left out") as caught:
        TutorialClient(url, storage_dir=tmp_path, config=ClientConfig(strict=True))

    assert "hush" not in caplog.text + str(caught.value) + told


def test_two_clients_on_one_folder_are_told_and_both_work(
    open_client: OpenClient, server: FakeServer, caplog: pytest.LogCaptureFixture
):
    first, second = open_client(), open_client()
    first.ping("welcome-tour", "of-first", "started")
    second.ping("welcome-tour", "of-second", "started")
    first.flush()

    assert (first.status().misuses, second.status().misuses) == (0, 1)
    assert "share that one" in caplog.text
    assert [ping["stepId"] for ping in server.pings] == ["of-first", "of-second"]
    with pytest.raises(UsageError, match="share that one"):
        open_client(config=ClientConfig(strict=True))


def test_a_folder_is_free_again_after_the_close(open_client: OpenClient):
    open_client().close()

    assert open_client().status().misuses == 0


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


class HangingProvider:
    """Returns no token until it is let go."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.may_answer = threading.Event()

    def __call__(self) -> str:
        self.asked.set()
        self.may_answer.wait(30)
        return token_of("u1")


def test_a_token_provider_that_hangs_holds_up_nobody(server: FakeServer):
    provider = HangingProvider()
    client = memory_client(server, token_provider=provider)
    client.ping("welcome-tour", "before", "started")
    client.wake()
    assert provider.asked.wait(10)

    started = time.monotonic()
    result = client.flush(timeout_seconds=0.1)
    client.ping("welcome-tour", "meanwhile", "started")
    client.tutorial("welcome-tour").start()
    client.identify(provider)
    client.opt_out()
    client.opt_in()
    client.log_out()
    client.ping("welcome-tour", "anonymous", "started")
    client.set_aside()
    client.pause()
    client.resume()
    queued = client.status().queued
    client.close(timeout_seconds=0.1)
    assert time.monotonic() - started < 5

    assert result.error == "time ran out"
    assert queued == 1
    provider.may_answer.set()


def test_a_token_provider_that_raises_costs_nothing(server: FakeServer):
    def fail() -> str:
        raise SystemExit("no account")

    with memory_client(server, token_provider=fail) as client:
        client.ping("welcome-tour", "intro", "started")
        result = client.flush()

    assert result.error == "the token provider raised SystemExit"
    assert result.remaining == 1


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
