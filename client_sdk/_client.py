"""The client that an app opens once, embeds everywhere and closes at its end."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from client_sdk._clock import Clock, SystemClock, new_event_id
from client_sdk._config import ClientConfig, Durability
from client_sdk._config_cache import ConfigCache
from client_sdk._errors import Transient, Unreachable, UsageError
from client_sdk._events import ClientEvent, EventBus, EventKind, Listener
from client_sdk._identity import Identity, TokenProvider
from client_sdk._ping_queue import PingQueue, PingRow
from client_sdk._runs import RunStore
from client_sdk._session import SessionServices, TutorialSession
from client_sdk._status import (
    ClientStatus,
    FlushResult,
    SyncState,
    moment,
    read_counters,
)
from client_sdk._storage import Storage
from client_sdk._survey_queue import SurveyQueue, SurveyRow
from client_sdk._sync import BackgroundSync
from client_sdk._transport import HttpxTransport, Transport
from client_sdk._tutorials import Tutorials
from client_sdk._usage import (
    check_base_url,
    check_comment,
    check_id,
    check_nps,
    check_ping,
)
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.tutorial import Device

if TYPE_CHECKING:
    from client_sdk._cycle import SyncCycle

__all__ = ["TutorialClient"]

logger = logging.getLogger(__name__)

#: After this many events the sync thread moves the write-ahead log into the file: about
#: 4 MB, with or without a network.
EVENTS_PER_CHECKPOINT = 1000


class TutorialClient:
    """Tutorials that work offline, and events that arrive exactly once.

    Args:
        base_url: The sync server, e.g. ``https://tutorials.example.com``.
        storage_dir: A folder of the app; the queue, the cache and the runs live in
            one SQLite file there.  Where it cannot be written, memory takes its place.
        token_provider: Returns a JWT of the signed-in user; called on the sync thread
            when a request is sent, and again after a 401.  Without one the device is
            an anonymous user.
        device: What the server is told in ``x-kazi-device``.
        config: Sizes and intervals.
        transport: The network; another one than httpx for tests and special proxies.
        clock: The time; another one for tests.

    Every method returns at once, but ``flush`` and ``close`` with the time they are
    given.  None raises for network or storage trouble.
    """

    def __init__(  # noqa: PLR0913 - keyword-only, and each has its own paragraph above
        self,
        base_url: str,
        *,
        storage_dir: str | Path,
        token_provider: TokenProvider | None = None,
        device: Device = Device.DESKTOP,
        config: ClientConfig | None = None,
        transport: Transport | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._config = config or ClientConfig()
        self._clock = clock or SystemClock()
        self._transport = transport or HttpxTransport(
            check_base_url(base_url),
            timeout_seconds=self._config.request_timeout_seconds,
        )
        self._events = EventBus(self._follow)
        has_accounts = token_provider is not None
        self._storage, self._identity = _open(
            Path(storage_dir), self._config.durability, has_accounts=has_accounts
        )
        self._tutorials = Tutorials(
            cache=ConfigCache(
                device=device.value, max_configs=self._config.max_cached_configs
            ),
            identity=self._identity,
            clock=self._clock,
            events=self._events,
        )
        self._pings = PingQueue(max_rows=self._config.max_queued_pings)
        self._surveys = SurveyQueue()
        # What earlier starts have left counts towards the bound and the next batch.
        with contextlib.suppress(sqlite3.Error):
            self._pings.count(self._storage.foreground)
        self._token_provider = token_provider
        self._device = device
        self._state = SyncState()
        self._cycle: SyncCycle | None = None
        self._sync = BackgroundSync(
            self._run_cycle,
            tidy=self._storage.checkpoint,
            config=self._config,
            on_trouble=self._note_trouble,
        )
        self._events_since_checkpoint = 0
        self._sessions: dict[str, TutorialSession] = {}
        self._lock = threading.Lock()
        self._is_closed = False
        #: What could not be counted in the file, because the file was the trouble.
        self._dropped = 0
        self._misuses = 0
        self._is_trouble_told = False
        self._sync.start()

    def tutorial(self, tutorial_id: str) -> TutorialSession:
        """Return the session of a tutorial, the same one for the same id.

        Its config is there at once if the device has it; otherwise, and when it is
        stale, the server is asked in the background.
        """
        is_usable = self._is_usable(lambda: check_id("tutorial_id", tutorial_id))
        # A session of an id that cannot be is harmless: it is loading for ever.
        tutorial_id = str(tutorial_id) if is_usable else "?"
        with self._lock:
            session = self._sessions.get(tutorial_id)
            if session is None:
                session = TutorialSession(tutorial_id, self._services())
                self._sessions[tutorial_id] = session
        if is_usable:
            self._want(tutorial_id)
        return session

    def ping(
        self,
        tutorial_id: str,
        step_id: str,
        status: StepStatus | str,
        duration_ms: int = 0,
    ) -> None:
        """Queue one step event of the app's own; it is in the file on return.

        A session sends its events itself: this is for apps that draw their own tutorial.
        """
        if not self._is_usable(
            lambda: check_ping(tutorial_id, step_id, status, duration_ms)
        ):
            return
        now_ms = self._clock.now_ms()
        session = self._sessions.get(tutorial_id)
        run = session.run if session else None
        row = PingRow(
            event_id=new_event_id(now_ms),
            user_id=self._identity.user_id,
            tutorial_id=str.__str__(tutorial_id),
            step_id=str.__str__(step_id),
            status=str.__str__(status),
            duration_ms=int.__int__(duration_ms),
            occurred_ms=now_ms,
            variant=run.variant if run else None,
            persona=run.persona if run else None,
            run_id=run.run_id if run else None,
            tutorial_version=run.tutorial_version if run else None,
        )
        try:
            self._pings.enqueue_alone(self._storage.foreground, row)
        except sqlite3.Error as exc:
            self._note_storage_trouble(exc)
        else:
            self._note_queued(1)

    def submit_survey(
        self,
        tutorial_id: str,
        *,
        nps: int,
        comment: str = "",
        persona: str | None = None,
    ) -> None:
        """Queue an answer (NPS 0 to 10, comment up to 4,000 characters)."""

        def check() -> None:
            check_id("tutorial_id", tutorial_id)
            check_nps(nps)
            check_comment(comment)
            if persona is not None:
                check_id("persona", persona)

        if not self._is_usable(check):
            return
        now_ms = self._clock.now_ms()
        row = SurveyRow(
            submission_id=new_event_id(now_ms),
            user_id=self._identity.user_id,
            tutorial_id=str.__str__(tutorial_id),
            nps=int.__int__(nps),
            comment=str.__str__(comment),
            persona=persona and str.__str__(persona),
            occurred_ms=now_ms,
        )
        try:
            with self._storage.foreground.transaction() as connection:
                self._surveys.enqueue(connection, row)
        except sqlite3.Error as exc:
            self._note_storage_trouble(exc)
        else:
            self._note_queued(1)

    def wake(self) -> None:
        """Sync now: the network may be back, or the app is about to be paused."""
        self._sync.wake()

    def flush(self, *, timeout_seconds: float = 10.0) -> FlushResult:
        """Deliver what waits, for at most the time given, and say what was reached.

        This waits: call it from a thread of your own, or when the app ends.
        """
        if self._is_closed:
            return FlushResult(delivered=0, remaining=0, error="the client is closed")
        before = self._state.delivered
        in_time = self._sync.wait_for_attempt(timeout_seconds)
        remaining = self.status().queued
        error = self._state.last_error if in_time else "time ran out"
        return FlushResult(
            delivered=self._state.delivered - before,
            remaining=remaining,
            error=error if remaining else None,
        )

    def status(self) -> ClientStatus:
        """Return what is queued, sent and lost, and how the last sync went."""
        database = self._storage.foreground
        try:
            counters = read_counters(database)
            queued_pings = self._pings.count(database)
            queued_surveys = self._surveys.count(database)
        except sqlite3.Error as exc:
            self._note_storage_trouble(exc, events=0)
            counters, queued_pings, queued_surveys = {}, 0, 0
        return ClientStatus(
            queued_pings=queued_pings,
            queued_surveys=queued_surveys,
            sent=counters.get("sent", 0),
            set_aside=counters.get("set_aside", 0),
            evicted=counters.get("evicted", 0),
            dropped=self._dropped,
            misuses=self._misuses,
            last_sync_at=moment(counters.get("last_sync_ms", 0)),
            online=self._state.online,
            last_error=self._state.last_error,
            storage=self._storage.kind,
            storage_trouble=self._storage.trouble,
            user_id=self._identity.user_id or None,
        )

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` for every event, on whatever thread it happens.

        Return a function that ends it.
        """
        return self._events.subscribe(listener)

    def close(self, *, timeout_seconds: float = 2.0) -> None:
        """Stop syncing and let go of the file; what waits is sent after the next start."""
        if self._is_closed:
            return
        self._is_closed = True
        stopped = self._sync.stop(timeout_seconds)
        self._transport.close()
        if stopped:
            # A thread that is still in a request ends with the process; its connection
            # must not be taken from under it.
            self._storage.close()

    def __enter__(self) -> Self:
        """Return the client; leaving the block closes it."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the client."""
        self.close()

    def _run_cycle(self) -> None:
        """Do one sync, on the sync thread.

        The network side is imported and built there: an app that starts must not wait
        for what it may not need for minutes.
        """
        if self._cycle is None:
            from client_sdk._cycle import SyncParts, build_cycle

            parts = SyncParts(
                config=self._config,
                device=self._device.value,
                storage=self._storage,
                identity=self._identity,
                pings=self._pings,
                surveys=self._surveys,
                tutorials=self._tutorials,
                transport=self._transport,
                clock=self._clock,
                events=self._events,
                state=self._state,
                token_provider=self._token_provider,
                on_new_user=self._reload_sessions,
            )
            self._cycle = build_cycle(parts)
        self._cycle.run()

    def _note_trouble(self, trouble: Transient) -> None:
        self._state.online = not isinstance(trouble, Unreachable)
        self._state.last_error = str(trouble)
        logger.info("sync failed, will be tried again: %s", trouble)
        self._events.publish(EventKind.SYNC_FAILED)

    def _want(self, tutorial_id: str) -> None:
        is_new = self._tutorials.want(tutorial_id)
        try:
            is_stale = self._tutorials.is_stale(self._storage.foreground, tutorial_id)
        except sqlite3.Error as exc:
            self._note_storage_trouble(exc, events=0)
            is_stale = True
        if is_stale and is_new:
            self._sync.wake()
        elif is_stale:
            # Asked again and again, as by a listener, it must not undo the back-off.
            self._sync.sync_within(self._config.flush_interval_seconds)

    def _services(self) -> SessionServices:
        return SessionServices(
            database=self._storage.foreground,
            identity=self._identity,
            tutorials=self._tutorials,
            runs=RunStore(),
            pings=self._pings,
            surveys=self._surveys,
            clock=self._clock,
            on_queued=self._note_queued,
            on_storage_trouble=self._note_storage_trouble,
            is_usable=self._is_usable,
        )

    def _follow(self, event: ClientEvent) -> None:
        """Have a session see its config as soon as it has come."""
        if event.kind in (EventKind.CONFIG_READY, EventKind.CONFIG_CHANGED):
            session = self._sessions.get(event.tutorial_id or "")
            if session is not None:
                session.reload()
        elif event.kind in (EventKind.SYNCED, EventKind.SYNC_FAILED):
            for session in list(self._sessions.values()):
                session.save()

    def _reload_sessions(self) -> None:
        for session in list(self._sessions.values()):
            session.reload()

    def _is_usable(self, check: Callable[[], object]) -> bool:
        """Tell whether a call can be served; UsageError instead where ``strict``."""
        try:
            if self._is_closed:
                raise UsageError("the client is closed")
            check()
        except UsageError as exc:
            self._misuses += 1
            if self._config.strict:
                raise
            logger.error("the call was ignored: %s", exc)
            return False
        return True

    def _note_queued(self, events: int) -> None:
        self._is_trouble_told = False
        try:
            self._pings.note_enqueued(self._storage.foreground, events)
        except sqlite3.Error as exc:
            self._note_storage_trouble(exc, events=0)
        is_batch = self._pings.waiting >= self._config.flush_at
        self._sync.sync_within(0.0 if is_batch else self._config.flush_interval_seconds)
        self._events_since_checkpoint += events
        if self._events_since_checkpoint >= EVENTS_PER_CHECKPOINT:
            self._events_since_checkpoint = 0
            self._sync.tidy_soon()
        self._events.publish(EventKind.QUEUE_CHANGED)

    def _note_storage_trouble(self, exc: Exception, events: int = 1) -> None:
        self._dropped += events
        # Said once, not with every event: a full disk must not fill up with our log.
        if not self._is_trouble_told:
            logger.error("the device's file refused a write: %s", exc)
            self._is_trouble_told = True


def _open(
    folder: Path, durability: Durability, *, has_accounts: bool
) -> tuple[Storage, Identity]:
    """Open file and identity; in memory where the file can be read but not written."""
    storage = Storage.open(folder, durability)
    try:
        return storage, Identity(storage.foreground, has_accounts=has_accounts)
    except sqlite3.Error as exc:
        trouble = f"{folder}: {exc}; events are kept in memory until the app ends"
        logger.error("%s", trouble)
        storage.close()
        storage = Storage.in_memory(trouble)
        return storage, Identity(storage.foreground, has_accounts=has_accounts)
