"""Configs by tutorial: from the device at once, from the server when there is a network."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from client_sdk._clock import Clock
from client_sdk._config_cache import CachedConfig, is_same_content
from client_sdk._decisions import Decisions, is_fresh
from client_sdk._events import EventBus, EventKind
from client_sdk._identity import Identity
from client_sdk._storage import Database

if TYPE_CHECKING:
    from client_sdk._api import FetchedConfig, FetchedLaunch, TutorialApi

__all__ = ["Tutorials"]


class Tutorials:
    """What the host app asked for, and what is known of it.

    Fresh content is served as it is; stale content is served too, and revalidated by the
    next sync; without a network what is cached is served however old it is, and what the
    app ships where nothing is.
    """

    def __init__(
        self,
        *,
        decisions: Decisions,
        identity: Identity,
        clock: Clock,
        events: EventBus,
    ) -> None:
        self.decisions = decisions
        self._identity = identity
        self._clock = clock
        self._events = events
        self._wanted: set[str] = set()
        #: Whether the app has asked what may start: then the server is asked, too.
        self.is_launch_wanted: bool = False
        #: What the server listed and the device does not have yet.
        self._missing: set[str] = set()
        #: Tutorials that the server did not know when it was asked last.
        self._unknown: frozenset[str] = frozenset()
        self._lock = threading.RLock()

    def unlock_after_fork(self) -> None:
        """Take new locks in a child process: nobody lives there to let the old ones go."""
        self._lock = threading.RLock()
        self.decisions.unlock_after_fork()

    def want(self, tutorial_id: str) -> bool:
        """Have every sync keep this tutorial fresh; True if it is asked for anew."""
        with self._lock:
            is_new = tutorial_id not in self._wanted
            self._wanted.add(tutorial_id)
            return is_new

    def want_launch(self) -> bool:
        """Have every sync ask what may start; True if it is asked for anew."""
        is_new, self.is_launch_wanted = not self.is_launch_wanted, True
        return is_new

    def current(self, database: Database, tutorial_id: str) -> CachedConfig | None:
        """Return what is shown now, fresh, stale or bundled."""
        user_id = self._identity.user_id
        return self.decisions.current(
            database, user_id=user_id, tutorial_id=tutorial_id
        )

    def pinned(
        self, database: Database, tutorial_id: str, etag: str
    ) -> CachedConfig | None:
        """Return the content that a run began with, else what is current."""
        user_id = self._identity.user_id
        return self.decisions.pinned(
            database, user_id=user_id, tutorial_id=tutorial_id, etag=etag
        )

    def pin(
        self, connection: sqlite3.Connection, user_id: str, cached: CachedConfig
    ) -> None:
        """Keep the content that a run begins with, in the transaction that begins it."""
        now_ms = self._clock.now_ms()
        self.decisions.pin(connection, user_id=user_id, cached=cached, now_ms=now_ms)

    def mark_used(self, database: Database) -> None:
        """Write down which configs were read since the last sync; on the sync thread."""
        self.decisions.cache.mark_used(database, now_ms=self._clock.now_ms())

    def is_stale(self, database: Database, tutorial_id: str) -> bool:
        """Tell whether the server should be asked."""
        cached = self._served(database, tutorial_id)
        return cached is None or not is_fresh(cached, self._clock.now_ms())

    def wanted(self) -> list[str]:
        """Return the tutorials that the host app has asked for."""
        with self._lock:
            return sorted(self._wanted)

    def is_unknown(self, tutorial_id: str) -> bool:
        """Tell whether the server said that there is no such tutorial."""
        return tutorial_id in self._unknown

    def stale(self, database: Database) -> list[str]:
        """Return the tutorials that the server should be asked about."""
        with self._lock:
            missing = set(self._missing)
        stale = [one for one in self.wanted() if self.is_stale(database, one)]
        return [*stale, *sorted(missing.difference(stale))]

    def refresh(self, database: Database, api: TutorialApi, tutorial_id: str) -> None:
        """Ask the server about one tutorial; DeliveryError if it does not answer well."""
        from client_sdk._delivery_errors import Refused

        user_id = self._identity.user_id
        known = self._served(database, tutorial_id)
        try:
            fetched = api.fetch_config(tutorial_id, etag=known.etag if known else None)
        except Refused as exc:
            from client_sdk.contracts.problem import ProblemCode

            if exc.code == ProblemCode.UNKNOWN_TUTORIAL:
                self._unknown |= {tutorial_id}
            raise
        self._unknown -= {tutorial_id}
        content = self._content(known, fetched, names_user=api.names_user)
        if content is None:
            return
        with self._lock:
            self._missing.discard(tutorial_id)
        if fetched.config is None and known is not None:
            self._confirm(database, user_id, known, content)
            return
        now_ms = self._clock.now_ms()
        self.decisions.store(database, user_id=user_id, cached=content, now_ms=now_ms)
        kind = EventKind.CONFIG_CHANGED if known else EventKind.CONFIG_READY
        self._events.publish(kind, tutorial_id)

    def expect(
        self, database: Database, fetched: FetchedLaunch, *, names_user: bool
    ) -> None:
        """Take over the server's list of what this user may start.

        Content that the device has is as good as asked for; the rest is fetched next, as
        much of it as the cache holds: more would push out what just came.
        """
        items = fetched.launch.tutorials
        with self._lock:
            wanted = set(self._wanted)
        ahead = [item for item in items if item.tutorial_id not in wanted]
        room = max(0, self.decisions.cache.max_configs - len(wanted))
        listed = [item for item in items if item.tutorial_id in wanted]
        missing = set()
        for item in (*listed, *ahead[:room]):
            known = self._served(database, item.tutorial_id)
            if known is None or not is_same_content(known.etag, item.etag):
                missing.add(item.tutorial_id)
                continue
            fresh = self._fresh(known, fetched.fresh_seconds, names_user=names_user)
            self._confirm(database, self._identity.user_id, known, fresh)
        with self._lock:
            self._missing = missing

    def _served(self, database: Database, tutorial_id: str) -> CachedConfig | None:
        user_id = self._identity.user_id
        return self.decisions.served(database, user_id=user_id, tutorial_id=tutorial_id)

    def _content(
        self, known: CachedConfig | None, fetched: FetchedConfig, *, names_user: bool
    ) -> CachedConfig | None:
        """Return what the server serves this user now, None if it says nothing of use."""
        if fetched.config is None:
            return known and self._fresh(
                known, fetched.fresh_seconds, names_user=names_user
            )
        content = CachedConfig(
            config=fetched.config,
            etag=fetched.etag,
            fresh_until_ms=0,
            body=fetched.body,
            is_impersonal=True,
        )
        return self._fresh(content, fetched.fresh_seconds, names_user=names_user)

    def _fresh(
        self, known: CachedConfig, fresh_seconds: float, *, names_user: bool
    ) -> CachedConfig:
        now_ms = self._clock.now_ms()
        return replace(
            known,
            fresh_until_ms=now_ms + int(fresh_seconds * 1000),
            confirmed_ms=now_ms,
            # what was made for nobody is this user's once the server says so of them
            is_impersonal=known.is_impersonal and not names_user,
        )

    def _confirm(
        self, database: Database, user_id: str, known: CachedConfig, fresh: CachedConfig
    ) -> None:
        """Note that the server still serves what the device has."""
        is_as_before = known.is_impersonal == fresh.is_impersonal
        if is_as_before and not known.is_bundled:
            self.decisions.cache.refresh(database, user_id=user_id, cached=fresh)
        else:
            now_ms = self._clock.now_ms()
            self.decisions.store(database, user_id=user_id, cached=fresh, now_ms=now_ms)
