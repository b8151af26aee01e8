"""One sync: who are we, what waits, what is stale.  Runs on the sync thread."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterator
from typing import NamedTuple

from client_sdk._anonymous_users import AnonymousUser, AnonymousUsers
from client_sdk._api import TutorialApi, mint_anonymous
from client_sdk._clock import Clock
from client_sdk._config import ClientConfig
from client_sdk._counters import read_counters, set_counter
from client_sdk._damage import is_full_disk
from client_sdk._delivery_errors import DeviceTrouble, Refused, Transient, Unreachable
from client_sdk._events import EventBus, EventKind
from client_sdk._flusher import Flusher
from client_sdk._fork_gate import importing
from client_sdk._hybrid_clock import HybridClock
from client_sdk._identity import Identity
from client_sdk._leases import Lease
from client_sdk._ping_outbox import PingOutbox
from client_sdk._ping_queue import PingQueue
from client_sdk._prefetch import Prefetch
from client_sdk._progress_answers import ProgressAnswers
from client_sdk._progress_sync import ProgressSync
from client_sdk._recovery import Recovery
from client_sdk._status import SyncState
from client_sdk._storage import Storage
from client_sdk._survey_outbox import SurveyOutbox
from client_sdk._survey_queue import SurveyQueue
from client_sdk._tokens import Token, TokenProvider, TokenSource, ask, no_tokens
from client_sdk._transport import Transport
from client_sdk._tutorials import Tutorials

__all__ = ["SyncCycle", "SyncParts"]

logger = logging.getLogger(__name__)

#: A lease outlives two requests, as the one before and the one after a 401.
LEASE_REQUESTS = 3
#: Counters that grow when an event is lost to the server.
_LOSSES = {
    EventKind.EVICTED: ("evicted", "evicted_surveys"),
    EventKind.SET_ASIDE: ("set_aside",),
}


class SyncParts(NamedTuple):
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
    #: Returns the app's token provider; None while nobody has signed in.
    provider: Callable[[], TokenProvider | None]
    #: Told when the user turns out to be another one.
    on_new_user: Callable[[], None]


class SyncCycle:
    """Delivers what waits, then refreshes what is stale, then tidies the file."""

    def __init__(self, parts: SyncParts) -> None:
        self._parts = parts
        self._lease = Lease(
            "flush",
            seconds=LEASE_REQUESTS * parts.config.request_timeout_seconds,
            clock=parts.clock,
        )
        max_set_aside = parts.config.max_set_aside
        self._ping_outbox = PingOutbox(parts.pings, max_set_aside=max_set_aside)
        self._survey_outbox = SurveyOutbox(max_set_aside=max_set_aside)
        self._flusher = Flusher(
            lease=self._lease,
            device_id=parts.identity.device_id,
            pings=self._ping_outbox,
            surveys=self._survey_outbox,
            clock=parts.clock,
            batch_size=parts.config.batch_size,
            make_durable=parts.storage.make_durable,
        )
        self._prefetch = Prefetch(
            tutorials=parts.tutorials, identity=parts.identity, clock=parts.clock
        )
        clock = HybridClock(parts.identity.device_id)
        self._progress = ProgressSync(
            answers=ProgressAnswers(clock), clock=parts.clock, events=parts.events
        )
        self._recovery = Recovery(parts.storage, parts.identity)
        self._has_inspected = False
        self._has_made_room = False
        self._account = TokenSource(self._ask)
        self._users = AnonymousUsers(parts.identity)
        self._anonymous: dict[str, TokenSource] = {}
        self._counted: dict[str, int] | None = None
        #: Whether the device lets tutorials be fetched that nobody has opened yet.
        self._may_prefetch = True

    def run(self, *, may_prefetch: bool = True) -> None:
        """Do all there is to do; Transient if the server kept some of it from us.

        Content and events do not wait for each other: a server that refuses the one
        may still take the other.  Only when nobody answers is there no point in going on.
        """
        self._may_prefetch = may_prefetch
        try:
            self._run_in_any_file()
        except sqlite3.Error as exc:
            self._parts.storage.note_trouble(exc)
            raise DeviceTrouble(f"the device's file: {exc}") from exc

    def _run_in_any_file(self) -> None:
        self._has_made_room = False
        try:
            self._run()
        except sqlite3.DatabaseError as exc:
            self._parts.storage.note_trouble(exc)
            is_damaged = self._parts.storage.damage is not None
            if not (is_damaged or self._makes_room(exc)):
                raise
            # In a new file, which begins with the second try, or with the reserve's room.
            self._run()

    def _makes_room(self, exc: sqlite3.Error) -> bool:
        """Tell whether there is more room on a full disk than when it was met."""
        if is_full_disk(exc) and not self._has_made_room:
            with contextlib.suppress(sqlite3.Error):
                self._has_made_room = self._parts.storage.make_room()
        return self._has_made_room

    def _run(self) -> None:
        parts = self._parts
        self._recovery.run()
        self._upgrade()
        parts.storage.make_durable()
        self._save_held()
        if parts.identity.refresh(parts.storage.background):
            parts.on_new_user()
        if self._counted is None:
            self._counted = read_counters(parts.storage.background)
        self._inspect()
        self._flusher.device_id = parts.identity.device_id
        self._account.forget()
        parts.state.refusal = None
        parts.tutorials.mark_used(parts.storage.background)
        try:
            troubles = list(self._troubles())
        finally:
            self._tell_losses()
            self._tidy()
        if troubles:
            longest = max(one.retry_after_seconds or 0.0 for one in troubles)
            worst = max(troubles, key=_weight)
            worst.retry_after_seconds = longest
            raise worst
        self._note_success()

    def _tell_losses(self) -> None:
        """Tell what was evicted or set aside since the last time.

        Here, and not where it happens: a listener must not be called within a
        transaction.
        """
        before = self._counted or {}
        with contextlib.suppress(sqlite3.Error):
            self._counted = read_counters(self._parts.storage.background)
        now = self._counted or {}
        for kind, names in _LOSSES.items():
            if any(now.get(name, 0) > before.get(name, 0) for name in names):
                self._parts.events.publish(kind)

    def _save_held(self) -> None:
        """Store what waits in memory, as far as the file takes it."""
        parts = self._parts
        with contextlib.suppress(sqlite3.Error):
            if parts.pings.waits_for_space:
                parts.storage.checkpoint()
            parts.surveys.save_held(parts.storage.background)
            parts.pings.save_held(parts.storage.background)

    def _tidy(self) -> None:
        """Let go of the lease, and of the log's pages.

        Also without a network: the log would grow as long as the device is offline.
        """
        storage = self._parts.storage
        try:
            self._lease.release(storage.background)
            storage.checkpoint()
        except sqlite3.Error as exc:
            # What was done is done, and a lease runs out.
            storage.note_trouble(exc)
            if not self._makes_room(exc):
                logger.warning("the file was not tidied: %s", exc)

    def _inspect(self) -> None:
        """Look once for rows that damage hides from every user, and users from theirs."""
        if self._has_inspected:
            return
        database, now_ms = self._parts.storage.background, self._parts.clock.now_ms()
        self._users.mend(database)
        self._ping_outbox.set_aside_strays(database, now_ms=now_ms)
        self._survey_outbox.set_aside_strays(database, now_ms=now_ms)
        self._has_inspected = True

    def _upgrade(self) -> None:
        if self._parts.storage.is_behind:
            with importing:
                from client_sdk._upgrades import upgrade_rows

            upgrade_rows(self._parts.storage.background)
            self._parts.storage.is_behind = False

    def _troubles(self) -> Iterator[Transient]:
        for part in self._work():
            try:
                part()
            except Transient as trouble:
                yield trouble
                if isinstance(trouble, Unreachable):
                    return

    def _work(self) -> Iterator[Callable[[], None]]:
        identity, database = self._parts.identity, self._parts.storage.background
        try:
            tokens = self._tokens()
        except Transient as exc:
            yield _raising(exc)
            return
        api = self._api(tokens)
        if not identity.is_opted_out:
            self._parts.pings.evict_surplus(database)
            yield lambda: self._answers(api)
            yield lambda: self._pings(api)
            for user in self._users.all(database):
                yield from self._former(user)
            # Before the content: who opens a tour as soon as it has come goes on where
            # another device has stood.
            yield lambda: self._pull_progress(api)
            yield lambda: self._push_progress(api)
        if self._may_prefetch:
            yield lambda: self._launch(api)
        # Only now: the list may say that what looks stale is still served.
        for tutorial_id in self._parts.tutorials.stale(database):
            yield lambda one=tutorial_id: self._refresh(api, one)  # type: ignore[misc]

    def _former(self, user: AnonymousUser) -> Iterator[Callable[[], None]]:
        """Deliver what an anonymous user has left behind, and say whose it is now."""
        if user.user_id != self._parts.identity.user_id and self._has_rows(
            user.user_id
        ):
            api = self._api(self._tokens_of(user))
            yield lambda: self._answers(api)
            yield lambda: self._pings(api)
            yield lambda: self._push_progress(api)
        if user.account_id == self._parts.identity.user_id and not user.is_linked:
            yield lambda: self._link(user)

    def _has_rows(self, user_id: str) -> bool:
        query = (
            "SELECT EXISTS (SELECT 1 FROM pings WHERE user_id = ?)"
            " OR EXISTS (SELECT 1 FROM survey_answers WHERE user_id = ?)"
            " OR EXISTS (SELECT 1 FROM resumes WHERE user_id = ? AND is_waiting)"
        )
        ((found,),) = self._parts.storage.background.execute(query, (user_id,) * 3)
        return bool(found)

    def _api(self, tokens: TokenSource) -> TutorialApi:
        parts = self._parts
        return TutorialApi(
            transport=parts.transport,
            tokens=tokens,
            device=parts.device,
            clock=parts.clock,
        )

    def _tokens(self) -> TokenSource:
        """Return what authorises the present user's requests."""
        identity = self._parts.identity
        if identity.is_opted_out:
            return no_tokens(identity.user_id)
        if not identity.is_anonymous:
            return self._account
        for user in self._users.all(self._parts.storage.background):
            if user.user_id == identity.user_id:
                return self._tokens_of(user)
        raise DeviceTrouble("the user has signed in or out meanwhile")

    def _tokens_of(self, user: AnonymousUser) -> TokenSource:
        return self._anonymous.setdefault(
            user.user_id, TokenSource(lambda: self._mint(user))
        )

    def _mint(self, user: AnonymousUser) -> Token:
        parts = self._parts
        try:
            minted = mint_anonymous(parts.transport, user.secret, parts.clock)
        except Refused as exc:
            raise Transient(f"no anonymous token: {exc.code}") from exc
        return Token(minted.token, user.user_id)

    def _ask(self) -> Token:
        """Ask the app for a token, and collect for its subject from here on."""
        parts = self._parts
        # In this order: a provider of somebody who has signed out since is then found out.
        epoch = parts.identity.epoch
        provider = parts.provider()
        if provider is None:
            raise DeviceTrouble("nobody has signed in since the app started")
        parts.state.waits_for = "the token provider has not returned"
        try:
            token = ask(provider)
        finally:
            parts.state.waits_for = None
        if parts.identity.adopt(parts.storage.background, token.user_id, epoch):
            parts.on_new_user()
        return token

    def _answers(self, api: TutorialApi) -> None:
        user_id = api.authenticate()
        database = self._parts.storage.background
        self._publish(self._flusher.flush_surveys(database, api, user_id))

    def _pings(self, api: TutorialApi) -> None:
        user_id = api.authenticate()
        database = self._parts.storage.background
        self._publish(self._flusher.flush_pings(database, api, user_id))

    def _pull_progress(self, api: TutorialApi) -> None:
        user_id = api.authenticate()
        self._progress.pull(
            self._parts.storage.background,
            api,
            user_id,
            is_wanted=bool(self._parts.tutorials.wanted()),
        )

    def _push_progress(self, api: TutorialApi) -> None:
        self._progress.push(self._parts.storage.background, api, api.authenticate())

    def _publish(self, batches: Iterator[int]) -> None:
        for delivered in batches:
            self._parts.state.delivered += delivered
            self._parts.events.publish(EventKind.QUEUE_CHANGED)

    def _link(self, user: AnonymousUser) -> None:
        parts = self._parts
        api = self._api(self._account)
        api.authenticate()
        try:
            api.identify(self._tokens_of(user).token().text)
        except Refused as exc:
            # It belongs to another account, or to nobody: asking again changes nothing.
            logger.warning("an anonymous user was not linked: %s", exc.code)
        self._users.note_linked(parts.storage.background, user)

    def _launch(self, api: TutorialApi) -> None:
        parts = self._parts
        if not self._prefetch.is_due:
            return
        api.authenticate()
        try:
            self._prefetch.run(parts.storage.background, api)
        except Refused as exc:
            parts.state.refusal = f"launch: {exc.detail or exc.code}"
            logger.warning("%s", parts.state.refusal)

    def _refresh(self, api: TutorialApi, tutorial_id: str) -> None:
        parts = self._parts
        api.authenticate()
        try:
            parts.tutorials.refresh(parts.storage.background, api, tutorial_id)
        except Refused as exc:
            # Asking again at once would not help; the next sync asks anew.
            parts.state.refusal = f"tutorial {tutorial_id!r}: {exc.detail or exc.code}"
            logger.warning("%s", parts.state.refusal)
            parts.events.publish(EventKind.SYNC_FAILED, tutorial_id)

    def _note_success(self) -> None:
        parts = self._parts
        parts.state.online = True
        parts.state.last_error = parts.state.refusal
        now_ms = parts.clock.now_ms()
        set_counter(parts.storage.background, "last_sync_ms", now_ms)
        parts.events.publish(EventKind.SYNCED)


def _weight(trouble: Transient) -> int:
    """Tell what one trouble says of the server beside others: nobody answered, or badly."""
    if isinstance(trouble, Unreachable):
        return 2
    return int(not isinstance(trouble, DeviceTrouble))


def _raising(trouble: Transient) -> Callable[[], None]:
    def part() -> None:
        raise trouble

    return part
