"""The verdict of the proof by kills sees everything that could be wrong with the rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.support.device_folder import Remains
from tests.support.promises import Life, Promises, Verdict, judge

USER, DEVICE, RUN = uuid4(), uuid4(), uuid4()
PINGS = 4
#: The pings, one completed step and one answer.
EVENTS = PINGS + 1
CLEAN: dict[str, Any] = {
    "lost": 0,
    "doubled": 0,
    "gaps": (),
    "out_of_order": 0,
    "completed_twice": 0,
    "surplus_answers": 0,
    "miscounted": 0,
}
PROMISES = Promises(
    lives=[Life(1, 2), Life(3, 4)],
    completed=[f"{RUN.hex}:week"],
    answers=["answer-1"],
)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """A database that holds what was promised, each once and in order."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for number in range(1, PINGS + 1):
            store(connection, number, "target_missing", duration_ms=number)
        store(connection, EVENTS, "completed", run_id=RUN)
        connection.execute(
            "INSERT INTO tutorial_surveys (user_id, persona) VALUES (%s, 'answer-1')",
            (USER,),
        )
        yield connection


def store(
    connection: psycopg.Connection,
    seq: int,
    status: str,
    *,
    duration_ms: int = 0,
    run_id: UUID | None = None,
) -> None:
    connection.execute(
        "INSERT INTO tutorial_step_events (user_id, device_id, seq, status, step_id,"
        " duration_ms, run_id) VALUES (%s, %s, %s, %s, 'week', %s, %s)",
        (USER, DEVICE, seq, status, duration_ms, run_id),
    )


def remains(*, counted: int = EVENTS + 1, last_seq: int = EVENTS) -> Remains:
    return Remains(counted, [], last_seq)


def test_rows_as_promised_are_clean(connection: psycopg.Connection, database_url: str):
    verdict = judge(database_url, PROMISES, remains())

    assert verdict == Verdict(**CLEAN)
    assert verdict.is_clean


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM tutorial_step_events WHERE seq = 2", {"lost": 1, "gaps": (2,)}),
        (
            "DELETE FROM tutorial_step_events WHERE status = 'completed'",
            {"lost": 1, "gaps": (EVENTS,)},
        ),
        ("DELETE FROM tutorial_surveys", {"lost": 1, "miscounted": 1}),
        (
            "INSERT INTO tutorial_step_events (user_id, device_id, seq, status, duration_ms)"
            " SELECT user_id, device_id, 6, status, duration_ms FROM tutorial_step_events"
            " WHERE seq = 4",
            {"doubled": 1},
        ),
        (
            "INSERT INTO tutorial_step_events (user_id, device_id, seq, status, step_id,"
            " run_id) SELECT user_id, device_id, 6, status, step_id, run_id"
            " FROM tutorial_step_events WHERE seq = 5",
            {"completed_twice": 1},
        ),
        (
            "UPDATE tutorial_step_events SET id = id + 100 WHERE seq = 1",
            {"out_of_order": 1},
        ),
        (
            "UPDATE tutorial_step_events SET duration_ms = 3 - duration_ms WHERE seq < 3",
            {"out_of_order": 1},
        ),
    ],
)
def test_a_wrong_row_is_seen(
    connection: psycopg.Connection,
    database_url: str,
    statement: str,
    found: dict[str, Any],
):
    connection.execute(statement)

    verdict = judge(database_url, PROMISES, remains())

    assert verdict == Verdict(**{**CLEAN, **found})
    assert not verdict.is_clean


def test_a_wrong_counter_is_seen(connection: psycopg.Connection, database_url: str):
    verdict = judge(database_url, PROMISES, remains(counted=EVENTS))

    assert verdict == Verdict(**{**CLEAN, "miscounted": -1})


def test_a_number_that_never_arrived_is_seen(
    connection: psycopg.Connection, database_url: str
):
    verdict = judge(database_url, PROMISES, remains(last_seq=EVENTS + 1))

    assert verdict == Verdict(**{**CLEAN, "gaps": (EVENTS + 1,), "miscounted": -1})
