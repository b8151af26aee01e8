"""Registers and awards of a person in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from client_sdk.contracts.hlc import HybridTime
from client_sdk.contracts.progress import Resume
from sync_server.db.queries import load_queries
from sync_server.progress.completion import Completion, Rule
from sync_server.progress.merging import Register, merge_registers
from sync_server.tutorials.arms import Seen

__all__ = ["Earned", "ProgressStore"]


@dataclass(slots=True, kw_only=True)
class Earned:
    """The awards in one tutorial: points by step, and those for the whole."""

    step_points: dict[str, int]
    awarded: int | None = None


class ProgressStore:
    """Reads and writes through the connection that it is given: the caller's transaction.

    What it returns is a person's, over all its user ids.
    """

    def __init__(self) -> None:
        self._queries = load_queries("sync_server.progress")

    def lock_person(self, connection: Connection[Any], user_id: UUID) -> None:
        """Wait for others who write progress of the person, until the transaction ends."""
        self._queries.lock_person(connection, user_id=user_id)

    def erased_at(self, connection: Connection[Any], user_id: UUID) -> datetime | None:
        """Return when the user was erased, None if never."""
        moment: datetime | None = self._queries.erased_at(connection, user_id=user_id)
        return moment

    def put(
        self,
        connection: Connection[Any],
        user_id: UUID,
        tutorial_id: str,
        resume: Resume,
    ) -> None:
        """Merge a write into the register of one user id."""
        self._queries.put_register(
            connection,
            user_id=user_id,
            tutorial_id=tutorial_id,
            step_id=resume.step_id,
            position=resume.position,
            run_id=resume.run_id,
            finished=resume.finished,
            wall_ms=resume.clock.wall_ms,
            counter=resume.clock.counter,
            device_id=resume.clock.device_id,
        )

    def award_tutorials(
        self, connection: Connection[Any], user_id: UUID, points: Mapping[str, int]
    ) -> None:
        """Award whole tutorials; the same again changes nothing, and points only grow.

        Nothing is awarded where the steps are gone: the user was erased in between.
        """
        with connection.transaction():
            # the steps are looked for after an erasure that is under way, and before
            # one that begins now
            self._queries.erased_at(connection, user_id=user_id)
            self._queries.award_tutorials(
                connection,
                user_id=user_id,
                tutorial_ids=list(points),
                points=list(points.values()),
            )

    def registers(
        self, connection: Connection[Any], user_id: UUID
    ) -> dict[str, Register]:
        """Return the register of each tutorial."""
        merged: dict[str, Register] = {}
        for tutorial_id, *row in self._queries.registers(connection, user_id=user_id):
            register = _register(row)
            before = merged.get(tutorial_id, register)
            merged[tutorial_id] = merge_registers(before, register)
        return merged

    def earned(self, connection: Connection[Any], user_id: UUID) -> dict[str, Earned]:
        """Return the awards in each tutorial, each business key once."""
        earned: dict[str, Earned] = {}
        rows = self._queries.awards(connection, user_id=user_id)
        for tutorial_id, step_id, rule, points in rows:
            mine = earned.setdefault(tutorial_id, Earned(step_points={}))
            if rule == Rule.TUTORIAL_COMPLETED:
                mine.awarded = points
            else:
                mine.step_points[step_id] = points
        return earned

    def completions(
        self, connection: Connection[Any], user_id: UUID, earned: Mapping[str, Earned]
    ) -> dict[str, Completion]:
        """Return what the person completed in these tutorials, and the arms seen."""
        completions = {
            tutorial_id: Completion(steps=set(mine.step_points), awarded=mine.awarded)
            for tutorial_id, mine in earned.items()
        }
        rows = self._queries.arms_seen(
            connection, user_id=user_id, tutorial_ids=list(earned)
        )
        for tutorial_id, version, variant, persona in rows:
            seen = Seen(version=version, variant=variant, persona=persona)
            completions[tutorial_id].seen.add(seen)
        return completions

    def run_steps(
        self, connection: Connection[Any], user_id: UUID, runs: Mapping[str, UUID]
    ) -> dict[str, set[str]]:
        """Return the steps completed in one run through each tutorial."""
        steps: dict[str, set[str]] = {tutorial_id: set() for tutorial_id in runs}
        rows = self._queries.run_steps(
            connection, user_id=user_id, run_ids=list(runs.values())
        )
        for tutorial_id, run_id, step_id in rows:
            if runs.get(tutorial_id) == run_id:
                steps[tutorial_id].add(step_id)
        return steps


def _register(row: Sequence[Any]) -> Register:
    step_id, position, run_id, finished, wall_ms, counter, device_id, *furthest = row
    return Register(
        resume=Resume(
            step_id=step_id,
            position=position,
            run_id=run_id,
            finished=finished,
            clock=HybridTime(wall_ms=wall_ms, counter=counter, device_id=device_id),
        ),
        furthest_step=furthest[0],
        furthest_position=furthest[1],
    )
