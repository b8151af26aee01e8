"""What the device says decides whether a sync runs, and whatever it does stays there."""

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from client_sdk import EventKind, Metered, Request, Response, TutorialClient
from client_sdk._device_watch import DeviceWatch
from client_sdk.contracts import routes
from client_sdk.platforms import Network
from client_sdk.testing import FakeServer
from tests.client_sdk.conftest import QUIET, OpenClient


class Phone:
    """A device that says what the test wants, or raises."""

    def __init__(self) -> None:
        self.now = Network.UNMETERED
        self.is_low = False
        self.fault: Exception | None = None
        self.tell: Callable[[], None] = lambda: None
        self.is_heard = False
        self.awake = 0

    def network(self) -> Network:
        if self.fault:
            raise self.fault
        return self.now

    def is_battery_low(self) -> bool:
        return self.is_low

    def listen(self, on_change: Callable[[], None]) -> Callable[[], None]:
        self.tell, self.is_heard = on_change, True

        def stop() -> None:
            self.is_heard = False

        return stop

    def stay_awake(self) -> Callable[[], None]:
        if self.fault:
            raise self.fault
        self.awake += 1

        def let_go() -> None:
            self.awake -= 1

        return let_go


@pytest.fixture
def phone() -> Phone:
    return Phone()


def test_an_app_that_pays_for_bytes_may_wait_for_wifi(
    open_client: OpenClient, server: FakeServer, phone: Phone
):
    client = open_client(platform=phone, config=replace(QUIET, metered=Metered.NEVER))
    phone.now = Network.METERED
    client.ping("welcome-tour", "intro", "started")
    result = client.flush(timeout_seconds=10)

    assert server.requests == []
    assert result.remaining == 1
    assert "postponed" in (result.error or "")
    phone.now = Network.UNMETERED
    assert client.flush(timeout_seconds=10).remaining == 0


def test_events_go_over_a_metered_network_unless_forbidden(
    open_client: OpenClient, phone: Phone
):
    client = open_client(platform=phone)
    phone.now = Network.METERED
    client.ping("welcome-tour", "intro", "started")

    assert client.flush(timeout_seconds=10).remaining == 0


def test_nothing_is_fetched_ahead_over_a_metered_network(
    open_client: OpenClient, server: FakeServer, phone: Phone
):
    client = open_client(platform=phone)
    phone.now = Network.METERED
    client.launch()
    client.flush(timeout_seconds=10)
    over_metered = len(server.requests_to(routes.LAUNCH))
    phone.now = Network.UNMETERED
    client.flush(timeout_seconds=10)

    assert over_metered == 0
    assert len(server.requests_to(routes.LAUNCH)) == 1


def test_a_network_that_comes_back_starts_a_sync(
    open_client: OpenClient, server: FakeServer, phone: Phone
):
    client = open_client(platform=phone)
    client.ping("welcome-tour", "intro", "started")
    arrived = _synced(client)
    phone.tell()

    assert arrived.wait(10)
    assert len(server.pings) == 1


def test_a_pause_sends_what_waits_and_keeps_the_device_awake_for_it(
    open_client: OpenClient, server: FakeServer, phone: Phone
):
    client = open_client(platform=phone)
    client.ping("welcome-tour", "intro", "started")
    awake_while_sending: list[int] = []
    client.subscribe(lambda event: awake_while_sending.append(phone.awake))
    arrived = _synced(client)
    client.pause()

    assert arrived.wait(10)
    assert awake_while_sending[-1] == 1
    client.flush(timeout_seconds=10)
    assert phone.awake == 0


def test_a_pause_during_a_sync_keeps_the_device_awake_for_the_next_one(
    open_client: OpenClient, server: FakeServer, phone: Phone
):
    client = open_client(platform=phone)
    awake: list[int] = []
    client.subscribe(
        lambda e: awake.append(phone.awake) if e.kind is EventKind.SYNCED else None
    )

    def pause_meanwhile(request: Request) -> Response:
        client.pause()
        return server.answer(request)

    server.script = [pause_meanwhile]
    client.ping("welcome-tour", "intro", "started")
    client.flush(timeout_seconds=10)
    client.flush(timeout_seconds=10)

    assert awake[:2] == [1, 1]
    assert phone.awake == 0


def test_the_clock_of_one_pause_does_not_end_the_time_of_the_next(
    phone: Phone,
):
    ring: list[Callable[[], None]] = []
    watch = DeviceWatch(
        phone,
        Metered.EVENTS,
        on_change=lambda: None,
        timer=partial(_StillTimer, ring),
    )
    watch.stay_awake()
    watch.stay_awake()
    first, second = ring

    first()
    awake = phone.awake
    second()

    assert (awake, phone.awake) == (1, 0)


def test_a_device_that_raises_holds_nothing_up(
    open_client: OpenClient, server: FakeServer, phone: Phone
):
    client = open_client(platform=phone)
    phone.fault = RuntimeError("no such Java class")
    client.ping("welcome-tour", "intro", "started")
    client.pause()
    client.flush(timeout_seconds=10)

    assert len(server.pings) == 1


def test_a_closed_client_does_not_listen(open_client: OpenClient, phone: Phone):
    client = open_client(platform=phone)
    was_heard = phone.is_heard
    client.close()

    assert was_heard
    assert not phone.is_heard


class _StillTimer(threading.Timer):
    """A timer that rings when the test says so, and not in time to be cancelled."""

    def __init__(
        self, ring: list[Callable[[], None]], seconds: float, call: Callable[[], None]
    ) -> None:
        super().__init__(seconds, call)
        self._ring, self._call = ring, call

    def start(self) -> None:
        self._ring.append(self._call)


def _synced(client: TutorialClient) -> threading.Event:
    done = threading.Event()
    client.subscribe(lambda e: done.set() if e.kind == EventKind.SYNCED else None)
    return done
