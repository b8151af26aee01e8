"""Every migration applies, rolls back and applies again to the same schema."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sync_server.db.migrations import (
    MigrationLockError,
    Migrator,
    migration_names,
    migrations_folder,
)
from tests.support.postgres import PostgresServer

#: Everything that a migration can make in the schema, as text; the order of columns does
#: not count, because a column that comes back comes last.
_SCHEMA_SQL = """
SELECT 'column ' || c.relname || '.' || a.attname || ' '
    || format_type(a.atttypid, a.atttypmod) || ' notnull=' || a.attnotnull
    || ' default=' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' '
    || pg_get_constraintdef(oid)
FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'sequence ' || sequencename FROM pg_sequences WHERE schemaname = 'public'
UNION ALL
SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'function ' || pg_get_functiondef(p.oid)
FROM pg_proc AS p
LEFT JOIN pg_depend AS x ON x.objid = p.oid AND x.deptype IN ('e', 'i')
WHERE pronamespace = 'public'::regnamespace AND x.objid IS NULL
UNION ALL
SELECT 'type ' || typname || ' ' || CAST(typtype AS text)
FROM pg_type AS t
LEFT JOIN pg_depend AS x ON x.objid = t.oid AND x.deptype = 'e'
WHERE typnamespace = 'public'::regnamespace AND x.objid IS NULL
"""

#: Section 3 of the specification, copied from there.
_SPECIFICATION = Path(__file__).with_name("specification.sql")


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def schema(url: str) -> list[str]:
    rows = [row[0] for row in query(url, _SCHEMA_SQL)]
    return sorted(row for row in rows if "yoyo" not in row)


def specified_schema(postgres: PostgresServer) -> list[str]:
    with postgres.database(template="template0") as url:
        with psycopg.connect(url) as connection:
            connection.execute(_SPECIFICATION.read_text("utf-8"))
        return schema(url)


def test_every_migration_has_a_phase_and_a_rollback():
    files = {path.name for path in migrations_folder().glob("*.sql")}

    assert files == {
        f"{name}{suffix}"
        for name in migration_names()
        for suffix in (".sql", ".rollback.sql")
    }
    assert all(re.fullmatch(r"\d{4}_(pre|post)_\w+", n) for n in migration_names())
    numbers = [int(name[:4]) for name in migration_names()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_each_migration_rolls_back_to_what_was_before_it(empty_database_url):
    migrator = Migrator(empty_database_url)
    migrator.apply()
    whole = schema(empty_database_url)
    states = [whole]
    while migrator.roll_back(count=1):
        states.append(schema(empty_database_url))

    assert states[-1] == []
    assert len(states) == len(migration_names()) + 1
    assert migrator.apply() == migration_names()
    assert schema(empty_database_url) == whole
    for expected in states[1:]:
        migrator.roll_back(count=1)
        assert schema(empty_database_url) == expected


def test_the_first_migration_is_the_specification(postgres, empty_database_url):
    migrator = Migrator(empty_database_url)
    migrator.apply()
    migrator.roll_back(count=len(migration_names()) - 1)

    assert schema(empty_database_url) == specified_schema(postgres)


def test_later_migrations_only_add_to_the_specification(postgres, empty_database_url):
    Migrator(empty_database_url).apply()

    assert set(specified_schema(postgres)) - set(schema(empty_database_url)) == set()


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        pytest.param(
            "INSERT INTO tutorial_experiments (id, tutorial_id, status)"
            " VALUES ('e', 't', 'paused')",
            psycopg.errors.CheckViolation,
            id="status",
        ),
        pytest.param(
            "INSERT INTO tutorial_experiments (id) VALUES ('e')",
            psycopg.errors.NotNullViolation,
            id="tutorial",
        ),
        pytest.param(
            "INSERT INTO tutorial_variants (id, weight) VALUES ('v', 0)",
            psycopg.errors.CheckViolation,
            id="weight-low",
        ),
        pytest.param(
            "INSERT INTO tutorial_variants (id, weight) VALUES ('v', 101)",
            psycopg.errors.CheckViolation,
            id="weight-high",
        ),
        pytest.param(
            "INSERT INTO tutorial_variants (id, experiment_id) VALUES ('v', 'none')",
            psycopg.errors.ForeignKeyViolation,
            id="experiment",
        ),
        pytest.param(
            "INSERT INTO tutorial_surveys (nps) VALUES (11)",
            psycopg.errors.CheckViolation,
            id="nps-high",
        ),
        pytest.param(
            "INSERT INTO tutorial_surveys (nps) VALUES (-1)",
            psycopg.errors.CheckViolation,
            id="nps-low",
        ),
        pytest.param(
            "INSERT INTO user_personas (user_id, embedding)"
            " VALUES (gen_random_uuid(), '[1,2]')",
            psycopg.errors.DataException,
            id="embedding",
        ),
    ],
)
def test_the_specifications_checks_hold(empty_database_url, statement, error):
    Migrator(empty_database_url).apply()

    with psycopg.connect(empty_database_url) as connection, pytest.raises(error):
        connection.execute(statement)


def test_pending_names_what_apply_then_applies(empty_database_url):
    migrator = Migrator(empty_database_url)

    assert migrator.pending() == migration_names()
    assert migrator.apply() == migration_names()
    assert migrator.pending() == []
    assert migrator.apply() == []


def test_ten_processes_migrate_at_once(empty_database_url):
    """Each migration is applied by exactly one of them."""
    applied: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: applied.extend(Migrator(empty_database_url).apply())
        )
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(applied) == migration_names()


def test_the_lock_row_of_a_killed_run_is_cleared(empty_database_url):
    migrator = Migrator(empty_database_url)
    migrator.apply()
    migrator.roll_back(count=1)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(
            "INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 1)"
        )

    assert migrator.apply() == migration_names()[-1:]


def test_a_lock_that_is_never_given_back_is_told(empty_database_url):
    """The lock goes with its process, so only a living one can hold it."""
    other = Migrator(empty_database_url)
    migrator = Migrator(empty_database_url, lock_timeout_seconds=1)

    with (
        other._locked(),
        pytest.raises(MigrationLockError, match="another process has been migrating"),
    ):
        migrator.apply()

    assert migrator.apply() == migration_names()


def test_a_migration_that_fails_leaves_nothing(empty_database_url, tmp_path: Path):
    (tmp_path / "0001_pre_good.sql").write_text("create table good (id int);")
    (tmp_path / "0002_pre_bad.sql").write_text(
        "-- depends: 0001_pre_good\ncreate table half (id int);\nselect 1 / 0;"
    )
    migrator = Migrator(empty_database_url, folder=tmp_path)

    with pytest.raises(psycopg.errors.DivisionByZero):
        migrator.apply()

    assert migrator.pending() == ["0002_pre_bad"]
    assert [row for row in schema(empty_database_url) if "half" in row] == []


def test_a_database_with_data_keeps_it_through_later_migrations(empty_database_url):
    """What the specification's own tables hold survives what we add to them."""
    migrator = Migrator(empty_database_url)
    migrator.apply()
    migrator.roll_back(count=len(migration_names()) - 1)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(
            "INSERT INTO tutorial_step_events (user_id, tutorial_id, step_id, status)"
            " SELECT gen_random_uuid(), 't', 's', 'started' FROM generate_series(1, 3)"
        )
        connection.execute(
            "INSERT INTO tutorial_surveys (user_id, nps) VALUES (gen_random_uuid(), 9)"
        )

    migrator.apply()

    assert query(
        empty_database_url,
        "SELECT count(*), count(DISTINCT event_id) FROM tutorial_step_events",
    ) == [(3, 3)]
    assert query(
        empty_database_url,
        "SELECT count(*) FROM tutorial_surveys WHERE window_ends_at > now()",
    ) == [(1,)]
