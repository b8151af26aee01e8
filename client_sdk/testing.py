"""Fakes for the tests of apps that embed the SDK: a server in memory, a clock to turn."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from client_sdk._client import TutorialClient
from client_sdk._clock import Clock
from client_sdk._config import ClientConfig
from client_sdk._events import ClientEvent, EventKind
from client_sdk._fake_exchange import body_of, problem_response
from client_sdk._fake_server import FakeServer
from client_sdk._outgoing import BeforeSend
from client_sdk._storage import MEMORY
from client_sdk._tokens import TokenProvider
from client_sdk._transport import Transport

__all__ = [
    "TEST_CONFIG",
    "EventWatch",
    "FakeClock",
    "FakeServer",
    "body_of",
    "drain",
    "memory_client",
    "problem_response",
]

#: Nothing is sent unasked, a failed try is repeated at once, and mistakes raise.
TEST_CONFIG = ClientConfig(
    flush_at=10_000,
    flush_interval_seconds=3600,
    startup_delay_seconds=3600,
    backoff_initial_seconds=0.01,
    backoff_max_seconds=0.05,
    strict=True,
)


class FakeClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now_ms: int = 1_790_000_000_000) -> None:
        self._now_ms = now_ms
        self._monotonic = 0.0

    def now_ms(self) -> int:
        """Return milliseconds since 1970 in UTC."""
        return self._now_ms

    def now(self) -> datetime:
        """Return the time as a date in UTC, for configs and expectations."""
        return datetime.fromtimestamp(self._now_ms / 1000, UTC)

    def monotonic_seconds(self) -> float:
        """Return seconds since the clock was made."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass: both clocks move."""
        self._monotonic += seconds
        self._now_ms += round(seconds * 1000)

    def jump(self, seconds: float) -> None:
        """Set the date, as a user or the network does: only the date moves."""
        self._now_ms += round(seconds * 1000)


def memory_client(
    server: Transport | None = None,
    *,
    clock: Clock | None = None,
    config: ClientConfig = TEST_CONFIG,
    token_provider: TokenProvider | None = None,
    before_send: BeforeSend | None = None,
) -> TutorialClient:
    """Return a client that keeps everything in memory and asks no network.

    Without a ``server`` it is offline.  It sends when the test flushes, and not before.
    """
    if server is None:
        server = FakeServer()
        server.online = False
    return TutorialClient(
        "http://tutorials.invalid",
        storage_dir=MEMORY,
        transport=server,
        clock=clock,
        config=config,
        token_provider=token_provider,
        before_send=before_send,
    )


def drain(client: TutorialClient, *, timeout_seconds: float = 10.0) -> int:
    """Deliver all that waits and return how much it was; AssertionError if some stays."""
    result = client.flush(timeout_seconds=timeout_seconds)
    if result.error is not None:
        raise AssertionError(f"{result.remaining} events still wait: {result.error}")
    return result.delivered


class EventWatch:
    """Notes what happens in a client, so that a test can wait for it without sleeping.

    with EventWatch(client) as watch:
        client.wake()
        watch.wait_for(EventKind.SYNCED)
    """

    def __init__(self, client: TutorialClient) -> None:
        #: What has happened since the watch began, oldest first.
        self.events: list[ClientEvent] = []
        self._condition = threading.Condition()
        self._unsubscribe = client.subscribe(self._note)

    def _note(self, event: ClientEvent) -> None:
        with self._condition:
            self.events.append(event)
            self._condition.notify_all()

    def wait_for(
        self,
        kind: EventKind,
        tutorial_id: str | None = None,
        *,
        timeout_seconds: float = 10.0,
    ) -> ClientEvent:
        """Return the first event of a kind since the watch began, waiting for it.

        ``tutorial_id`` may name the tutorial.  AssertionError if it does not happen.
        """

        def find() -> ClientEvent | None:
            return next((e for e in self.events if is_it(e)), None)

        def is_it(event: ClientEvent) -> bool:
            return event.kind is kind and tutorial_id in (None, event.tutorial_id)

        with self._condition:
            found = self._condition.wait_for(find, timeout_seconds)
        if found is None:
            seen = ", ".join(event.kind for event in self.events) or "nothing"
            raise AssertionError(f"no {kind} in {timeout_seconds} s; seen: {seen}")
        return found

    def __enter__(self) -> Self:
        """Return the watch; leaving the block ends it."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop watching."""
        self._unsubscribe()
