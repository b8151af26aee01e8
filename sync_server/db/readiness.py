"""Whether the database is fit to serve from: it answers, has every migration, and the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
import psycopg_pool

from sync_server.clock import Clock
from sync_server.db.migrations import named, pending
from sync_server.db.pool import Pool
from sync_server.db.shared_look import SharedLook

__all__ = ["Finding", "Readiness", "clock_finding", "migrations_finding"]

#: Longest that a check holds its caller: probes give up after a second or two.
TIMEOUT_SECONDS = 1.0
#: Apart by more than this, tokens expire and surveys reopen at the wrong moment.
MAX_CLOCK_DIFFERENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found; the detail of a bad one says what to do."""

    name: str
    is_good: bool
    detail: str


class Readiness:
    """Looks at the database on behalf of one worker."""

    def __init__(self, pool: Pool, *, migrations: Sequence[str], clock: Clock) -> None:
        self._pool = pool
        self._migrations = migrations
        self._clock = clock
        self._look = SharedLook(self._answer)

    def findings(self) -> tuple[Finding, ...]:
        """Return a finding for each check, after a second at most."""
        try:
            return self._look.result(TIMEOUT_SECONDS)
        except TimeoutError:
            return (_no_answer(f"it did not answer within {TIMEOUT_SECONDS:g} s"),)

    def _answer(self) -> tuple[Finding, ...]:
        try:
            return self._findings()
        except psycopg_pool.PoolTimeout:
            reason = "no connection to it could be had; if it runs, see KAZI_DATABASE_POOL_SIZE"
            return (_no_answer(reason),)
        except psycopg.Error as exc:
            # only the kind: the driver's text may name what the outside need not know
            return (_no_answer(type(exc).__name__),)

    def _findings(self) -> tuple[Finding, ...]:
        with self._pool.connection(timeout=TIMEOUT_SECONDS) as connection:
            return (
                Finding(name="database", is_good=True, detail="It answers."),
                migrations_finding(connection, self._migrations),
                clock_finding(connection, self._clock),
            )


def migrations_finding(
    connection: psycopg.Connection[Any], names: Sequence[str]
) -> Finding:
    """Return whether the database has all of ``names``."""
    missing = pending(connection, names)
    if missing:
        detail = f"The database lacks {named(missing)}; run: kazi-server migrate."
        return Finding(name="migrations", is_good=False, detail=detail)
    detail = f"All {len(names)} are applied."
    return Finding(name="migrations", is_good=True, detail=detail)


def clock_finding(connection: psycopg.Connection[Any], clock: Clock) -> Finding:
    """Return whether this machine and the database agree on the time.

    The answer's way back is not taken for a difference: the database's time is compared
    with both ends of the question.
    """
    asked = clock()
    (theirs,) = _only_row(connection, "SELECT clock_timestamp()")
    apart = _outside(theirs, asked, clock())
    if abs(apart) <= MAX_CLOCK_DIFFERENCE:
        detail = (
            f"It agrees with the database's within {MAX_CLOCK_DIFFERENCE.seconds} s."
        )
        return Finding(name="clock", is_good=True, detail=detail)
    direction = "ahead of" if apart > timedelta(0) else "behind"
    return Finding(
        name="clock",
        is_good=False,
        detail=f"The database's clock is {abs(apart).total_seconds():.0f} s {direction} "
        "this machine's; let both follow NTP (timedatectl set-ntp true).",
    )


def _outside(moment: datetime, start: datetime, end: datetime) -> timedelta:
    """Return how far a moment lies after the end (positive) or before the start."""
    if moment > end:
        return moment - end
    return min(moment - start, timedelta(0))


def _only_row(connection: psycopg.Connection[Any], query: Any) -> Any:
    return connection.execute(query).fetchone()


def _no_answer(reason: str) -> Finding:
    detail = f"No answer: {reason}. Check that PostgreSQL runs, and KAZI_DATABASE_URL."
    return Finding(name="database", is_good=False, detail=detail)
