"""One sync: who are we, what waits, what is stale.  Runs on the sync thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from client_sdk._api import TutorialApi, mint_anonymous
from client_sdk._clock import Clock
from client_sdk._config import ClientConfig
from client_sdk._errors import Refused, Transient, Unreachable
from client_sdk._events import EventBus, EventKind
from client_sdk._flusher import Flusher
from client_sdk._identity import Identity, TokenProvider, TokenSource, ask, subject_of
from client_sdk._ping_queue import PingQueue
from client_sdk._status import SyncState
from client_sdk._storage import Storage
from client_sdk._survey_queue import SurveyQueue
from client_sdk._transport import Transport
from client_sdk._tutorials import Tutorials

__all__ = ["SyncCycle", "SyncParts", "build_cycle"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncParts:
    """What a client hands to its sync thread."""

    config: ClientConfig
    device: str
    storage: Storage
    identity: Identity
    pings: PingQueue
    surveys: SurveyQueue
    tutorials: Tutorials
    transport: Transport
    clock: Clock
    events: EventBus
    state: SyncState
    token_provider: TokenProvider | None
    #: Told when a token turns out to be another user's.
    on_new_user: Callable[[], None]


def build_cycle(parts: SyncParts) -> SyncCycle:
    """Wire the network side, which only the sync thread imports and uses."""
    tokens = TokenSource(_minting(parts), keep=parts.token_provider is None)
    api = TutorialApi(
        transport=parts.transport,
        tokens=tokens,
        identity=parts.identity,
        device=parts.device,
        clock=parts.clock,
    )
    flusher = Flusher(
        api=api,
        identity=parts.identity,
        pings=parts.pings,
        surveys=parts.surveys,
        clock=parts.clock,
        batch_size=parts.config.batch_size,
    )
    return SyncCycle(parts=parts, api=api, flusher=flusher)


def _minting(parts: SyncParts) -> Callable[[], str]:
    """Return what gets a token: from the app, or from the server for the secret."""

    def from_secret() -> str:
        try:
            secret = parts.identity.secret
            return mint_anonymous(parts.transport, secret, parts.clock).token
        except Refused as exc:
            raise Transient(f"no anonymous token: {exc.code}") from exc

    def from_app(provider: TokenProvider) -> str:
        token = ask(provider)
        if parts.identity.adopt(parts.storage.background, subject_of(token)):
            parts.on_new_user()
        return token

    provider = parts.token_provider
    return from_secret if provider is None else lambda: from_app(provider)


class SyncCycle:
    """Delivers what waits, then refreshes what is stale, then tidies the file."""

    def __init__(
        self,
        *,
        parts: SyncParts,
        api: TutorialApi,
        flusher: Flusher,
    ) -> None:
        self._storage = parts.storage
        self._tutorials = parts.tutorials
        self._clock = parts.clock
        self._events = parts.events
        self._state = parts.state
        self._queue = parts.pings
        self._api = api
        self._flusher = flusher

    def run(self) -> None:
        """Do all there is to do; Transient if the server kept some of it from us.

        Content and events do not wait for each other: a server that refuses the one
        may still take the other.  Only when nobody answers is there no point in going on.
        """
        self._api.begin_sync()
        self._state.refusal = None
        try:
            troubles = list(self._troubles())
        finally:
            # Also without a network: the log would grow as long as the device is offline.
            self._storage.checkpoint()
        if troubles:
            longest = max(one.retry_after_seconds or 0.0 for one in troubles)
            worst = max(troubles, key=lambda one: isinstance(one, Unreachable))
            worst.retry_after_seconds = longest
            raise worst
        self._note_success()

    def _troubles(self) -> Iterator[Transient]:
        for part in (self._answers, self._pings, *self._refreshes()):
            try:
                part()
            except Transient as trouble:
                yield trouble
                if isinstance(trouble, Unreachable):
                    return

    def _answers(self) -> None:
        self._api.authenticate()
        self._publish(self._flusher.flush_surveys(self._storage.background))

    def _pings(self) -> None:
        self._api.authenticate()
        self._queue.evict_surplus(self._storage.background)
        self._publish(self._flusher.flush_pings(self._storage.background))

    def _publish(self, batches: Iterator[int]) -> None:
        for delivered in batches:
            self._state.delivered += delivered
            self._events.publish(EventKind.QUEUE_CHANGED)

    def _refreshes(self) -> list[Callable[[], None]]:
        stale = self._tutorials.stale(self._storage.background)
        return [lambda one=one: self._refresh(one) for one in stale]  # type: ignore[misc]

    def _refresh(self, tutorial_id: str) -> None:
        try:
            self._tutorials.refresh(self._storage.background, self._api, tutorial_id)
        except Refused as exc:
            # Asking again at once would not help; the next sync asks anew.
            self._state.refusal = f"tutorial {tutorial_id!r}: {exc.detail or exc.code}"
            logger.warning("%s", self._state.refusal)
            self._events.publish(EventKind.SYNC_FAILED, tutorial_id)

    def _note_success(self) -> None:
        self._state.online = True
        self._state.last_error = self._state.refusal
        self._storage.background.execute(
            "INSERT INTO counters (name, value) VALUES ('last_sync_ms', ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (self._clock.now_ms(),),
        )
        self._events.publish(EventKind.SYNCED)
