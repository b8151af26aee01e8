"""Read and write where a person stands, over all its user ids and devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection

from client_sdk.contracts.hlc import clamp
from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.progress import Progress, Resume, TutorialProgress
from sync_server.clock import Clock
from sync_server.db.pool import Pool
from sync_server.errors import ApiError
from sync_server.progress.completion import due_awards
from sync_server.progress.merging import PositionOf, Standing, standing
from sync_server.progress.rendering import render_progress
from sync_server.progress.store import Earned, ProgressStore
from sync_server.tutorials.catalog import Catalog
from sync_server.tutorials.snapshot import PublishedTutorial, Snapshot

__all__ = ["PreconditionFailedError", "ProgressService"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class PreconditionFailedError(Exception):
    """A PUT was for another state; ``current`` is what is there, None if nothing is."""

    def __init__(self, current: TutorialProgress | None) -> None:
        super().__init__("the progress has changed since it was read")
        self.current = current


class ProgressService:
    """Progress of the person behind a user id; whose token it is is the caller's matter."""

    def __init__(
        self,
        *,
        pool: Pool,
        store: ProgressStore,
        catalog: Catalog,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._store = store
        self._catalog = catalog
        self._clock = clock

    def of(self, user_id: UUID) -> Progress:
        """Return the progress in every tutorial, by tutorial id."""
        snapshot = self._catalog.current()
        with self._pool.connection() as connection:
            standings = self._standings(connection, user_id, snapshot)
            told = self._told(connection, user_id, standings, snapshot)
        return Progress(
            total_xp=sum(mine.xp for mine in standings.values()),
            tutorials=tuple(told[tutorial_id] for tutorial_id in sorted(told)),
        )

    def standings(self, user_id: UUID) -> dict[str, Standing]:
        """Return where the person stands, by tutorial; what is due is awarded first."""
        snapshot = self._catalog.current()
        with self._pool.connection() as connection:
            return self._standings(connection, user_id, snapshot)

    def put(
        self,
        user_id: UUID,
        tutorial_id: str,
        resume: Resume,
        accepts: Callable[[TutorialProgress | None], bool],
    ) -> TutorialProgress:
        """Merge a write and return what is there then.

        ``accepts`` decides on what is there before; PreconditionFailedError if it says
        no.  ApiError if the tutorial or the step is unknown, or the user erased since.
        """
        snapshot = self._snapshot_with(tutorial_id, resume.step_id)
        now_ms = (self._clock() - _EPOCH) // _MILLISECOND
        resume = replace(resume, clock=clamp(resume.clock, now_ms))
        with self._pool.connection() as connection, connection.transaction():
            # between the look at what is there and the write nobody else may write
            self._store.lock_person(connection, user_id)
            self._refuse_erased(connection, user_id, resume)
            current = self._one(connection, user_id, tutorial_id, snapshot)
            if not accepts(current):
                raise PreconditionFailedError(current)
            self._store.put(connection, user_id, tutorial_id, resume)
            after = self._one(connection, user_id, tutorial_id, snapshot)
        assert after is not None  # noqa: S101 - the write is in it
        return after

    def _one(
        self,
        connection: Connection[Any],
        user_id: UUID,
        tutorial_id: str,
        snapshot: Snapshot,
    ) -> TutorialProgress | None:
        mine = self._standings(connection, user_id, snapshot).get(tutorial_id)
        found = {tutorial_id: mine} if mine else {}
        return self._told(connection, user_id, found, snapshot).get(tutorial_id)

    def _told(
        self,
        connection: Connection[Any],
        user_id: UUID,
        standings: Mapping[str, Standing],
        snapshot: Snapshot,
    ) -> dict[str, TutorialProgress]:
        """Return what a device is told; after the registers, whose events came before."""
        runs = {
            tutorial_id: mine.resume.run_id
            for tutorial_id, mine in standings.items()
            if mine.resume and mine.resume.run_id
        }
        steps = self._store.run_steps(connection, user_id, runs) if runs else {}
        return {
            tutorial_id: render_progress(
                tutorial_id,
                mine,
                steps.get(tutorial_id),
                _positions(snapshot.tutorials.get(tutorial_id)),
            )
            for tutorial_id, mine in standings.items()
        }

    def _standings(
        self, connection: Connection[Any], user_id: UUID, snapshot: Snapshot
    ) -> dict[str, Standing]:
        registers = self._store.registers(connection, user_id)
        earned = self._store.earned(connection, user_id)
        self._settle(connection, user_id, earned, snapshot)
        nothing = Earned(step_points={})
        standings = {}
        for tutorial_id in registers.keys() | earned.keys():
            mine = earned.get(tutorial_id, nothing)
            standings[tutorial_id] = standing(
                registers.get(tutorial_id),
                mine.step_points,
                mine.awarded,
                _positions(snapshot.tutorials.get(tutorial_id)),
            )
        return standings

    def _settle(
        self,
        connection: Connection[Any],
        user_id: UUID,
        earned: Mapping[str, Earned],
        snapshot: Snapshot,
    ) -> None:
        """Award what the delivery of the last step did not.

        It looks at one user id alone and cannot see what a link brings together later,
        nor what another device delivers at the same instant; or the server was killed.
        """
        open_ = {
            tutorial_id: mine
            for tutorial_id, mine in earned.items()
            if tutorial_id in snapshot.tutorials
            and snapshot.tutorials[tutorial_id].arms.may_be_completed(
                mine.step_points.keys(), mine.awarded
            )
        }
        if not open_:
            return
        completions = self._store.completions(connection, user_id, open_)
        due = due_awards(completions, snapshot)
        if due:
            self._store.award_tutorials(connection, user_id, due)
        for tutorial_id, points in due.items():
            earned[tutorial_id].awarded = points

    def _snapshot_with(self, tutorial_id: str, step_id: str) -> Snapshot:
        snapshot = self._catalog.current()
        if _fault(snapshot, tutorial_id, step_id):
            # another worker may have published a moment ago what this one does not know
            snapshot = self._catalog.recheck()
        fault = _fault(snapshot, tutorial_id, step_id)
        if fault:
            raise fault
        return snapshot

    def _refuse_erased(
        self, connection: Connection[Any], user_id: UUID, resume: Resume
    ) -> None:
        erased_at = self._store.erased_at(connection, user_id)
        if erased_at is None:
            return
        if resume.clock.wall_ms <= (erased_at - _EPOCH) // _MILLISECOND:
            raise ApiError(
                ProblemCode.USER_ERASED, "The user was erased after this; drop it."
            )


def _positions(tutorial: PublishedTutorial | None) -> PositionOf:
    # what was earned in a tutorial that is gone stays
    return tutorial.arms.position if tutorial else lambda step_id: 0


def _fault(snapshot: Snapshot, tutorial_id: str, step_id: str) -> ApiError | None:
    tutorial = snapshot.tutorials.get(tutorial_id)
    if tutorial is None:
        return ApiError(
            ProblemCode.UNKNOWN_TUTORIAL, "No published tutorial has this id."
        )
    if step_id not in tutorial.known.step_ids:
        return ApiError(
            ProblemCode.UNKNOWN_STEP, "No version of the tutorial ever had this step."
        )
    return None
