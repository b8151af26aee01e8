"""What is old goes, in batches, and what people have earned stays."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner

from sync_server.cli import main
from sync_server.clock import system_clock
from sync_server.privacy.audit import AuditLog
from sync_server.privacy.retention import BATCH_ROWS, Retention, Rule, rules_of
from sync_server.settings import Settings
from tests.support.server_process import wait_until

EVENTS = Rule(table="tutorial_step_events", column="created_at", days=400)
ENVIRON = {
    "KAZI_JWT_SECRET": "s" * 32,
    "KAZI_COMMENT_KEY": base64.b64encode(b"k" * 32).decode(),
}


@pytest.fixture
def environ(database_url):
    return {"KAZI_DATABASE_URL": database_url, **ENVIRON}


@pytest.fixture
def run(environ):
    def invoke(*arguments, **more):
        result = CliRunner().invoke(
            main, ["retention", "run", *arguments], env=environ | more
        )
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke


@pytest.fixture
def job(database_url):
    return Retention(database_url, (EVENTS,), clock=system_clock)


@pytest.fixture
def add_events(sql):
    def add(count, *, days):
        sql(
            "INSERT INTO tutorial_step_events"
            " (user_id, tutorial_id, step_id, status, created_at)"
            " SELECT gen_random_uuid(), 'tour', 'welcome', 'completed',"
            " now() - make_interval(days => %s) FROM generate_series(1, %s)",
            days,
            count,
        )

    return add


def test_old_step_events_go_and_young_ones_stay(run, add_events, sql):
    add_events(3, days=401)
    add_events(2, days=399)

    result = run()

    assert result.exit_code == 0
    assert "tutorial_step_events: deleted 3 rows older than 400 days" in result.output
    assert sql("SELECT count(*) FROM tutorial_step_events") == [(2,)]


def test_old_events_go_wherever_they_lie(run, add_events, sql):
    """An import brings old events after young ones."""
    for days in (1, 500, 2, 600):
        add_events(700, days=days)

    run()

    assert sql("SELECT count(*) FROM tutorial_step_events") == [(1400,)]


def test_a_dry_run_counts_the_same_and_changes_nothing(run, add_events, sql):
    add_events(3, days=401)

    result = run("--dry-run")

    assert "tutorial_step_events: would delete 3 rows older" in result.output
    assert sql("SELECT count(*) FROM tutorial_step_events") == [(3,)]
    assert sql("SELECT count(*) FROM audit_log") == [(0,)]


def test_nothing_goes_where_events_are_kept_for_ever(run, add_events, sql):
    add_events(1, days=36_000)

    result = run(KAZI_STEP_EVENT_RETENTION_DAYS="0")

    assert "tutorial_step_events" not in result.output
    assert sql("SELECT count(*) FROM tutorial_step_events") == [(1,)]


def test_xp_and_completed_steps_outlive_their_events(run, add_events, sql):
    add_events(1, days=401)
    sql(
        "INSERT INTO xp_awards (user_id, tutorial_id, step_id, rule, points)"
        " SELECT user_id, tutorial_id, step_id, 'step_completed', 10"
        " FROM tutorial_step_events"
    )

    run()

    assert sql("SELECT count(*) FROM tutorial_step_events") == [(0,)]
    assert sql("SELECT sum(points) FROM xp_awards") == [(10,)]


def test_activity_and_what_was_told_go_too(run, sql):
    sql(
        "INSERT INTO user_activity (user_id, event_id, name, occurred_at, received_at)"
        " SELECT gen_random_uuid(), gen_random_uuid(), 'x', now(),"
        " now() - make_interval(days => days) FROM unnest(array[29, 31]) AS days"
    )
    sql(
        "INSERT INTO user_changes (user_id, noted_at)"
        " VALUES (null, now() - interval '2 days'), (null, now())"
    )
    sql(
        "INSERT INTO erasures (user_id, published_at) VALUES"
        " (gen_random_uuid(), now() - interval '8 days'),"
        " (gen_random_uuid(), now() - interval '6 days'), (gen_random_uuid(), null)"
    )

    result = run(KAZI_ACTIVITY_RETENTION_DAYS="30")

    assert "user_activity: deleted 1 rows older than 30 days" in result.output
    assert sql("SELECT count(*) FROM user_activity") == [(1,)]
    assert sql("SELECT count(*) FROM user_changes") == [(1,)]
    assert sql("SELECT count(*) FROM erasures") == [(2,)]


def test_counts_stay_for_as_long_as_a_feature_can_need_them(run, sql):
    sql(
        "INSERT INTO user_days (user_id, day) SELECT gen_random_uuid(),"
        " current_date - age FROM unnest(array[119, 121]) AS age"
    )
    sql(
        "INSERT INTO user_features (user_id, last_day, features)"
        " SELECT gen_random_uuid(), current_date - age, array_fill(0, array[32])::vector"
        " FROM unnest(array[29, 31]) AS age"
    )

    result = run(KAZI_ACTIVITY_RETENTION_DAYS="30")

    assert "user_features: deleted 1 rows older than 30 days" in result.output
    assert "user_days: deleted 1 rows older than 120 days" in result.output
    assert sql("SELECT count(*) FROM user_days") == [(1,)]
    assert sql("SELECT count(*) FROM user_features") == [(1,)]


def test_batches_are_of_5000_rows_at_most(job, add_events):
    add_events(2 * BATCH_ROWS + 1, days=401)

    rows = [step.rows for step in job.run(AuditLog(ENVIRON["KAZI_JWT_SECRET"]))]

    assert BATCH_ROWS == 5_000
    assert max(rows) == BATCH_ROWS
    assert sum(rows) == 2 * BATCH_ROWS + 1


def test_a_run_that_stops_anywhere_leaves_whole_batches(job, add_events, sql):
    add_events(2 * BATCH_ROWS, days=401)
    steps = job.run(AuditLog(ENVIRON["KAZI_JWT_SECRET"]))

    next(steps)
    steps.close()
    left = sql("SELECT count(*) FROM tutorial_step_events")
    again = sum(s.rows for s in job.run(AuditLog(ENVIRON["KAZI_JWT_SECRET"])))

    assert left == [(BATCH_ROWS,)]
    assert again == BATCH_ROWS
    assert sql("SELECT action FROM audit_log ORDER BY id") == [
        ("begin_retention",),
        ("begin_retention",),
        ("end_retention",),
    ]


def test_the_audit_log_has_the_counts(run, add_events, sql):
    add_events(3, days=401)

    run()

    ((begin,), (end,)) = sql("SELECT details FROM audit_log ORDER BY id")
    assert begin["days"]["tutorial_step_events"] == 400
    assert end["rows"]["tutorial_step_events"] == 3


def test_a_second_run_leaves_the_work_to_the_first(job, run, add_events):
    add_events(2 * BATCH_ROWS, days=401)
    steps = job.run(AuditLog(ENVIRON["KAZI_JWT_SECRET"]))
    next(steps)

    second = run()
    steps.close()

    assert second.exit_code == 1
    assert "another run is deleting what is old" in second.output
    assert run().exit_code == 0


def test_it_does_not_wait_for_a_row_that_somebody_holds(
    job, add_events, database_url, sql
):
    add_events(2, days=401)
    with psycopg.connect(database_url) as holder:
        holder.execute(
            "SELECT FROM tutorial_step_events ORDER BY id LIMIT 1 FOR UPDATE"
        )
        list(job.run(AuditLog(ENVIRON["KAZI_JWT_SECRET"])))

    assert sql("SELECT count(*) FROM tutorial_step_events") == [(1,)]


def test_ctrl_c_ends_it_with_one_line(environ, add_events, sql):
    """Batches are slowed down by a trigger, so that there is a middle to stop in."""
    add_events(4 * BATCH_ROWS, days=401)
    sql(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$"
    )
    sql(
        "CREATE TRIGGER slow AFTER DELETE ON tutorial_step_events"
        " FOR EACH STATEMENT EXECUTE FUNCTION slow()"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "sync_server", "retention", "run"],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_until(
        lambda: sql("SELECT count(*) FROM tutorial_step_events") == [(3 * BATCH_ROWS,)],
        what="the first batch is gone",
    )
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "Traceback" not in output
    ((left,),) = sql("SELECT count(*) FROM tutorial_step_events")
    assert left in (2 * BATCH_ROWS, 3 * BATCH_ROWS)


def test_the_default_is_400_days_for_both():
    rules = {rule.table: rule.days for rule in rules_of(Settings.from_environ({}))}

    assert rules["tutorial_step_events"] == rules["user_activity"] == 400


def test_an_age_is_counted_from_the_start_of_the_run(database_url, sql):
    sql(
        "INSERT INTO tutorial_step_events (user_id, status, created_at)"
        " VALUES (%s, 'started', '2024-01-01T12:00:00Z')",
        uuid4(),
    )
    day = datetime(2024, 1, 11, 12, 0, 0, tzinfo=UTC)
    rule = Rule(table="tutorial_step_events", column="created_at", days=10)

    def count(moment):
        retention = Retention(database_url, (rule,), clock=lambda: moment)
        return sum(step.rows for step in retention.count())

    assert count(day) == 0
    assert count(day.replace(second=1)) == 1
