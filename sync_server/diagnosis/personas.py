"""Are the personas those of last night, and if not, why?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from client_sdk.contracts.codec import format_timestamp
from sync_server.diagnosis.database import Database, row
from sync_server.diagnosis.result import Result, ok, warning
from sync_server.personas.age import OLD

__all__ = ["persona_results"]

_NAME = "personas"
_REFIT = "kazi-server personas refit"
_RELEASE = "look at kazi-server personas status, then: kazi-server personas release"
#: The newest run; whether one is at work: its lock is a transaction's (db/alone.py).
_NEWEST = """
    SELECT version, status, begun_at, faults, EXISTS (
      SELECT FROM pg_locks
      WHERE locktype = 'advisory' AND classid = 0 AND objid = x'70657273'::int
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
    FROM persona_models
    ORDER BY version DESC
    LIMIT 1
"""
_SERVED = "SELECT version, begun_at FROM persona_models WHERE status = 'served'"
_HOLD = "SELECT is_held, changed_at FROM persona_hold"


def persona_results(database: Database) -> Iterator[Result]:
    """Yield how old the personas are, and what keeps newer ones away."""
    connection = database.connection
    (is_there,) = row(connection, "SELECT to_regclass('persona_hold') IS NOT NULL")
    if not is_there:
        # the check of the migrations tells
        return
    newest = row(connection, _NEWEST)
    if newest is None:
        yield ok(_NAME, f"none were computed yet, everybody is new; {_REFIT} does it")
        return
    yield _age(database, row(connection, _SERVED))
    held = _hold(row(connection, _HOLD))
    if held is not None:
        yield held
    # what waits because of the hold needs no second line
    last = _last_run(newest, is_held=held is not None)
    if last is not None:
        yield last


def _age(database: Database, served: Any) -> Result:
    if served is None:
        return warning(
            _NAME, "none are served, everybody is new", remedy=f"run: {_REFIT}"
        )
    version, begun_at = served
    age = database.clock() - begun_at
    detail = f"version {version} is served, of {_told(begun_at)}"
    if age <= OLD:
        return ok(_NAME, detail)
    return warning(
        _NAME,
        f"{detail}, {age / timedelta(days=1):.0f} days ago",
        remedy=f"{_what_starts_it(database)}; or run: {_REFIT}",
    )


def _what_starts_it(database: Database) -> str:
    """Say where to look why no night's run has done it."""
    settings = database.settings
    if settings.database_url is not None:
        return "see what starts it: systemctl list-timers kazi-personas.timer, or the CronJob"
    if settings.personas_at is None:
        return "KAZI_PERSONAS_AT says never: unset it"
    return "kazi-server serve does it at night if it runs then, and kazi-tutorial[personas] is installed"


def _hold(hold: Any) -> Result | None:
    is_held, changed_at = hold
    if not is_held:
        return None
    return warning(
        _NAME, f"new ones are held since {_told(changed_at)}", remedy=_RELEASE
    )


def _last_run(newest: Any, *, is_held: bool) -> Result | None:
    version, status, begun_at, faults, is_running = newest
    run = f"the last run, version {version} of {_told(begun_at)},"
    if status == "refused":
        return warning(
            _NAME,
            f"{run} was refused: {'; '.join(faults)}",
            remedy="see docs/personas.md; if users really are others than they were: "
            f"{_REFIT} --accept",
        )
    if status == "abandoned" or (status == "loading" and not is_running):
        return warning(_NAME, f"{run} did not come to its end", remedy=f"run: {_REFIT}")
    if status == "ready" and not is_held:
        return warning(_NAME, f"{run} waits to be served", remedy=_RELEASE)
    return None


def _told(moment: datetime) -> str:
    return format_timestamp(moment)
