"""The snapshot in memory follows the database, and costs it almost nothing."""

from __future__ import annotations

import threading

import psycopg
import pytest

from sync_server.db.pool import open_pool
from sync_server.experiments.assignments import Assignments
from sync_server.identity.persons import Persons
from sync_server.tutorials.catalog import Catalog
from sync_server.tutorials.known_users import KnownUsers
from sync_server.tutorials.store import TutorialStore
from tests.sync_server.conftest import PLAIN


class CountingStore(TutorialStore):
    """Counts how often the database is asked."""

    def __init__(self):
        super().__init__()
        self.checks = 0
        self.loads = 0

    def poll(self, connection, seen):
        self.checks += 1
        return super().poll(connection, seen)

    def experiments(self, connection):
        self.loads += 1
        return super().experiments(connection)


class Ticks:
    """A monotonic clock that a test turns."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def ticks():
    return Ticks()


@pytest.fixture
def store():
    return CountingStore()


@pytest.fixture
def catalog(pool, store, ticks, tour):
    users = KnownUsers(Persons(pool), Assignments(pool), monotonic=ticks)
    return Catalog(pool, store, users, monotonic=ticks)


def test_within_a_second_the_database_is_not_asked(catalog, store, ticks):
    first = catalog.current()
    checks = store.checks
    ticks.now += 0.99

    assert catalog.current() is first
    assert store.checks == checks


def test_without_a_change_nothing_is_read_again(catalog, store, ticks):
    first = catalog.current()
    ticks.now += 1.5

    assert catalog.current() is first
    assert store.loads == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tutorials SET name = 'x'",
        "INSERT INTO tutorial_versions (tutorial_id, version, status, steps)"
        " VALUES ('plain', 2, 'draft', '[]')",
        "UPDATE tutorial_experiments SET status = 'completed'",
        "UPDATE tutorial_variants SET name = 'x'",
        "DELETE FROM tutorial_experiments",
    ],
)
def test_whatever_changes_what_config_answers_makes_a_new_snapshot(
    catalog, ticks, sql, statement
):
    first = catalog.current()
    sql(statement)
    ticks.now += 1

    assert catalog.current() is not first


def test_recheck_does_not_wait_for_the_second(catalog, publish_yaml):
    assert "new" not in catalog.current().tutorials
    publish_yaml(PLAIN.replace("id: plain", "id: new"))

    assert "new" in catalog.recheck().tutorials


def test_a_draft_is_not_served(catalog, ticks, sql):
    sql(
        "INSERT INTO tutorial_versions (tutorial_id, version, status, steps)"
        ' VALUES (\'plain\', 2, \'draft\', \'[{"id": "d", "title": "D"}]\')'
    )

    plain = catalog.current().tutorials["plain"]

    assert plain.content.version == 1
    assert set(plain.known.versions) == {1}
    assert plain.known.step_ids == {"only"}


def test_a_restored_version_is_served(catalog, sql):
    sql(
        "INSERT INTO tutorial_versions (tutorial_id, version, status, steps)"
        " SELECT tutorial_id, 2, 'restored', steps FROM tutorial_versions"
        " WHERE tutorial_id = 'plain'"
    )

    assert catalog.current().tutorials["plain"].content.version == 2


def test_simultaneous_first_requests_load_once(catalog, store):
    snapshots = []
    threads = [
        threading.Thread(target=lambda: snapshots.append(catalog.current()))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(snapshots) == 10
    assert len(set(map(id, snapshots))) == 1
    assert store.loads == 1


def test_while_one_thread_asks_the_others_go_on(catalog, store, ticks, sql):
    first = catalog.current()
    sql("UPDATE tutorials SET name = 'x'")
    ticks.now += 1.5
    asking, go_on = threading.Event(), threading.Event()
    ask = store.poll

    def slow(connection, seen):
        asking.set()
        assert go_on.wait(10)
        return ask(connection, seen)

    store.poll = slow
    thread = threading.Thread(target=catalog.current)
    thread.start()
    assert asking.wait(10)

    assert catalog.current() is first
    go_on.set()
    thread.join()
    assert catalog.current() is not first


def test_without_a_database_the_first_snapshot_is_an_error(store, ticks):
    with open_pool(
        "postgresql://nobody@127.0.0.1:1/none", max_size=1, timeout_seconds=1
    ) as pool:
        users = KnownUsers(Persons(pool), Assignments(pool), monotonic=ticks)
        catalog = Catalog(pool, store, users, monotonic=ticks)

        with pytest.raises(psycopg.OperationalError):
            catalog.current()
