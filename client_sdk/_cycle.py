"""One sync: who are we, what waits, what is stale.  Runs on the sync thread."""

from __future__ import annotations

import logging
from collections.abc import Callable

from client_sdk._api import TutorialApi, mint_anonymous
from client_sdk._clock import Clock
from client_sdk._errors import Refused, Transient, Unreachable
from client_sdk._events import EventBus, EventKind
from client_sdk._flusher import Flusher
from client_sdk._identity import Identity, TokenProvider, ask, subject_of
from client_sdk._storage import Storage
from client_sdk._transport import Transport
from client_sdk._tutorials import Tutorials

__all__ = ["SyncCycle", "build_mint"]

logger = logging.getLogger(__name__)


def build_mint(
    provider: TokenProvider | None,
    *,
    identity: Identity,
    storage: Storage,
    transport: Transport,
    clock: Clock,
    on_new_user: Callable[[], None],
) -> Callable[[], str]:
    """Return what gets a token: from the app, or from the server for the secret."""

    def from_secret() -> str:
        try:
            return mint_anonymous(transport, identity.secret, clock).token
        except Refused as exc:
            raise Transient(f"no anonymous token: {exc.code}") from exc

    def from_app(provider: TokenProvider) -> str:
        token = ask(provider)
        if identity.adopt(storage.background, subject_of(token)):
            on_new_user()
        return token

    return from_secret if provider is None else lambda: from_app(provider)


class SyncCycle:
    """Delivers what waits, then refreshes what is stale, then tidies the file."""

    def __init__(
        self,
        *,
        storage: Storage,
        api: TutorialApi,
        flusher: Flusher,
        tutorials: Tutorials,
        clock: Clock,
        events: EventBus,
    ) -> None:
        self._storage = storage
        self._api = api
        self._flusher = flusher
        self._tutorials = tutorials
        self._clock = clock
        self._events = events
        #: Whether the last request was answered; None before the first.
        self.online: bool | None = None
        #: Why the last sync failed; None after a good one.
        self.last_error: str | None = None
        #: Events that left the queue since the process began.
        self.delivered = 0

    def run(self) -> None:
        """Do all there is to do; Transient if the server kept some of it from us.

        Content and events do not wait for each other: a server that refuses the one
        may still take the other.  Only when nobody answers is there no point in going on.
        """
        self._api.begin_sync()
        troubles: list[Transient] = []
        for part in (self._flush, *self._refreshes()):
            try:
                part()
            except Unreachable:
                raise
            except Transient as trouble:
                troubles.append(trouble)
        self._storage.checkpoint()
        if troubles:
            raise max(troubles, key=lambda one: one.retry_after_seconds or 0.0)
        self._note_success()

    def note_trouble(self, trouble: Transient) -> None:
        """Keep the reason for the status, and tell the host app."""
        self.online = not isinstance(trouble, Unreachable)
        self.last_error = str(trouble)
        logger.info("sync failed, will be tried again: %s", trouble)
        self._events.publish(EventKind.SYNC_FAILED)

    def _flush(self) -> None:
        self._api.authenticate()
        delivered = self._flusher.flush(self._storage.background)
        self.delivered += delivered
        if delivered:
            self._events.publish(EventKind.QUEUE_CHANGED)

    def _refreshes(self) -> list[Callable[[], None]]:
        stale = self._tutorials.stale(self._storage.background)
        return [lambda one=one: self._refresh(one) for one in stale]  # type: ignore[misc]

    def _refresh(self, tutorial_id: str) -> None:
        try:
            self._tutorials.refresh(self._storage.background, self._api, tutorial_id)
        except Refused as exc:
            # Asking again at once would not help; the next sync asks anew.
            self.last_error = f"tutorial {tutorial_id!r}: {exc.detail or exc.code}"
            logger.warning("%s", self.last_error)
            self._events.publish(EventKind.SYNC_FAILED, tutorial_id)

    def _note_success(self) -> None:
        self.online = True
        self._storage.background.execute(
            "INSERT INTO counters (name, value) VALUES ('last_sync_ms', ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (self._clock.now_ms(),),
        )
        self._events.publish(EventKind.SYNCED)
