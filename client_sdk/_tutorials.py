"""Configs by tutorial: from the cache at once, from the server when there is a network."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from client_sdk._clock import Clock
from client_sdk._config_cache import CachedConfig, ConfigCache
from client_sdk._events import EventBus, EventKind
from client_sdk._identity import Identity
from client_sdk._storage import Database

if TYPE_CHECKING:
    from client_sdk._api import TutorialApi

__all__ = ["Tutorials"]

#: No server lets a device go without asking for longer than a day (KAZI_CONFIG_TTL_SECONDS).
MAX_FRESH_MS = 24 * 60 * 60 * 1000


class Tutorials:
    """What the host app asked for, and what is known of it.

    Fresh content is served as it is; stale content is served too, and revalidated by the
    next sync; without a network what is cached is served however old it is.
    """

    def __init__(
        self, *, cache: ConfigCache, identity: Identity, clock: Clock, events: EventBus
    ) -> None:
        self._cache = cache
        self._identity = identity
        self._clock = clock
        self._events = events
        self._wanted: set[str] = set()
        self._lock = threading.Lock()

    def unlock_after_fork(self) -> None:
        """Take a new lock in a child process: nobody lives there to let the old one go."""
        self._lock = threading.Lock()

    def want(self, tutorial_id: str) -> bool:
        """Have every sync keep this tutorial fresh; True if it is asked for anew."""
        with self._lock:
            is_new = tutorial_id not in self._wanted
            self._wanted.add(tutorial_id)
            return is_new

    def current(self, database: Database, tutorial_id: str) -> CachedConfig | None:
        """Return what is cached, fresh or stale."""
        user_id = self._identity.user_id
        return self._cache.current(database, user_id=user_id, tutorial_id=tutorial_id)

    def pinned(
        self, database: Database, tutorial_id: str, etag: str
    ) -> CachedConfig | None:
        """Return the content that a run began with, else what is current."""
        user_id = self._identity.user_id
        found = self._cache.pinned(
            database, user_id=user_id, tutorial_id=tutorial_id, etag=etag
        )
        return found or self.current(database, tutorial_id)

    def is_stale(self, database: Database, tutorial_id: str) -> bool:
        """Tell whether the server should be asked."""
        cached = self.current(database, tutorial_id)
        if cached is None:
            return True
        remaining_ms = cached.fresh_until_ms - self._clock.now_ms()
        # Fresh for longer than any server says: the clock has been set back since.
        return not 0 < remaining_ms <= MAX_FRESH_MS

    def stale(self, database: Database) -> list[str]:
        """Return the wanted tutorials that the server should be asked about."""
        with self._lock:
            wanted = sorted(self._wanted)
        return [one for one in wanted if self.is_stale(database, one)]

    def refresh(self, database: Database, api: TutorialApi, tutorial_id: str) -> None:
        """Ask the server about one tutorial; DeliveryError if it does not answer well."""
        known = self.current(database, tutorial_id)
        fetched = api.fetch_config(tutorial_id, etag=known.etag if known else None)
        now_ms = self._clock.now_ms()
        user_id = self._identity.user_id
        content = fetched.config or (known.config if known else None)
        if content is None:
            return
        cached = CachedConfig(
            config=content,
            etag=fetched.etag,
            fresh_until_ms=now_ms + int(fetched.fresh_seconds * 1000),
        )
        if fetched.config is None:
            self._cache.refresh(database, user_id=user_id, cached=cached, now_ms=now_ms)
            return
        self._cache.store(
            database, user_id=user_id, cached=cached, body=fetched.body, now_ms=now_ms
        )
        kind = EventKind.CONFIG_CHANGED if known else EventKind.CONFIG_READY
        self._events.publish(kind, tutorial_id)
