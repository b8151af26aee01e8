"""Refits against a real database: written beside, switched, held, rolled back, killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest

from sync_server.db.pool import connect, open_pool
from sync_server.personas.fitting import Fit
from sync_server.personas.naming import NAMES, PLACES
from sync_server.personas.refit import Outcome, RefitBusyError, Stage
from sync_server.personas.rotation import Rotation
from sync_server.personas.scaling import logarithms
from sync_server.personas.versions import PlacesBusyError, Versions
from sync_server.privacy.audit import AuditLog
from sync_server.privacy.erasure import Erasure
from tests.support.populations import Population, population
from tests.sync_server.personas.filled import SECRET, fill, refit, rows_of, user_ids

AUDIT = AuditLog("s" * 32)


@pytest.fixture
def users() -> Population:
    return population(2_000, np.random.default_rng(1), separation=0.8, spread=0.6)


@pytest.fixture
def url(database_url: str, users: Population) -> str:
    fill(database_url, users)
    return database_url


def one(url: str, statement: str, *values: Any) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement, values or None).fetchone()
        return row[0] if row else None


def fit_of(outcome: Outcome) -> Fit:
    """The fit of a run that had one."""
    assert outcome.fit is not None
    return outcome.fit


def statuses(url: str) -> list[str]:
    with connect(url) as connection:
        return [v.status for v in Versions().latest(connection, count=10)][::-1]


def test_everybody_gets_the_persona_that_they_are(url, users):
    outcome = refit(url).run()
    rows = rows_of(url)
    assert outcome.is_served
    assert len(rows) == outcome.users == len(users)
    told = [NAMES.index(rows[user][0]) for user in user_ids(users)]
    assert (np.array(told) == users.truth)[~thin(users)].mean() > 0.97
    assert all(0 <= confidence <= 1 for _, _, confidence in rows.values())
    assert statuses(url) == ["served"]


def thin(users: Population) -> np.ndarray:
    days = users.features[:, PLACES["active_days"]]
    return (days < 2) | (days * users.features[:, PLACES["events_per_active_day"]] < 10)


def test_whoever_has_little_data_is_a_newbie_by_rule(url, users):
    refit(url).run()
    rows = rows_of(url)
    ids = np.array(user_ids(users))
    assert thin(users).any()
    assert {rows[id_] for id_ in ids[thin(users)]} == {("newbie", "rule", 0.25)}
    assert {rows[id_][1] for id_ in ids[~thin(users)]} == {"model"}


def test_embeddings_are_the_rotated_features(url, users):
    found = fit_of(refit(url).run())
    scaled = found.model.scaling.apply(logarithms(users.features))
    expected = Rotation(SECRET).embed(scaled)
    with psycopg.connect(url) as connection:
        rows: dict[UUID, Any] = dict(
            connection.execute("SELECT user_id, embedding::real[] FROM user_personas")
        )
    stored = np.array([rows[user] for user in user_ids(users)])
    np.testing.assert_allclose(stored, expected, atol=2e-6)
    distance = one(
        url,
        "SELECT a.embedding <-> b.embedding FROM user_personas a, user_personas b "
        "WHERE a.user_id = %s AND b.user_id = %s",
        *user_ids(users)[:2],
    )
    assert distance == pytest.approx(np.linalg.norm(scaled[0] - scaled[1]), abs=1e-5)


def test_a_refit_of_the_same_users_changes_nothing(url):
    refit(url).run(seed=1)
    first = rows_of(url)
    outcome = refit(url).run(seed=2)
    assert fit_of(outcome).metrics.changed_share == 0
    second = rows_of(url)
    assert {id_: row[0] for id_, row in second.items()} == {
        id_: row[0] for id_, row in first.items()
    }
    assert statuses(url) == ["previous", "served"]


def test_a_user_near_the_border_is_held_and_told_so(url, users):
    refit(url).run()
    before = rows_of(url)
    night = users
    rng = np.random.default_rng(2)
    for _ in range(3):
        night = night.next_night(rng, unrest=0.9)
        fill(url, night)
        refit(url).run()
    after = rows_of(url)
    held = [id_ for id_, row in after.items() if row[1] == "held"]
    assert held
    assert all(after[id_][2] <= 0.5 for id_ in held)
    assert any(after[id_][0] == before[id_][0] for id_ in held)


def test_too_few_users_are_named_by_rule(database_url, users):
    fill(database_url, users.only(np.arange(40)))
    outcome = refit(database_url).run()
    assert (outcome.fit, outcome.is_served) == (None, True)
    assert {row[1] for row in rows_of(database_url).values()} == {"rule"}
    assert len(rows_of(database_url)) == 40
    fill(database_url, users)
    assert refit(database_url).run().fit is not None
    assert statuses(database_url) == ["previous", "served"]


def test_nobody_at_all_is_no_trouble(database_url):
    outcome = refit(database_url).run()
    assert (outcome.users, outcome.is_served) == (0, True)
    assert rows_of(database_url) == {}


def test_one_user_is_named(database_url, users):
    fill(database_url, users.only(np.arange(1)))
    refit(database_url).run()
    assert len(rows_of(database_url)) == 1


def test_a_model_that_keeps_a_bound_not_leaves_yesterdays(url, users):
    refit(url).run()
    before = rows_of(url)
    users.features[:] *= 10
    fill(url, users)
    outcome = refit(url).run()
    assert not outcome.is_written
    assert "standard deviations" in outcome.faults[0]
    assert rows_of(url) == before
    assert statuses(url) == ["served", "refused"]


def test_a_model_that_somebody_accepts_is_served(url, users):
    refit(url).run()
    users.features[:] *= 10
    fill(url, users)
    outcome = refit(url).run(is_accepted=True)
    assert outcome.faults
    assert outcome.is_served
    # and the next night compares with that one
    assert refit(url).run().faults == ()


def test_held_back_it_waits_until_it_is_let_go(url, users):
    refit(url).run()
    before = rows_of(url)
    fill(url, users.next_night(np.random.default_rng(2), unrest=0.5))
    outcome = refit(url).run(is_held=True)
    assert (outcome.is_written, outcome.is_served) == (True, False)
    assert rows_of(url) == before
    assert statuses(url) == ["served", "ready"]
    waiting = rows_of(url, "user_personas_next")
    with connect(url) as connection:
        assert Versions().serve_next(connection) == outcome.version
        assert Versions().serve_next(connection) is None
    assert rows_of(url) == waiting
    assert statuses(url) == ["previous", "served"]


def test_a_rollback_serves_what_was_served_and_holds_what_comes(url, users):
    refit(url).run()
    before = rows_of(url)
    fill(url, users.next_night(np.random.default_rng(2), unrest=0.9))
    refit(url).run()
    after = rows_of(url)
    assert before != after
    versions = Versions()
    with connect(url) as connection:
        assert versions.serve_previous(connection) == 1
        assert rows_of(url) == before
        assert versions.is_held(connection)
        assert not refit(url).run().is_served
        assert rows_of(url) == before
        # once more leads back
        assert versions.serve_previous(connection) == 2
        assert rows_of(url) == after
        versions.hold(connection, is_held=False)
    assert refit(url).run().is_served


def test_without_a_yesterday_there_is_no_rollback(url):
    refit(url).run()
    with connect(url) as connection:
        assert Versions().serve_previous(connection) is None


def test_three_switches_keep_every_key_and_trigger_in_its_place(url):
    shape = (
        "SELECT string_agg(x, ', ' ORDER BY x) FROM ("
        "SELECT conrelid::regclass || ' ' || conname AS x FROM pg_constraint "
        "WHERE conrelid::regclass::text LIKE 'user_personas%' AND contype = 'p' UNION ALL "
        "SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger "
        "WHERE tgrelid::regclass::text LIKE 'user_personas%') AS shapes"
    )
    before = one(url, shape)
    for _ in range(3):
        refit(url).run()
        assert one(url, shape) == before


def test_two_runs_at_once_are_one(url):
    seen: list[Stage] = []

    def begin_another(stage: Stage, done: int, total: int) -> None:
        if stage is Stage.FIT and not seen:
            with pytest.raises(RefitBusyError):
                refit(url).run()
            seen.append(stage)

    assert refit(url, report=begin_another).run().is_served
    assert seen


@pytest.mark.parametrize("stage", list(Stage))
def test_a_run_killed_anywhere_leaves_yesterdays(url, users, stage):
    refit(url).run()
    before = rows_of(url)
    fill(url, users.next_night(np.random.default_rng(2), unrest=0.5))
    _used_once(url)
    process = multiprocessing.get_context("spawn").Process(
        target=_run_until, args=(url, stage)
    )
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert rows_of(url) == before
    assert statuses(url) == ["served", "loading"]
    assert refit(url).run().is_served
    assert statuses(url) == ["previous", "abandoned", "served"]


def _used_once(url: str) -> None:
    """One event, so that there is something to count."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO user_activity (user_id, event_id, name, occurred_at, kind) "
            "VALUES (gen_random_uuid(), gen_random_uuid(), 'x', now(), 'ai_call')"
        )


def _run_until(url: str, stage: Stage) -> None:
    def kill(now: Stage, done: int, total: int) -> None:
        if now is stage:
            os.kill(os.getpid(), signal.SIGKILL)

    refit(url, report=kill).run()


def test_a_switch_waits_for_a_reader_and_lets_others_read(url):
    refit(url).run()
    # the first look at the time sets how long it tries, the second says that it is over
    now = iter([0.0, 1e9])
    with psycopg.connect(url) as reader:
        reader.execute("SELECT count(*) FROM user_personas")
        with pytest.raises(PlacesBusyError, match="release"):
            refit(url, versions=Versions(monotonic=lambda: next(now))).run()
        assert one(url, "SELECT count(*) FROM user_personas")
    assert statuses(url) == ["served", "ready"]
    with connect(url) as connection:
        assert Versions().serve_next(connection) == 2


# privacy


@contextmanager
def erasure(url: str) -> Iterator[Erasure]:
    pool = open_pool(url, max_size=2, timeout_seconds=5)
    try:
        yield Erasure(pool, AUDIT)
    finally:
        pool.close()


def places_of(url: str, user: UUID) -> list[str]:
    tables = (
        "user_features",
        "user_personas",
        "user_personas_next",
        "user_personas_previous",
    )
    return [
        table
        for table in tables
        if one(url, f"SELECT count(*) FROM {table} WHERE user_id = %s", user)
    ]


def test_a_user_who_was_erased_is_in_no_version_and_not_in_the_next(url, users):
    user = user_ids(users)[7]
    refit(url).run()
    refit(url).run()
    refit(url).run(is_held=True)
    assert len(places_of(url, user)) == 4
    with erasure(url) as erase:
        erase.erase(user, actor="test")
    assert places_of(url, user) == []
    assert refit(url).run().users == len(users) - 1
    assert places_of(url, user) == []


@pytest.mark.parametrize("stage", [Stage.READ, Stage.FIT, Stage.WRITE])
def test_a_user_erased_during_a_refit_does_not_come_back(url, users, stage):
    user = user_ids(users)[7]
    refit(url).run()
    erased: list[int] = []
    with erasure(url) as erase:

        def meanwhile(now: Stage, done: int, total: int) -> None:
            if now is stage and not erased:
                erased.append(erase.erase(user, actor="test"))

        assert refit(url, report=meanwhile).run().is_served
    assert erased
    assert places_of(url, user) == []


# bad data


def test_a_row_that_cannot_be_costs_nobody_else_a_persona(url, users):
    # pgvector refuses what is no number, but not what is less than nothing
    users.features[3, 8] = -5
    fill(url, users)
    outcome = refit(url).run()
    assert outcome.is_served
    assert fit_of(outcome).metrics.refused == 1
    assert user_ids(users)[3] not in rows_of(url)
    assert len(rows_of(url)) == len(users) - 1


def test_a_clock_that_is_wrong_changes_only_the_time_that_is_told(url):
    refit(url, clock=lambda: datetime(2042, 1, 1, tzinfo=UTC)).run()
    first = rows_of(url)
    refit(url, clock=lambda: datetime(1999, 1, 1, tzinfo=UTC)).run()
    assert rows_of(url) == first
    assert one(url, "SELECT max(updated_at) FROM user_personas").year == 1999
