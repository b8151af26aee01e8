"""Who is told what happens, also when many subscribe at once."""

import sys
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from client_sdk._events import ClientEvent, EventBus, EventKind


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Have threads take turns as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_who_subscribes_while_others_end_is_told():
    bus = EventBus()
    heard: list[int] = []
    start = threading.Barrier(8)

    def note(number: int, _: ClientEvent) -> None:
        heard.append(number)

    def subscribe(first: int) -> None:
        start.wait()
        for number in range(first, first + 250):
            stop = bus.subscribe(lambda _: None)
            bus.subscribe(partial(note, number))
            stop()

    threads = [threading.Thread(target=subscribe, args=(n * 250,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bus.publish(EventKind.SYNCED)

    assert sorted(heard) == list(range(2_000))


def test_who_subscribes_twice_and_ends_one_is_told_once():
    bus = EventBus()
    heard: list[ClientEvent] = []
    listener = heard.append
    stop = bus.subscribe(listener)
    bus.subscribe(listener)

    stop()
    stop()
    bus.publish(EventKind.SYNCED)

    assert heard == [ClientEvent(EventKind.SYNCED)]
