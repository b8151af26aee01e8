"""What killed apps have promised, and whether the server holds it exactly once."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import NamedTuple
from uuid import UUID

import psycopg

from tests.support.device_folder import Remains
from tests.support.killable_app import KillableApp

__all__ = ["PINGS_OF_A_PROCESS", "Promises", "Verdict", "judge"]

#: The numbers of the pings of one process begin at a multiple of this.
PINGS_OF_A_PROCESS = 500_000_000
#: Numbers that stay free between two lives.
GAP = 10_000


class Life(NamedTuple):
    """The pings of one life of an app, by their numbers."""

    first_ping: int
    last_ping: int


@dataclass(slots=True)
class Promises:
    """What all lives of a device's apps have promised so far."""

    lives: list[Life] = field(default_factory=list)
    #: Completed steps as ``RUN:STEP``.
    completed: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    @property
    def pings(self) -> int:
        """How many pings."""
        return sum(life.last_ping - life.first_ping + 1 for life in self.lives)

    def next_ping(self, process: int = 0) -> int:
        """Return the number of the first ping of a process's next life.

        The life before may have stored more pings than it could promise.
        """
        first = process * PINGS_OF_A_PROCESS + 1
        numbers = range(first, first + PINGS_OF_A_PROCESS)
        return max(
            (life.last_ping + GAP for life in self.lives if life.last_ping in numbers),
            default=first,
        )

    def add(self, first_ping: int, app: KillableApp) -> None:
        """Add what an app has promised until it was killed."""
        if app.numbers["ping"]:
            self.lives.append(Life(first_ping, app.numbers["ping"]))
        self.completed += app.names["completed"]
        self.answers += app.names["answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How often the server's rows, or the device's counters, are not what they must be."""

    #: Promised, and neither on the server nor in quarantine.
    lost: int
    #: Stored more than once.
    doubled: int
    #: Numbers that the device gave and that no stored event has, the first ones.
    gaps: tuple[int, ...]
    #: Events that the server stored after one of the same device with a higher number,
    #: and pings with a higher number than a later one of the same process.
    out_of_order: int
    #: Steps of a run completed under two ids.
    completed_twice: int
    #: Answers beside the one that a user may give in 30 days.
    surplus_answers: int
    #: Sent, set aside, evicted and queued together, less what was collected.
    miscounted: int

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing is wrong."""
        return not any(getattr(self, one.name) for one in fields(self))


def judge(database_url: str, promises: Promises, remains: Remains) -> Verdict:
    """Compare what was promised with what is stored, after the device is drained."""
    with psycopg.connect(database_url) as connection:
        ledger = Ledger(connection)
        answers = ledger.answers()
        aside = [
            str(event.body["persona"])
            for event in remains.set_aside
            if event.kind == "survey"
        ]
        known = [*answers, *aside]
        return Verdict(
            lost=ledger.lost_pings(promises.lives)
            + ledger.lost_steps(promises.completed)
            + len(set(promises.answers) - set(known)),
            doubled=ledger.doubled() + len(known) - len(set(known)),
            gaps=ledger.gaps(remains.last_seq),
            out_of_order=ledger.out_of_order(),
            completed_twice=ledger.completed_twice(),
            surplus_answers=max(0, len(answers) - 1),
            miscounted=remains.counted - remains.last_seq - len(known),
        )


class Ledger:
    """Questions to the server's tables; ``target_missing`` is the status of pings."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def _number(self, query: str, *parameters: object) -> int:
        ((number,),) = self._connection.execute(query, parameters)
        return int(number)

    def answers(self) -> list[str]:
        query = "SELECT persona FROM tutorial_surveys"
        return [persona for (persona,) in self._connection.execute(query)]

    def lost_pings(self, lives: list[Life]) -> int:
        return self._number(
            "SELECT count(*) FROM (SELECT generate_series(first, last)"
            " FROM unnest(%s::int[], %s::int[]) AS life (first, last) EXCEPT SELECT"
            " duration_ms FROM tutorial_step_events WHERE status = 'target_missing'"
            ") AS missing",
            [life.first_ping for life in lives],
            [life.last_ping for life in lives],
        )

    def lost_steps(self, completed: list[str]) -> int:
        runs = [UUID(one.partition(":")[0]) for one in completed]
        steps = [one.partition(":")[2] for one in completed]
        return self._number(
            "SELECT count(*) FROM (SELECT * FROM unnest(%s::uuid[], %s::text[])"
            " EXCEPT SELECT run_id, step_id FROM tutorial_step_events"
            " WHERE status = 'completed') AS missing",
            runs,
            steps,
        )

    def doubled(self) -> int:
        """Count events whose number, or pings whose own number, is there already."""
        return self._number(
            "SELECT count(*) - count(DISTINCT (device_id, seq))"
            " + count(*) FILTER (WHERE status = 'target_missing')"
            " - count(DISTINCT duration_ms) FILTER (WHERE status = 'target_missing')"
            " FROM tutorial_step_events"
        )

    def gaps(self, last_seq: int) -> tuple[int, ...]:
        found = self._connection.execute(
            "SELECT generate_series(1, %s::bigint)"
            " EXCEPT SELECT seq FROM tutorial_step_events ORDER BY 1 LIMIT 100",
            (last_seq,),
        )
        return tuple(seq for (seq,) in found)

    def out_of_order(self) -> int:
        return self._number(
            "SELECT count(*) FILTER (WHERE seq < seq_before)"
            " + count(*) FILTER (WHERE duration_ms < ping_before AND is_ping) FROM ("
            " SELECT seq, duration_ms, status = 'target_missing' AS is_ping,"
            " lag(seq) OVER (PARTITION BY device_id ORDER BY id) AS seq_before,"
            " lag(duration_ms) OVER (PARTITION BY device_id, status, duration_ms / %s"
            " ORDER BY seq) AS ping_before FROM tutorial_step_events) AS event",
            PINGS_OF_A_PROCESS,
        )

    def completed_twice(self) -> int:
        return self._number(
            "SELECT count(*) - count(DISTINCT (run_id, step_id))"
            " FROM tutorial_step_events WHERE status = 'completed'"
        )
