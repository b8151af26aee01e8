"""What the SDK tells the host app, and the bus that contains a listener's errors."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import StrEnum

from client_sdk.contracts.named_tuple import NamedTuple

__all__ = ["ClientEvent", "EventBus", "EventKind", "Listener", "tell"]

logger = logging.getLogger(__name__)


class EventKind(StrEnum):
    """What happened."""

    #: A tutorial that had no config has one now.
    CONFIG_READY = "config_ready"
    #: The server serves other content than the device had.
    CONFIG_CHANGED = "config_changed"
    #: A tutorial's progress or points: the user moved, or another device did.
    PROGRESS_CHANGED = "progress_changed"
    #: Something was queued, sent, evicted or set aside.
    QUEUE_CHANGED = "queue_changed"
    #: The queue was full, and its oldest events are lost; told at the end of a sync.
    EVICTED = "evicted"
    #: The server will never accept an event; told at the end of a sync.
    SET_ASIDE = "set_aside"
    #: Somebody signed in or out, or opted out or in.
    USER_CHANGED = "user_changed"
    #: A sync did all there was to do.
    SYNCED = "synced"
    #: A sync failed; ``client.status().last_error`` says why.
    SYNC_FAILED = "sync_failed"
    #: The client was closed: nothing else will happen.
    CLOSED = "closed"


class ClientEvent(NamedTuple):
    """One thing that happened; ``tutorial_id`` where it is about a tutorial."""

    kind: EventKind
    tutorial_id: str | None = None


#: Called with what happened, on the thread where it happens.
Listener = Callable[[ClientEvent], object]


class EventBus:
    """Hands events to listeners, on the thread where they happen.

    ``follow`` is the client's own ear.  It hears of everything first but of queue
    changes, which happen at every ping and concern it in nothing.
    """

    def __init__(self, follow: Listener | None = None) -> None:
        self._follow = follow
        # By a key of its own each: two threads that subscribe need no lock.
        self._listeners: dict[object, Listener] = {}

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Who is told, in the order of subscribing."""
        return tuple(self._listeners.values())

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` for every event; return a function that ends it."""
        key = object()
        self._listeners[key] = listener

        def unsubscribe() -> None:
            self._listeners.pop(key, None)

        return unsubscribe

    def publish(self, kind: EventKind, tutorial_id: str | None = None) -> None:
        """Tell every listener; one that raises is logged and costs the others nothing."""
        listeners = self.listeners
        if self._follow is not None and kind is not EventKind.QUEUE_CHANGED:
            listeners = (self._follow, *listeners)
        if not listeners:
            return
        event = ClientEvent(kind=kind, tutorial_id=tutorial_id)
        for listener in listeners:
            tell(listener, event)


def tell(listener: Listener, event: ClientEvent) -> None:
    """Tell one listener; if it raises, that is logged."""
    try:
        listener(event)
    except Exception:
        logger.exception("a listener failed on %s", event.kind)
