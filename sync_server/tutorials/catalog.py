"""The current snapshot of all tutorials, which follows the database within two seconds."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import Connection

from sync_server.db.pool import Pool
from sync_server.tutorials.arms import Arms
from sync_server.tutorials.definition import Experiment, ExperimentStatus, step_ids
from sync_server.tutorials.known_users import KnownUsers
from sync_server.tutorials.snapshot import PublishedTutorial, Snapshot
from sync_server.tutorials.store import KnownSteps, PublishedVersion, TutorialStore

__all__ = ["Catalog"]

logger = logging.getLogger(__name__)

#: Seconds for which a snapshot is trusted without asking the database.
CHECK_INTERVAL_SECONDS = 1.0
#: Seconds for which a snapshot may serve while another thread asks.
MAX_AGE_SECONDS = 2.0


#: Seconds without a poll after which changes of users may be cleared away unread: they
#: stay for an hour.
MAX_GAP_SECONDS = 1_800.0


class Catalog:
    """Hands out the current snapshot, and replaces it once the database has moved on.

    The same poll tells which users have changed; those are forgotten.
    """

    def __init__(
        self,
        pool: Pool,
        store: TutorialStore,
        users: KnownUsers,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._store = store
        self._users = users
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._checked_at = float("-inf")
        self._seen: str | None = None
        self._seen_at = float("-inf")
        self._is_database_away = False

    def current(self) -> Snapshot:
        """Return a snapshot that was current a second ago.

        One thread asks the database while the others go on with what they have.  While
        the database is away the last snapshot serves; psycopg's OperationalError if
        there never was one.
        """
        snapshot = self._snapshot
        age = self._monotonic() - self._checked_at
        if snapshot is not None:
            if age < CHECK_INTERVAL_SECONDS:
                return snapshot
            is_usable = age < MAX_AGE_SECONDS or self._is_database_away
            if is_usable and self._lock.locked():
                return snapshot
        with self._lock:
            if (
                self._snapshot is not None
                and self._monotonic() - self._checked_at < CHECK_INTERVAL_SECONDS
            ):
                return self._snapshot
            return self._check()

    def recheck(self) -> Snapshot:
        """Return a snapshot that is current now, as far as the database answers."""
        with self._lock:
            return self._check()

    def _check(self) -> Snapshot:
        try:
            with self._pool.connection(timeout=CHECK_INTERVAL_SECONDS) as connection:
                snapshot = self._up_to_date(connection)
        except psycopg.OperationalError as exc:
            self._checked_at = self._monotonic()
            self._is_database_away = True
            if self._snapshot is None:
                raise
            logger.warning(
                "serving tutorials from memory: the database does not answer",
                extra={"error": type(exc).__name__},
            )
            return self._snapshot
        self._snapshot = snapshot
        self._checked_at = self._monotonic()
        self._is_database_away = False
        return snapshot

    def _up_to_date(self, connection: Connection[Any]) -> Snapshot:
        """Return the snapshot that we have if it is current, else a new one."""
        before = self._snapshot
        version = self._poll(connection)
        if before is not None and version == before.content_version:
            return before
        with connection.transaction():
            # number and content must belong together
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return self._load(connection)

    def _poll(self, connection: Connection[Any]) -> int:
        """Forget the users that have changed; return the content version."""
        polled_at = self._monotonic()
        poll = self._store.poll(connection, self._seen)
        is_gap = polled_at - self._seen_at > MAX_GAP_SECONDS
        if is_gap or _is_another_database(self._seen, poll.database_snapshot):
            self._users.forget(None)
        elif poll.changed_users is None or poll.changed_users:
            self._users.forget(poll.changed_users)
        self._seen, self._seen_at = poll.database_snapshot, polled_at
        return poll.content_version

    def _load(self, connection: Connection[Any]) -> Snapshot:
        version = self._store.content_version(connection)
        experiments = self._store.experiments(connection)
        known = self._store.known_steps(connection)
        tutorials = {
            content.tutorial_id: _published(
                content,
                experiments.get(content.tutorial_id, []),
                known[content.tutorial_id],
            )
            for content in self._store.published(connection)
        }
        logger.info(
            "tutorials loaded",
            extra={"content_version": version, "tutorials": len(tutorials)},
        )
        return Snapshot(
            content_version=version,
            tutorials=tutorials,
            experiments={e.id: e for group in experiments.values() for e in group},
            users=self._users,
        )


def _is_another_database(before: str | None, now: str) -> bool:
    """Tell whether transactions are counted from less than before: it was restored."""
    return before is not None and _oldest(now) < _oldest(before)


def _oldest(database_snapshot: str) -> int:
    """Return the oldest transaction that still ran, of ``xmin:xmax:running``."""
    return int(database_snapshot.partition(":")[0])


def _published(
    content: PublishedVersion, experiments: list[Experiment], known: KnownSteps
) -> PublishedTutorial:
    variants = {v.id: v for experiment in experiments for v in experiment.variants}
    running = [e for e in experiments if e.status is ExperimentStatus.RUNNING]
    inserted = step_ids((), *(variant.changes for variant in variants.values()))
    return PublishedTutorial(
        content=content,
        running=running[0] if running else None,
        variants=variants,
        known=KnownSteps(versions=known.versions, step_ids=known.step_ids | inserted),
        arms=Arms(known.versions, variants),
    )
