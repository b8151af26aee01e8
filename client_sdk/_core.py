"""What a client is made of, put together once, and how its parts answer to each other."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from client_sdk._arguments import Arguments
from client_sdk._collector import Collector
from client_sdk._config import ClientConfig, Durability
from client_sdk._config_cache import ConfigCache
from client_sdk._decisions import Decisions
from client_sdk._delivery import Delivery
from client_sdk._events import ClientEvent, EventBus, EventKind
from client_sdk._hybrid_clock import HybridClock
from client_sdk._identity import Identity
from client_sdk._ping_context import PingContexts
from client_sdk._ping_queue import PingQueue
from client_sdk._progress import ProgressStore
from client_sdk._run_journal import JournalServices
from client_sdk._runs import RunStore
from client_sdk._session import SessionServices, TutorialSession
from client_sdk._sessions import Sessions
from client_sdk._status import SyncState
from client_sdk._storage import MEMORY, Database, Storage
from client_sdk._survey_queue import SurveyQueue
from client_sdk._survey_windows import SurveyWindows
from client_sdk._tutorials import Tutorials

if TYPE_CHECKING:
    from client_sdk._bundle import Bundle
    from client_sdk._cycle import SyncCycle
    from client_sdk._outgoing import BeforeSend, OutgoingEvents
    from client_sdk._transport import Transport

__all__ = ["ClientCore"]

logger = logging.getLogger(__name__)

#: After this many events the sync thread moves the write-ahead log into the file: about
#: 1 MB, with or without a network.
EVENTS_PER_CHECKPOINT = 1000


class ClientCore:
    """The parts of one client, and what one does when another has news.

    ``waiting`` counts the events that are not delivered yet.
    """

    def __init__(self, usable: Arguments, *, waiting: Callable[[], int]) -> None:
        self.guard = usable.guard
        self.config = usable.config
        self.clock = usable.clock
        self.token_provider = usable.token_provider
        self._device = usable.device
        self.events = EventBus(self._follow)
        self.storage, self.identity = _open(
            usable.storage_dir,
            self.config.durability,
            has_accounts=usable.token_provider is not None,
        )
        self.tutorials = Tutorials(
            decisions=Decisions(
                cache=ConfigCache(
                    device=usable.device.value,
                    max_configs=self.config.max_cached_configs,
                ),
                bundle=_bundle(usable.bundle),
            ),
            identity=self.identity,
            clock=self.clock,
            events=self.events,
        )
        self.pings = PingQueue(
            max_rows=self.config.max_queued_pings,
            max_bytes=self.config.max_queued_bytes,
        )
        self.surveys = SurveyQueue(max_rows=self.config.max_queued_surveys)
        self.runs = RunStore()
        self.progress = ProgressStore(HybridClock(self.identity.device_id))
        self.outgoing = _outgoing(usable.before_send)
        self.sessions = Sessions(
            lambda tutorial_id: TutorialSession(tutorial_id, self.session_services())
        )
        self.collector = Collector(
            database=self.storage.foreground,
            identity=self.identity,
            pings=self.pings,
            surveys=self.surveys,
            clock=self.clock,
            guard=self.guard,
            outgoing=self.outgoing,
            contexts=PingContexts(
                database=self.storage.foreground,
                identity=self.identity,
                decisions=self.tutorials.decisions,
                run_of=self.sessions.run_of,
            ),
            on_queued=self._note_queued,
            on_trouble=self._note_storage_trouble,
        )
        # What earlier starts have left counts towards the bound and the next batch.
        with contextlib.suppress(sqlite3.Error):
            self.pings.count(self.storage.foreground)
        self.state = SyncState()
        self.delivery = Delivery(
            config=self.config,
            state=self.state,
            platform=usable.platform,
            transport=usable.transport,
            connect=partial(_connect, usable.base_url, self.config),
            build=self._build_cycle,
            tidy=self._tidy,
            waiting=waiting,
            on_failed=lambda: self.events.publish(EventKind.SYNC_FAILED),
        )
        self.sync = self.delivery.sync
        self._events_since_checkpoint = 0

    def session_services(self) -> SessionServices:
        """Return what a tutorial's session works with."""
        return SessionServices(
            journal=JournalServices(
                database=self.storage.foreground,
                identity=self.identity,
                tutorials=self.tutorials,
                runs=self.runs,
                pings=self.pings,
                surveys=self.surveys,
                progress=self.progress,
                outgoing=self.outgoing,
                clock=self.clock,
                on_trouble=self.collector.note_trouble,
            ),
            windows=SurveyWindows(),
            on_queued=self._note_queued,
            on_moved=self._note_moved,
            is_usable=self.guard.is_usable,
        )

    def want(self, tutorial_id: str) -> None:
        """Have the server asked for a tutorial that the device has not, or not fresh."""
        is_new = self.tutorials.want(tutorial_id)
        try:
            is_stale = self.tutorials.is_stale(self.storage.foreground, tutorial_id)
        except sqlite3.Error as exc:
            self.collector.note_trouble(exc)
            is_stale = True
        if is_stale and is_new:
            self.sync.wake()
        elif is_stale:
            # Asked again and again, as by a listener, it must not undo the back-off.
            self.sync.sync_within(self.config.flush_interval_seconds)

    def change_identity(self, change: Callable[[Database], None]) -> None:
        """Change who the user is; where the file refuses, the next sync tells it."""
        try:
            change(self.storage.foreground)
        except sqlite3.Error as exc:
            self.collector.note_trouble(exc)
        self._switch_user()
        self.sync.wake()

    def reassign_held(self, user_id: str, new_user_id: str | None) -> None:
        """Give to another user what the file has refused so far; None drops it."""
        self.pings.reassign_held(user_id, new_user_id)
        self.surveys.reassign_held(user_id, new_user_id)

    def forget_held(self) -> None:
        """Drop what the file has refused so far."""
        self.pings.forget_held()
        self.surveys.forget_held()

    def save_held(self) -> None:
        """Store what the file has refused so far, if it takes it now."""
        with contextlib.suppress(sqlite3.Error):
            self.pings.save_held(self.storage.foreground)
            self.surveys.save_held(self.storage.foreground)

    def restart_after_fork(self) -> None:
        """Go on in a child process, with a thread, locks and connections of its own."""
        self.guard.unlock_after_fork()
        self.identity.unlock_after_fork()
        self.pings.unlock_after_fork()
        self.surveys.unlock_after_fork()
        self.tutorials.unlock_after_fork()
        self.sessions.unlock_after_fork()
        try:
            self.storage.reconnect_after_fork()
        except sqlite3.Error as exc:
            self.collector.note_trouble(exc)
        self.delivery.restart_after_fork()

    def _build_cycle(self, transport: Transport) -> SyncCycle:
        """Return what syncs; called on the sync thread."""
        from client_sdk._cycle import SyncCycle, SyncParts

        parts = SyncParts(
            config=self.config,
            device=self._device.value,
            storage=self.storage,
            identity=self.identity,
            pings=self.pings,
            surveys=self.surveys,
            tutorials=self.tutorials,
            transport=transport,
            clock=self.clock,
            events=self.events,
            state=self.state,
            provider=lambda: self.token_provider,
            on_new_user=self._switch_user,
        )
        return SyncCycle(parts)

    def _follow(self, event: ClientEvent) -> None:
        self.sessions.follow(event)

    def _switch_user(self) -> None:
        self.sessions.switch_user()
        self.events.publish(EventKind.USER_CHANGED)

    def _note_storage_trouble(self, exc: Exception) -> None:
        """Have a damaged file replaced at once, on the sync thread."""
        was_known = self.storage.damage is not None
        self.storage.note_trouble(exc)
        if self.storage.damage is not None and not was_known:
            self.sync.wake()

    def _tidy(self) -> None:
        try:
            self.storage.checkpoint()
        except sqlite3.Error as exc:
            self._note_storage_trouble(exc)

    def _note_queued(self, events: int) -> None:
        """Follow what was stored; at most pings nothing of this has to be done."""
        self.delivery.note_queued(self.pings.waiting)
        # A file that takes no pings does not give any up either.
        if self.pings.is_full and not self.pings.held:
            self._evict()
        self._events_since_checkpoint += events
        if self._events_since_checkpoint >= EVENTS_PER_CHECKPOINT:
            self._events_since_checkpoint = 0
            self.sync.tidy_soon()
        if self.events.listeners:
            self.events.publish(EventKind.QUEUE_CHANGED)

    def _note_moved(self, tutorial_id: str) -> None:
        self.events.publish(EventKind.PROGRESS_CHANGED, tutorial_id)
        # Also what queues no event, such as going back, is to reach the other devices.
        self.delivery.sync_soon()

    def _evict(self) -> None:
        try:
            self.pings.evict_surplus(self.storage.foreground)
        except sqlite3.Error as exc:
            self.collector.note_trouble(exc)


def _connect(base_url: str, config: ClientConfig) -> Transport:
    from client_sdk._transport import HttpxTransport

    return HttpxTransport(base_url, timeout_seconds=config.request_timeout_seconds)


def _bundle(path: str | None) -> Bundle | None:
    if path is None:
        return None
    from client_sdk._bundle import Bundle

    return Bundle.load(path)


def _outgoing(hook: BeforeSend | None) -> OutgoingEvents | None:
    if hook is None:
        return None
    from client_sdk._outgoing import OutgoingEvents

    return OutgoingEvents(hook)


def _open(
    folder: str | None, durability: Durability, *, has_accounts: bool
) -> tuple[Storage, Identity]:
    """Open file and identity; in memory where the file can be read but not written."""
    if folder is None:
        storage = Storage.in_memory("storage_dir is no path")
    elif folder == MEMORY:
        storage = Storage.in_memory()
    else:
        storage = Storage.open(Path(folder), durability)
    try:
        return storage, Identity(storage.foreground, has_accounts=has_accounts)
    except sqlite3.Error as exc:
        trouble = f"{folder}: {exc}; events are kept in memory until it can be used"
        logger.error("%s", trouble)
        storage.close()
        storage = Storage.in_memory(trouble, storage.file)
        return storage, Identity(storage.foreground, has_accounts=has_accounts)
