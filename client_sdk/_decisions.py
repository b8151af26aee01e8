"""What a device shows with no network: which config, in which variant."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from client_sdk._assignments import Assignments
from client_sdk._config_cache import CachedConfig, ConfigCache
from client_sdk._storage import Database
from client_sdk.contracts.tutorial import TutorialConfig

if TYPE_CHECKING:
    from client_sdk._bundle import Bundle, BundledConfig
    from client_sdk._rendering import Rendering
    from client_sdk.contracts.planning import Allotment

__all__ = ["Decisions", "is_fresh"]

#: No server lets a device go without asking for longer than a day (KAZI_CONFIG_TTL_SECONDS).
MAX_FRESH_MS = 24 * 60 * 60 * 1000


class Decisions:
    """Finds a user's configs: what the server served, then the app's bundle.

    What the server rendered for this user is used as it is.  A bundled config, and one
    that somebody who has opted out asked for without a token, was made for nobody: the
    device takes a variant itself and renders it, as the server would.
    """

    def __init__(self, *, cache: ConfigCache, bundle: Bundle | None) -> None:
        self.cache = cache
        self.bundle = bundle
        self.assignments: Assignments = Assignments()
        #: Counts what was stored: who remembers a decision looks again after a change.
        self.changes: int = 0
        self._rendered: dict[tuple[str, str], Rendering] = {}

    def unlock_after_fork(self) -> None:
        """Take new locks in a child process."""
        self.cache.unlock_after_fork()
        if self.bundle is not None:
            self.bundle.unlock_after_fork()

    def current(
        self,
        database: Database,
        *,
        user_id: str,
        tutorial_id: str,
        is_use: bool = True,
    ) -> CachedConfig | None:
        """Return what a user is shown now; None where neither source has it.

        ``is_use`` is false where it is looked at, and not shown.
        """
        served = self.served(
            database, user_id=user_id, tutorial_id=tutorial_id, is_use=is_use
        )
        if served is None or not served.is_impersonal:
            return served
        rendered = self._render(database, user_id, served)
        told = rendered.cached.assignment
        if rendered.kept is not None:
            told = self.assignments.told(
                database, user_id=user_id, config=rendered.cached.config
            )
        # how fresh it is may have changed since it was rendered
        return replace(
            rendered.cached,
            fresh_until_ms=served.fresh_until_ms,
            confirmed_ms=served.confirmed_ms,
            assignment=told,
        )

    def served(
        self,
        database: Database,
        *,
        user_id: str,
        tutorial_id: str,
        is_use: bool = False,
    ) -> CachedConfig | None:
        """Return the same as it came: its tag is the one that the server knows."""
        cached = self.cache.current(
            database, user_id=user_id, tutorial_id=tutorial_id, is_use=is_use
        )
        if cached is not None:
            return cached
        bundled = self.bundle.config(tutorial_id) if self.bundle else None
        return None if bundled is None else _as_it_is(bundled)

    def pinned(
        self, database: Database, *, user_id: str, tutorial_id: str, etag: str
    ) -> CachedConfig | None:
        """Return the config that a run began with, else what is current."""
        cached = self.cache.pinned(
            database, user_id=user_id, tutorial_id=tutorial_id, etag=etag
        )
        if cached is None:
            return self.current(database, user_id=user_id, tutorial_id=tutorial_id)
        told = self.assignments.told(database, user_id=user_id, config=cached.config)
        return replace(cached, assignment=told)

    def pin(
        self,
        connection: sqlite3.Connection,
        *,
        user_id: str,
        cached: CachedConfig,
        now_ms: int,
    ) -> None:
        """Keep the config and the variant of a run, in the transaction that begins it."""
        self.cache.pin(connection, user_id=user_id, cached=cached, now_ms=now_ms)
        if cached.assignment is not None:
            self.assignments.keep(connection, user_id, cached.assignment)

    def store(
        self, database: Database, *, user_id: str, cached: CachedConfig, now_ms: int
    ) -> None:
        """Store what the server served; the variant that it chose counts from now on."""
        with database.transaction() as connection:
            self.cache.store(connection, user_id=user_id, cached=cached, now_ms=now_ms)
            if not cached.is_impersonal:
                self.assignments.overrule(connection, user_id, cached.config)
        # After the commit: who looks before it would find what was before.
        self.changes += 1

    def allotment(
        self, database: Database, *, user_id: str, tutorial_id: str
    ) -> Allotment | None:
        """Return how the device took the variant; None if it was the server's to choose."""
        served = self.served(database, user_id=user_id, tutorial_id=tutorial_id)
        if served is None or not served.is_impersonal:
            return None
        return self._render(database, user_id, served).allotment

    def all(self, database: Database, *, user_id: str) -> dict[str, CachedConfig]:
        """Return what a user is shown of each tutorial that the device has."""
        known = self.cache.tutorial_ids(database, user_id=user_id)
        shipped: Iterable[str] = self.bundle.tutorial_ids() if self.bundle else ()
        found = {
            each: self.current(
                database, user_id=user_id, tutorial_id=each, is_use=False
            )
            for each in sorted({*known, *shipped})
        }
        return {each: cached for each, cached in found.items() if cached}

    def _render(
        self, database: Database, user_id: str, served: CachedConfig
    ) -> Rendering:
        # Imported with the first content for nobody: most apps start without any.
        from client_sdk._rendering import render

        key = (user_id, served.config.tutorial_id)
        kept = self._kept(database, user_id, served.config)
        known = self._rendered.get(key)
        if known is None or (known.served_etag, known.kept) != (served.etag, kept):
            known = self._rendered[key] = render(served, user_id, kept)
        return known

    def _kept(
        self, database: Database, user_id: str, config: TutorialConfig
    ) -> str | None:
        plan = config.experiment
        if plan is None:
            return None
        stored = self.assignments.find(database, user_id=user_id, experiment_id=plan.id)
        return stored.variant if stored else None


def is_fresh(cached: CachedConfig, now_ms: int) -> bool:
    """Tell whether the server need not be asked yet."""
    # Fresh for longer than any server says: the clock has been set back since.
    return 0 < cached.fresh_until_ms - now_ms <= MAX_FRESH_MS


def _as_it_is(bundled: BundledConfig) -> CachedConfig:
    return CachedConfig(
        config=bundled.config,
        etag=bundled.etag,
        fresh_until_ms=0,
        body=bundled.body,
        confirmed_ms=round(bundled.made_at.timestamp() * 1000),
        is_bundled=True,
        is_impersonal=True,
    )
