"""A night's work: events to features, features to a model, a model to personas."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any

from psycopg import Connection

from sync_server.activity.counting import UsageCounting
from sync_server.clock import Clock
from sync_server.db.alone import alone
from sync_server.db.pool import connect
from sync_server.personas.fitting import Fit, NoModelError, fit
from sync_server.personas.quality import Gates
from sync_server.personas.rotation import Rotation
from sync_server.personas.rows import empty_next, finish_next
from sync_server.personas.scaling import Scaling
from sync_server.personas.share import Share
from sync_server.personas.users import Users
from sync_server.personas.versions import Served, Versions

__all__ = ["Outcome", "Refit", "RefitBusyError", "Report", "Stage"]

#: Key of the advisory lock: "pers" in ASCII.
_LOCK_KEY = 0x70657273


class RefitBusyError(RuntimeError):
    """Another refit of this database is at work."""


class Stage(StrEnum):
    """What a refit is at."""

    COUNT = "Counting events"
    FEATURES = "Computing features"
    READ = "Reading users"
    FIT = "Finding personas"
    WRITE = "Writing personas"


#: Is told the stage, and how much was done of how much; the end may be a guess.
Report = Callable[[Stage, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a run; ``fit`` is None where personas are by rule.

    ``faults`` say why a model was refused; then nothing was written, unless rules serve.
    """

    version: int
    fit: Fit | None
    faults: tuple[str, ...]
    users: int
    is_written: bool
    is_served: bool


class Refit:
    """Computes everybody's personas anew; one run at a time.

    Killed anywhere it leaves what was served.  The next run begins anew.
    """

    def __init__(
        self,
        url: str,
        rotation: Rotation,
        *,
        clock: Clock,
        users: Callable[[], Users] | None = None,
        versions: Versions | None = None,
        report: Report = lambda stage, done, total: None,
    ) -> None:
        self._url = url
        self._rotation = rotation
        self._clock = clock
        self._users = users or partial(Share, url, rotation)
        self._gates = Gates()
        self._versions = versions or Versions()
        self._report = report

    def run(
        self, *, seed: int = 0, is_held: bool = False, is_accepted: bool = False
    ) -> Outcome:
        """Refit, and serve the result unless ``is_held``, or new versions are held.

        ``is_accepted``: a model that keeps a bound not is served all the same.

        Raises:
            RefitBusyError: Another run is at work.
            PlacesBusyError: All is written, and somebody reads the table for too long.
        """
        with (
            alone(
                self._url,
                _LOCK_KEY,
                RefitBusyError("another refit of this database is at work"),
            ),
            connect(self._url) as connection,
            closing(self._users()) as users,
        ):
            version = self._versions.begin(
                connection, seed=seed, rotation=self._rotation.fingerprint
            )
            served = self._versions.served(connection)
            self._count(connection)
            self._read(connection, users)
            found, faults = self._fit(users, served, seed)
            outcome = Outcome(
                version=version,
                fit=found,
                faults=faults,
                users=users.counts().users,
                is_written=False,
                is_served=False,
            )
            is_good = found is not None and (is_accepted or not faults)
            if not is_good and served is not None and served.model is not None:
                self._versions.refuse(
                    connection, version, metrics=_metrics(found), faults=faults
                )
                return outcome
            # without a model that could go on serving, rules are better than nothing
            outcome = replace(outcome, fit=found if is_good else None, is_written=True)
            self._write(connection, users, outcome, metrics=_metrics(found))
            if is_held or self._versions.is_held(connection):
                return outcome
            self._versions.serve_next(connection)
            return replace(outcome, is_served=True)

    def _count(self, connection: Connection[Any]) -> None:
        counting = UsageCounting()
        rows, users = counting.waiting(connection), 0
        counted = computed = 0
        for piece in counting.run(connection):
            counted += piece.rows
            if piece.users and not users:
                users = piece.users + counting.stale_users(connection)
            computed += piece.users
            if piece.users:
                self._report(Stage.FEATURES, computed, max(users, computed))
            else:
                self._report(Stage.COUNT, counted, max(rows, counted))

    def _read(self, connection: Connection[Any], users: Users) -> None:
        total = self._versions.users(connection)
        users.read(lambda done: self._report(Stage.READ, done, max(total, done)))

    def _fit(
        self, users: Users, served: Served | None, seed: int
    ) -> tuple[Fit | None, tuple[str, ...]]:
        steps = 0

        def step() -> None:
            nonlocal steps
            steps += 1
            # nobody knows how many there will be; most end within ten
            self._report(Stage.FIT, steps, max(10, steps + 1))

        before = None if served is None else served.model
        try:
            found = fit(
                users,
                before,
                seed=seed,
                users_before=served.users if served and before else None,
                step=step,
            )
        except NoModelError as exc:
            return None, (str(exc),)
        self._report(Stage.FIT, 1, 1)
        return found, self._gates.faults(found.metrics)

    def _write(
        self,
        connection: Connection[Any],
        users: Users,
        outcome: Outcome,
        *,
        metrics: dict[str, Any],
    ) -> None:
        model = None if outcome.fit is None else outcome.fit.model
        counts = users.counts()
        self._versions.forget_ready(connection)
        empty_next(connection)
        users.write(
            model,
            Scaling.of(counts.moments) if model is None else model.scaling,
            version=outcome.version,
            at=self._clock(),
            tick=lambda done: self._report(Stage.WRITE, done, counts.users),
        )
        finish_next(connection)
        self._versions.make_ready(
            connection,
            outcome.version,
            model=model,
            metrics=metrics | {"thin": counts.thin, "refused": counts.refused},
            faults=outcome.faults,
        )


def _metrics(found: Fit | None) -> dict[str, Any]:
    return {} if found is None else found.metrics.as_json()
