"""Models as versions in PostgreSQL: which is served, which waits, which can come back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Connection

from sync_server.db.queries import load_queries
from sync_server.personas.model import Model
from sync_server.personas.naming import NAMES

__all__ = ["PlacesBusyError", "Served", "Version", "Versions"]

#: What a switch waits for the tables at a time, so that readers behind it do not pile up;
#: how long it goes on trying (a dump reads for minutes); seconds in between.
_LOCK_TIMEOUT = "500ms"
_PATIENCE_SECONDS = 600.0
_PAUSE_SECONDS = 1.0


class PlacesBusyError(RuntimeError):
    """The tables could not be had for as long as a switch tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The version that is served; ``model`` is None where personas are by rule."""

    version: int
    rotation: str
    model: Model | None
    #: Users with enough data that it was fitted to.
    users: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A run as ``kazi-server personas status`` tells it."""

    version: int
    status: str
    source: str
    begun_at: datetime
    ended_at: datetime | None
    served_at: datetime | None
    metrics: Mapping[str, Any]
    faults: Sequence[str]


class Versions:
    """The table ``persona_models``, and the tables of personas that trade places."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._queries = load_queries("sync_server.personas")
        self._monotonic = monotonic

    def begin(self, connection: Connection[Any], *, seed: int, rotation: str) -> int:
        """Note a new run and return its version; the caller is alone."""
        return int(self._queries.begin(connection, seed=seed, rotation=rotation))

    def refuse(
        self,
        connection: Connection[Any],
        version: int,
        *,
        metrics: Mapping[str, Any],
        faults: Sequence[str],
    ) -> None:
        """Note why a run's model is not served."""
        self._queries.refuse(
            connection,
            version=version,
            metrics=json.dumps(metrics),
            faults=list(faults),
        )

    def forget_ready(self, connection: Connection[Any]) -> None:
        """Give up a version that waits: its table is needed."""
        self._queries.forget_ready(connection)

    def make_ready(
        self,
        connection: Connection[Any],
        version: int,
        *,
        model: Model | None,
        metrics: Mapping[str, Any],
        faults: Sequence[str],
    ) -> None:
        """Note that all personas of a run are in ``user_personas_next``."""
        self._queries.make_ready(
            connection,
            version=version,
            source="rule" if model is None else "model",
            mean=None if model is None else model.scaling.mean.tolist(),
            deviation=None if model is None else model.scaling.deviation.tolist(),
            centres=None if model is None else model.centres.ravel().tolist(),
            names=None if model is None else list(NAMES),
            metrics=json.dumps(metrics),
            faults=list(faults),
        )

    def served(self, connection: Connection[Any]) -> Served | None:
        """Return the version that is served, None before the first."""
        row = self._queries.served(connection)
        if row is None:
            return None
        version, rotation, mean, deviation, centres, names, metrics = row
        # by rule it has no names; with others than ours it is of another release
        is_model = names == list(NAMES)
        return Served(
            version=version,
            rotation=rotation,
            model=Model.of(mean, deviation, centres) if is_model else None,
            users=sum(metrics.get("sizes", {}).values()),
        )

    def latest(self, connection: Connection[Any], *, count: int) -> list[Version]:
        """Return the newest runs, newest first."""
        names = Version.__slots__
        rows = self._queries.latest(connection, count=count)
        return [Version(**dict(zip(names, row, strict=True))) for row in rows]

    def users(self, connection: Connection[Any]) -> int:
        """Return how many users there are features of."""
        return int(self._queries.users(connection))

    def is_held(self, connection: Connection[Any]) -> bool:
        """Tell whether new versions wait until somebody lets them go."""
        return bool(self._queries.is_held(connection))

    def hold(self, connection: Connection[Any], *, is_held: bool) -> None:
        """Let new versions wait from now on, or no longer."""
        self._queries.hold(connection, is_held=is_held)

    def serve_next(self, connection: Connection[Any]) -> int | None:
        """Serve what is ready, in one moment; return its version, None if nothing is.

        Raises:
            PlacesBusyError: Somebody reads the tables for too long.
        """
        return self._switch(connection, self._queries.serve_next)

    def serve_previous(self, connection: Connection[Any]) -> int | None:
        """Serve what was served before, and hold new versions; None if there is nothing.

        Raises:
            PlacesBusyError: Somebody reads the tables for too long.
        """
        return self._switch(connection, self._queries.serve_previous)

    def _switch(
        self, connection: Connection[Any], switch: Callable[..., Any]
    ) -> int | None:
        deadline = self._monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                with connection.transaction():
                    connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
                    version: int | None = switch(connection)
                    return version
            except (
                psycopg.errors.LockNotAvailable,
                psycopg.errors.DeadlockDetected,
            ) as exc:
                if self._monotonic() > deadline:
                    raise PlacesBusyError(
                        "somebody has been reading user_personas for "
                        f"{_PATIENCE_SECONDS:.0f} s; the new personas wait, serve them "
                        "with: kazi-server personas release"
                    ) from exc
            time.sleep(_PAUSE_SECONDS)
