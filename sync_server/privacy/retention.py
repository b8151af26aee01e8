"""Delete what was kept long enough, in small batches, beside a server that serves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import sql

from sync_server.clock import Clock
from sync_server.db.alone import alone
from sync_server.db.pool import connect
from sync_server.privacy.audit import COMMAND_LINE, Action, AuditLog
from sync_server.settings import Settings

__all__ = ["BATCH_ROWS", "Rule", "Retention", "RetentionBusyError", "Step", "rules_of"]

#: Most rows that one transaction deletes.
BATCH_ROWS = 5_000
#: Pages of 8 KiB that are looked through at once.
_WINDOW_PAGES = 1_024
#: Key of the advisory lock: "keep" in ASCII.
_LOCK_KEY = 0x6B656570
#: Days for which the user id of an erasure stays after the event bus was told.
_ERASURE_DAYS = 7
#: Days for which the features of a user look back from its last one (migration 0014).
_COUNTER_DAYS = 90
#: Days for which a change stays in the list that every worker reads each second.
_CHANGE_DAYS = 1


class RetentionBusyError(RuntimeError):
    """Another run is at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Rows of ``table`` go when the time in ``column`` is ``days`` ago; null stays."""

    table: str
    column: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Progress of a run: so many more pages of the table were looked through."""

    rule: Rule
    pages: int
    rows: int


def rules_of(settings: Settings) -> tuple[Rule, ...]:
    """Return what the settings let go of; 0 days keep for ever."""
    rules = (
        Rule(
            table="tutorial_step_events",
            column="created_at",
            days=settings.step_event_retention_days,
        ),
        Rule(
            table="user_activity",
            column="received_at",
            days=settings.activity_retention_days,
        ),
        *_rules_of_counters(settings.activity_retention_days),
        Rule(table="user_changes", column="noted_at", days=_CHANGE_DAYS),
        Rule(table="erasures", column="published_at", days=_ERASURE_DAYS),
    )
    return tuple(rule for rule in rules if rule.days)


def _rules_of_counters(days: int) -> tuple[Rule, ...]:
    """Return what becomes of the counts of what is let go of after some days.

    A user's features go with what was last counted of them; the days that they were
    computed from stay until no features can need them.
    """
    if not days:
        return ()
    return (
        Rule(table="user_features", column="last_day", days=days),
        Rule(table="user_days", column="day", days=days + _COUNTER_DAYS),
    )


class Retention:
    """One run over all rules.

    A table is walked through page by page, so that no index is needed for it and each page
    is read once; a batch locks nothing but the rows that it deletes.  A run that was ended
    anywhere left whole batches; the next one goes on.
    """

    def __init__(self, url: str, rules: tuple[Rule, ...], *, clock: Clock) -> None:
        self._url = url
        self._rules = rules
        self._now = clock()

    def pages(self) -> int:
        """Return how many pages the tables have: the length of a run."""
        with connect(self._url) as connection:
            return sum(_pages(connection, rule) for rule in self._rules)

    def count(self) -> Iterator[Step]:
        """Yield what :meth:`run` would delete; changes nothing."""
        with connect(self._url) as connection:
            for rule in self._rules:
                for first, last in _windows(_pages(connection, rule)):
                    rows = self._execute(connection, _COUNT, rule, first, last)
                    yield Step(rule=rule, pages=last - first, rows=rows.fetchone()[0])

    def run(self, audit: AuditLog) -> Iterator[Step]:
        """Delete, and yield after each batch.  RetentionBusyError if another run is at work.

        The audit log gets a line before the first batch and one after the last.
        """
        with (
            connect(self._url) as connection,
            alone(
                self._url,
                _LOCK_KEY,
                RetentionBusyError("another run is deleting what is old"),
            ),
        ):
            days = {rule.table: rule.days for rule in self._rules}
            audit.record(
                connection,
                Action.BEGIN_RETENTION,
                actor=COMMAND_LINE,
                details={"days": days},
            )
            rows = dict.fromkeys(days, 0)
            for step in self._delete(connection):
                rows[step.rule.table] += step.rows
                yield step
            audit.record(
                connection,
                Action.END_RETENTION,
                actor=COMMAND_LINE,
                details={"rows": rows},
            )

    def _delete(self, connection: Any) -> Iterator[Step]:
        for rule in self._rules:
            for first, last in _windows(_pages(connection, rule)):
                rows = BATCH_ROWS
                while rows == BATCH_ROWS:
                    rows = self._execute(
                        connection, _DELETE, rule, first, last
                    ).rowcount
                    yield Step(rule=rule, pages=0, rows=rows)
                yield Step(rule=rule, pages=last - first, rows=0)

    def _execute(
        self, connection: Any, statement: sql.SQL, rule: Rule, first: int, last: int
    ) -> Any:
        query = statement.format(
            table=sql.Identifier(rule.table), column=sql.Identifier(rule.column)
        )
        parameters = {
            "before": _ago(self._now, rule.days),
            "first": f"({first},0)",
            "last": f"({last},0)",
            "limit": BATCH_ROWS,
        }
        return connection.execute(query, parameters)


#: A range of row addresses is read without an index (PostgreSQL 14 and later).
_COUNT = sql.SQL(
    "SELECT count(*) FROM {table} "
    "WHERE ctid >= CAST(%(first)s AS tid) AND ctid < CAST(%(last)s AS tid) "
    "AND {column} < %(before)s"
)
_DELETE = sql.SQL(
    "DELETE FROM {table} WHERE ctid = ANY(ARRAY("
    "SELECT ctid FROM {table} "
    "WHERE ctid >= CAST(%(first)s AS tid) AND ctid < CAST(%(last)s AS tid) "
    "AND {column} < %(before)s LIMIT %(limit)s FOR UPDATE SKIP LOCKED))"
)


def _pages(connection: Any, rule: Rule) -> int:
    row = connection.execute(
        "SELECT pg_relation_size(CAST(%s AS regclass)) / "
        "CAST(current_setting('block_size') AS int)",
        [rule.table],
    ).fetchone()
    return int(row[0])


def _windows(pages: int) -> Iterator[tuple[int, int]]:
    for first in range(0, pages, _WINDOW_PAGES):
        yield first, min(first + _WINDOW_PAGES, pages)


def _ago(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)
