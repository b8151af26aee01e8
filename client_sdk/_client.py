"""The client that an app opens once, embeds everywhere and closes at its end."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from client_sdk import _open_clients
from client_sdk._arguments import check_arguments
from client_sdk._clock import Clock
from client_sdk._collector import Collector
from client_sdk._config import ClientConfig, Durability
from client_sdk._config_cache import ConfigCache
from client_sdk._counters import read_counters
from client_sdk._decisions import Decisions
from client_sdk._delivery import Delivery
from client_sdk._events import ClientEvent, EventBus, EventKind, Listener, tell
from client_sdk._hybrid_clock import HybridClock
from client_sdk._identity import Identity
from client_sdk._ping_context import PingContexts
from client_sdk._ping_queue import PingQueue
from client_sdk._progress import ProgressStore
from client_sdk._run_journal import JournalServices
from client_sdk._runs import RunStore
from client_sdk._session import SessionServices, TutorialSession
from client_sdk._sessions import Sessions
from client_sdk._status import (
    ClientStatus,
    FlushResult,
    SyncState,
    moment,
)
from client_sdk._storage import MEMORY, Database, Storage
from client_sdk._survey_queue import SurveyQueue
from client_sdk._survey_windows import SurveyWindows
from client_sdk._tutorials import Tutorials
from client_sdk._usage import (
    check_callable,
    check_flag,
    check_id,
    check_nothing,
    check_timeout,
)
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.survey import Answer
from client_sdk.contracts.tutorial import Device

if TYPE_CHECKING:
    from client_sdk._bundle import Bundle
    from client_sdk._cycle import SyncCycle
    from client_sdk._explanation import Explanation
    from client_sdk._outgoing import BeforeSend, OutgoingEvents
    from client_sdk._progress_view import ProgressReader, ProgressView
    from client_sdk._set_aside import SetAsideEvent
    from client_sdk._tokens import TokenProvider
    from client_sdk._transport import Transport
    from client_sdk.contracts.launch import LaunchItem
    from client_sdk.platforms import Platform

__all__ = ["TutorialClient"]

logger = logging.getLogger(__name__)

#: After this many events the sync thread moves the write-ahead log into the file: about
#: 1 MB, with or without a network.
EVENTS_PER_CHECKPOINT = 1000
#: How long a close waits for the request under way, in seconds.
CLOSE_SECONDS = 2.0


class TutorialClient:
    """Tutorials that work offline, and events that arrive exactly once.

    Args:
        base_url: The sync server, e.g. ``https://tutorials.example.com``.
        storage_dir: A folder of the app; the queue, the cache and the runs live in
            one SQLite file there.  Where it cannot be written, memory takes its place,
            as it does where ``MEMORY`` is given.
        token_provider: Returns a JWT of the signed-in user; called on the sync thread
            when a request is sent, and again after a 401.  Without one the device is
            an anonymous user.
        device: What the server is told in ``x-kazi-device``.
        bundle: A file that ``kazi-sdk bundle`` wrote and the app ships: its tutorials
            are there before the first network.
        config: Sizes and intervals.
        transport: The network; another one than httpx for tests and special proxies.
        clock: The time; another one for tests.
        platform: What the device tells of its network and battery, as
            ``client_sdk.platforms.detect_platform()`` finds it.  Without one a sync
            runs whenever it is due.
        before_send: Is shown every event before it is stored, on the thread that made
            it, and returns it, a changed copy, or None to drop it.  It must not call
            the client.

    Every method returns at once, but ``flush`` and ``close`` with the time they are
    given.  None raises for network or storage trouble.  What cannot be right is logged,
    counted and ignored, also here; with ``ClientConfig(strict=True)`` it is a UsageError.
    """

    def __init__(  # noqa: PLR0913 - keyword-only, each with its own paragraph
        self,
        base_url: str,
        *,
        storage_dir: str | Path,
        token_provider: TokenProvider | None = None,
        device: Device = Device.DESKTOP,
        bundle: str | Path | None = None,
        config: ClientConfig | None = None,
        transport: Transport | None = None,
        clock: Clock | None = None,
        platform: Platform | None = None,
        before_send: BeforeSend | None = None,
    ) -> None:
        usable = check_arguments(
            base_url=base_url,
            storage_dir=storage_dir,
            bundle=bundle,
            token_provider=token_provider,
            device=device,
            config=config,
            transport=transport,
            clock=clock,
            platform=platform,
            before_send=before_send,
        )
        self._guard = usable.guard
        self._config = usable.config
        self._clock = usable.clock
        self._events = EventBus(self._follow)
        has_accounts = token_provider is not None
        self._folder = _open_clients.claim(usable.storage_dir, usable.guard)
        self._storage, self._identity = _open(
            usable.storage_dir, self._config.durability, has_accounts=has_accounts
        )
        self._tutorials = Tutorials(
            decisions=Decisions(
                cache=ConfigCache(
                    device=usable.device.value,
                    max_configs=self._config.max_cached_configs,
                ),
                bundle=_bundle(usable.bundle),
            ),
            identity=self._identity,
            clock=self._clock,
            events=self._events,
        )
        self._pings = PingQueue(
            max_rows=self._config.max_queued_pings,
            max_bytes=self._config.max_queued_bytes,
            max_set_aside=self._config.max_set_aside,
        )
        self._surveys = SurveyQueue(
            max_rows=self._config.max_queued_surveys,
            max_set_aside=self._config.max_set_aside,
        )
        self._runs = RunStore()
        self._progress = ProgressStore(HybridClock(self._identity.device_id))
        self._outgoing = _outgoing(usable.before_send)
        self._collector = Collector(
            database=self._storage.foreground,
            identity=self._identity,
            pings=self._pings,
            surveys=self._surveys,
            clock=self._clock,
            guard=self._guard,
            outgoing=self._outgoing,
            contexts=PingContexts(
                database=self._storage.foreground,
                identity=self._identity,
                decisions=self._tutorials.decisions,
                run_of=lambda tutorial_id: self._sessions.run_of(tutorial_id),
            ),
            on_queued=self._note_queued,
            on_trouble=self._note_storage_trouble,
        )
        # What earlier starts have left counts towards the bound and the next batch.
        with contextlib.suppress(sqlite3.Error):
            self._pings.count(self._storage.foreground)
        self._token_provider = usable.token_provider
        self._device = usable.device
        self._state = SyncState()
        self._delivery = Delivery(
            config=self._config,
            state=self._state,
            platform=usable.platform,
            transport=usable.transport,
            connect=partial(_connect, usable.base_url, self._config),
            build=self._build_cycle,
            tidy=self._tidy,
            waiting=lambda: self.status().waiting,
            on_failed=lambda: self._events.publish(EventKind.SYNC_FAILED),
        )
        self._sync = self._delivery.sync
        self._events_since_checkpoint = 0
        self._sessions = Sessions(
            lambda tutorial_id: TutorialSession(tutorial_id, self._services())
        )
        #: What ``status()`` says once the client is closed.
        self._last_status: ClientStatus | None = None
        self._lock = threading.Lock()
        self._delivery.start()
        _open_clients.add(self)

    def tutorial(self, tutorial_id: str) -> TutorialSession:
        """Return the session of a tutorial, the same one for the same id.

        Its config is there at once if the device has it; otherwise, and when it is
        stale, the server is asked in the background.
        """
        is_usable = self._guard.is_usable(lambda: check_id("tutorial_id", tutorial_id))
        # A session of an id that cannot be is harmless: it is loading for ever.
        tutorial_id = str(tutorial_id) if is_usable else "?"
        session = self._sessions.open(tutorial_id)
        if is_usable:
            self._want(tutorial_id)
        return session

    def launch(self) -> tuple[LaunchItem, ...]:
        """Return the tutorials that may start now, the first one first.

        Decided on the device, by the rules of what it has.  From the first call on every
        sync asks the server what may start and fetches it ahead.
        """
        if not self._guard.is_usable(check_nothing):
            return ()
        from client_sdk._launching import Launching

        if self._tutorials.want_launch():
            self._sync.wake()
        try:
            return Launching(
                self._storage.foreground,
                self._tutorials.decisions,
                user_id=self._identity.user_id,
                now_ms=self._clock.now_ms(),
                progress=self._progress_reader.told(),
            ).items()
        except sqlite3.Error as exc:
            self._collector.note_trouble(exc)
            return ()

    def explain(self, tutorial_id: str) -> Explanation:
        """Return why a tutorial is or is not shown; ``str()`` of it is for people."""
        from client_sdk._evidence import explain

        if not self._guard.is_usable(lambda: check_id("tutorial_id", tutorial_id)):
            tutorial_id = "?"

        def by(database: Database) -> Explanation:
            return explain(
                database,
                self._tutorials.decisions,
                user_id=self._identity.user_id,
                tutorial_id=tutorial_id,
                now_ms=self._clock.now_ms(),
                progress=progress,
            )

        progress = None
        try:
            progress = self._progress_reader.told()
            return by(self._storage.foreground)
        except sqlite3.Error as exc:
            self._collector.note_trouble(exc)
            return by(Storage.in_memory(str(exc)).foreground)

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
        self._collector.ping(tutorial_id, step_id, status, duration_ms)

    def submit_survey(
        self,
        tutorial_id: str,
        *,
        nps: int | None = None,
        comment: str = "",
        persona: str | None = None,
        answers: Sequence[Answer] = (),
    ) -> None:
        """Queue an answer (NPS 0 to 10, comment up to 4,000 characters).

        ``answers`` are for a survey with questions of its own.
        """
        self._collector.submit_survey(
            tutorial_id, nps=nps, comment=comment, persona=persona, answers=answers
        )

    def identify(self, token_provider: TokenProvider) -> None:
        """Collect for the account whose tokens the provider returns.

        Needs no network: what is collected before the first token waits for it.  What
        the anonymous user of the device had begun goes on, and the server is told that
        the two are one person.  Another account's rows wait for its next log-in.
        """
        if self._guard.is_usable(
            lambda: check_callable("token_provider", token_provider)
        ):
            self._change_identity(self._identity.sign_in)
            # After it: a token must not be asked for on behalf of the one before.
            self._token_provider = token_provider
            self._sync.wake()

    def log_out(self, *, wipe: bool = False) -> None:
        """Go on as a new anonymous user.

        What the user who leaves has not sent waits for the next log-in, or is removed
        from the device with everything else of theirs if ``wipe`` is true.
        """
        if self._guard.is_usable(lambda: check_flag("wipe", wipe)):
            self._token_provider = None
            if wipe:
                self._storage.forget_damaged()
            log_out = partial(
                self._identity.log_out, wipe=wipe, reassign_held=self._reassign_held
            )
            self._change_identity(log_out)

    def opt_out(self) -> None:
        """Collect nothing from here on, and forget what has not been sent.

        It holds over restarts.  Tutorials work as before, and content is asked for
        without saying who asks.
        """
        if self._guard.is_usable(check_nothing):
            self._pings.forget_held()
            self._surveys.forget_held()
            self._storage.forget_damaged()
            self._change_identity(self._identity.opt_out)

    def opt_in(self) -> None:
        """Collect again."""
        if self._guard.is_usable(check_nothing):
            self._change_identity(self._identity.opt_in)

    def set_aside(self) -> list[SetAsideEvent]:
        """Return the events that the server will never accept, with the reasons.

        Free text of answers is left out.
        """
        if not self._guard.is_usable(check_nothing):
            return []
        from client_sdk._set_aside import read_set_aside

        try:
            return read_set_aside(self._storage.foreground)
        except sqlite3.Error as exc:
            self._collector.note_trouble(exc)
            return []

    def wake(self) -> None:
        """Sync now: the network may be back."""
        if self._guard.is_usable(check_nothing):
            self._sync.wake()

    def pause(self) -> None:
        """Send what waits, for the app goes to the background and may not come back.

        Returns at once: everything is in the file already.  For ``App.on_pause``.
        """
        if self._guard.is_usable(check_nothing):
            self._delivery.sync_before_sleep()

    def resume(self) -> None:
        """Sync, for the app is back: for ``App.on_resume``."""
        self.wake()

    def flush(self, *, timeout_seconds: float = 10.0) -> FlushResult:
        """Deliver what waits, for at most the time given, and say what was reached.

        This waits: call it from a thread of your own, or when the app ends.
        """
        if not self._guard.is_usable(lambda: check_timeout(timeout_seconds)):
            return self._not_flushed()
        return self._delivery.flush(timeout_seconds)

    def request_flush(
        self, on_done: Callable[[FlushResult], object]
    ) -> Callable[[], FlushResult]:
        """Deliver what waits, and call ``on_done`` with what was reached; return at once.

        ``on_done`` is called once, on the sync thread, or at once where nothing can be
        flushed.  Return a function that gives up waiting for it, and returns what was
        reached by then.
        """
        if not self._guard.is_usable(lambda: check_callable("on_done", on_done)):
            if callable(on_done):
                on_done(self._not_flushed())
            return self._not_flushed
        return self._delivery.request_flush(on_done)

    def _not_flushed(self) -> FlushResult:
        why = "the client is closed" if self._guard.is_closed else "the call was wrong"
        return FlushResult(delivered=0, remaining=self.status().waiting, error=why)

    def status(self) -> ClientStatus:
        """Return what is queued, sent and lost, and how the last sync went.

        After ``close()`` what was so at its end.
        """
        if self._last_status is not None:
            return replace(self._last_status, misuses=self._guard.misuses)
        return self._present_status()

    def _present_status(self) -> ClientStatus:
        database = self._storage.foreground
        try:
            counters = read_counters(database)
            queued_pings = self._pings.count(database)
            queued_surveys = self._surveys.count(database)
        except sqlite3.Error as exc:
            self._collector.note_trouble(exc)
            counters, queued_pings, queued_surveys = {}, 0, 0
        held, refusal = self._pings.held + self._surveys.held, self._storage.refusal
        return ClientStatus(
            queued_pings=queued_pings,
            held=held,
            queued_surveys=queued_surveys,
            sent=counters.get("sent", 0),
            set_aside=counters.get("set_aside", 0),
            evicted=counters.get("evicted", 0) + counters.get("evicted_surveys", 0),
            dropped=self._pings.dropped + self._surveys.dropped,
            declined=self._collector.declined
            + (self._outgoing.dropped if self._outgoing else 0),
            misuses=self._guard.misuses,
            last_sync_at=moment(counters.get("last_sync_ms", 0)),
            online=self._state.online,
            last_error=self._state.last_error,
            storage=self._storage.kind,
            storage_trouble=self._storage.trouble or (held and refusal) or None,
            user_id=self._identity.user_id or None,
            opted_out=self._identity.is_opted_out,
            recovered=counters.get("recovered", 0),
        )

    def progress(self, tutorial_id: str) -> ProgressView | None:
        """Return where the user stands in a tutorial; None if nothing is known of that.

        Points are the server's and those on their way to it.  It is read from the device.
        """
        if not self._guard.is_usable(lambda: check_id("tutorial_id", tutorial_id)):
            return None
        try:
            return self._progress_reader.view(tutorial_id)
        except sqlite3.Error as exc:
            self._collector.note_trouble(exc)
            return None

    @property
    def xp(self) -> int:
        """The user's points in all tutorials, with those on their way to the server."""
        if not self._guard.is_usable(check_nothing):
            return 0
        try:
            return self._progress_reader.total_xp()
        except sqlite3.Error as exc:
            self._collector.note_trouble(exc)
            return 0

    @cached_property
    def _progress_reader(self) -> ProgressReader:
        from client_sdk._progress_view import ProgressReader

        return ProgressReader(
            database=self._storage.foreground,
            identity=self._identity,
            tutorials=self._tutorials,
            progress=self._progress,
            runs=self._runs,
        )

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` for every event, on whatever thread it happens.

        Return a function that ends it.
        """
        if not self._guard.is_usable(lambda: check_callable("listener", listener)):
            if self._guard.is_closed and callable(listener):
                tell(listener, ClientEvent(EventKind.CLOSED))
            return check_nothing
        return self._events.subscribe(listener)

    def close(self, *, timeout_seconds: float = CLOSE_SECONDS) -> None:
        """Stop syncing and let go of the file; what waits is sent after the next start."""
        timeout_seconds = self._guard.checked(
            lambda: check_timeout(timeout_seconds), CLOSE_SECONDS
        )
        with self._lock:
            if self._guard.is_closed:
                return
            self._guard.is_closed = True
        _open_clients.remove(self, self._folder)
        with contextlib.suppress(sqlite3.Error):
            self._pings.save_held(self._storage.foreground)
            self._surveys.save_held(self._storage.foreground)
        stopped = self._delivery.stop(timeout_seconds)
        self._last_status = self._present_status()
        self._events.publish(EventKind.CLOSED)
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

    def _build_cycle(self, transport: Transport) -> SyncCycle:
        """Return what syncs; called on the sync thread."""
        from client_sdk._cycle import SyncCycle, SyncParts

        parts = SyncParts(
            config=self._config,
            device=self._device.value,
            storage=self._storage,
            identity=self._identity,
            pings=self._pings,
            surveys=self._surveys,
            tutorials=self._tutorials,
            transport=transport,
            clock=self._clock,
            events=self._events,
            state=self._state,
            provider=lambda: self._token_provider,
            on_new_user=self._switch_user,
        )
        return SyncCycle(parts)

    def _note_storage_trouble(self, exc: Exception) -> None:
        """Have a damaged file replaced at once, on the sync thread."""
        was_known = self._storage.damage is not None
        self._storage.note_trouble(exc)
        if self._storage.damage is not None and not was_known:
            self._sync.wake()

    def _tidy(self) -> None:
        try:
            self._storage.checkpoint()
        except sqlite3.Error as exc:
            self._note_storage_trouble(exc)

    def _want(self, tutorial_id: str) -> None:
        is_new = self._tutorials.want(tutorial_id)
        try:
            is_stale = self._tutorials.is_stale(self._storage.foreground, tutorial_id)
        except sqlite3.Error as exc:
            self._collector.note_trouble(exc)
            is_stale = True
        if is_stale and is_new:
            self._sync.wake()
        elif is_stale:
            # Asked again and again, as by a listener, it must not undo the back-off.
            self._sync.sync_within(self._config.flush_interval_seconds)

    def _services(self) -> SessionServices:
        return SessionServices(
            journal=JournalServices(
                database=self._storage.foreground,
                identity=self._identity,
                tutorials=self._tutorials,
                runs=self._runs,
                pings=self._pings,
                surveys=self._surveys,
                progress=self._progress,
                outgoing=self._outgoing,
                clock=self._clock,
                on_trouble=self._collector.note_trouble,
            ),
            windows=SurveyWindows(),
            on_queued=self._note_queued,
            on_moved=self._note_moved,
            is_usable=self._guard.is_usable,
        )

    def _follow(self, event: ClientEvent) -> None:
        self._sessions.follow(event)

    def _restart_after_fork(self) -> None:
        """Go on in a child process, with a thread, a lock and connections of its own."""
        if self._guard.is_closed:
            return
        self._lock = threading.Lock()
        self._guard.unlock_after_fork()
        self._identity.unlock_after_fork()
        self._pings.unlock_after_fork()
        self._surveys.unlock_after_fork()
        self._tutorials.unlock_after_fork()
        self._sessions.unlock_after_fork()
        try:
            self._storage.reconnect_after_fork()
        except sqlite3.Error as exc:
            self._collector.note_trouble(exc)
        self._delivery.restart_after_fork()

    def _change_identity(self, change: Callable[[Database], None]) -> None:
        """Change who the user is; where the file refuses, the next sync tells it."""
        try:
            change(self._storage.foreground)
        except sqlite3.Error as exc:
            self._collector.note_trouble(exc)
        self._switch_user()
        self._sync.wake()

    def _reassign_held(self, user_id: str, new_user_id: str | None) -> None:
        self._pings.reassign_held(user_id, new_user_id)
        self._surveys.reassign_held(user_id, new_user_id)

    def _switch_user(self) -> None:
        self._sessions.switch_user()
        self._events.publish(EventKind.USER_CHANGED)

    def _note_queued(self, events: int) -> None:
        """Follow what was stored; at most pings nothing of this has to be done."""
        self._delivery.note_queued(self._pings.waiting)
        if self._pings.is_full:
            self._evict()
        self._events_since_checkpoint += events
        if self._events_since_checkpoint >= EVENTS_PER_CHECKPOINT:
            self._events_since_checkpoint = 0
            self._sync.tidy_soon()
        if self._events.listeners:
            self._events.publish(EventKind.QUEUE_CHANGED)

    def _note_moved(self, tutorial_id: str) -> None:
        self._events.publish(EventKind.PROGRESS_CHANGED, tutorial_id)
        # Also what queues no event, such as going back, is to reach the other devices.
        self._delivery.sync_soon()

    def _evict(self) -> None:
        try:
            self._pings.evict_surplus(self._storage.foreground)
        except sqlite3.Error as exc:
            self._collector.note_trouble(exc)


def _connect(base_url: str, config: ClientConfig) -> Transport:
    from client_sdk._transport import HttpxTransport

    return HttpxTransport(base_url, timeout_seconds=config.request_timeout_seconds)


def _bundle(path: str | Path | None) -> Bundle | None:
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
