"""What a worker remembers of users: looked up once, forgotten in time, never outdated."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from sync_server.db.pool import connect, open_pool
from sync_server.experiments.assignments import Assignments
from sync_server.identity.persons import Persons
from sync_server.tutorials import known_users
from sync_server.tutorials.catalog import Catalog
from sync_server.tutorials.definition import Experiment, ExperimentStatus, Variant
from sync_server.tutorials.known_users import KnownUsers
from sync_server.tutorials.store import MAX_CHANGED_USERS, TutorialStore

HALVES = (Variant(id="one", weight=50), Variant(id="two", weight=50))


def experiment(name):
    return Experiment(id=name, status=ExperimentStatus.RUNNING, variants=HALVES)


class Ticks:
    """A monotonic clock that a test turns."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class CountingPersons(Persons):
    """Counts the look-ups, and may do something in the middle of one."""

    def __init__(self, pool):
        super().__init__(pool)
        self.reads = 0
        self.afterwards = lambda: None

    def read(self, user_id, experiment_ids):
        self.reads += 1
        person = super().read(user_id, experiment_ids)
        self.afterwards()
        return person


@pytest.fixture
def ticks():
    return Ticks()


@pytest.fixture
def persons(pool):
    return CountingPersons(pool)


@pytest.fixture
def users(pool, persons, ticks):
    return KnownUsers(persons, Assignments(pool), monotonic=ticks)


@pytest.fixture
def catalog(pool, users, ticks):
    return Catalog(pool, TutorialStore(), users, monotonic=ticks)


@pytest.fixture
def set_persona(sql):
    def run(user_id, persona):
        sql(
            "INSERT INTO user_personas (user_id, persona, confidence)"
            " VALUES (%s, %s, 0.5) ON CONFLICT (user_id)"
            " DO UPDATE SET persona = excluded.persona",
            user_id,
            persona,
        )

    return run


class TestMemory:
    def test_a_user_is_looked_up_once(self, users, persons):
        user_id = uuid4()

        known = users.get(user_id, [experiment("a")])

        assert users.get(user_id, [experiment("a")]) is known
        assert users.get(user_id) is known
        assert persons.reads == 1

    def test_another_experiment_is_looked_up_and_the_first_one_kept(
        self, users, persons
    ):
        user_id = uuid4()
        first = users.get(user_id, [experiment("a")]).variants

        both = users.get(user_id, [experiment("b")]).variants

        assert both["a"] == first["a"]
        assert set(both) == {"a", "b"}
        users.get(user_id, [experiment("a"), experiment("b")])
        assert persons.reads == 2

    def test_after_ten_minutes_it_is_looked_up_again(
        self, users, persons, ticks, sql, set_persona
    ):
        user_id = uuid4()
        users.get(user_id)
        set_persona(user_id, "ai-power")
        ticks.now += 599
        assert users.get(user_id).persona == "newbie"
        ticks.now += 1

        assert users.get(user_id).persona == "ai-power"

    def test_users_with_the_same_variants_share_the_memory_of_them(self, users):
        mappings = {
            id(users.get(uuid4(), [experiment("a")]).variants) for _ in range(20)
        }

        assert len(mappings) <= 2

    def test_there_is_a_limit_and_the_oldest_go_first(
        self, users, persons, monkeypatch
    ):
        monkeypatch.setattr(known_users, "MAX_USERS", 20)
        ids = [uuid4() for _ in range(21)]
        for user_id in ids:
            users.get(user_id)

        assert [users.peek(user_id) is None for user_id in ids] == [True] * 2 + [
            False
        ] * 19

    def test_what_is_looked_up_while_a_user_changes_is_not_kept(
        self, users, persons, set_persona
    ):
        """The change is noticed between the look-up's read and its end."""
        user_id = uuid4()

        def change():
            set_persona(user_id, "ai-power")
            users.forget({user_id})

        persons.afterwards = change

        assert users.get(user_id).persona == "newbie"
        assert users.peek(user_id) is None
        assert users.get(user_id).persona == "ai-power"

    def test_without_the_database_what_is_outdated_serves(self, database_url, ticks):
        user_id, stranger = uuid4(), uuid4()
        with open_pool(database_url, max_size=2, timeout_seconds=1) as pool:
            persons = CountingPersons(pool)
            users = KnownUsers(persons, Assignments(pool), monotonic=ticks)
            known = users.get(user_id, [experiment("a")])
            pool.close()
            persons._pool = away = open_pool(
                "postgresql://nobody@127.0.0.1:1/none", max_size=1, timeout_seconds=0.1
            )
            with away:
                ticks.now += 700

                assert users.get(user_id, [experiment("a")]) is known
                reads = persons.reads
                # nobody waits for the database again so soon
                assert users.get(user_id) is known
                assert persons.reads == reads
                with pytest.raises(psycopg.OperationalError):
                    users.get(stranger)
                with pytest.raises(psycopg.OperationalError):
                    users.get(user_id, [experiment("b")])


class TestChanges:
    """What the catalog's poll makes a worker forget."""

    def test_a_changed_user_is_forgotten_and_no_other(
        self, catalog, users, ticks, set_persona
    ):
        catalog.current()
        one, other = uuid4(), uuid4()
        before = users.get(other)
        users.get(one)
        set_persona(one, "ai-power")
        ticks.now += 1
        catalog.current()

        assert users.get(one).persona == "ai-power"
        assert users.get(other) is before

    def test_a_change_makes_no_new_snapshot(self, catalog, ticks, set_persona):
        first = catalog.current()
        set_persona(uuid4(), "ai-power")
        ticks.now += 1

        assert catalog.current() is first

    def test_a_change_is_read_once(self, catalog, users, ticks, set_persona):
        catalog.current()
        user_id = uuid4()
        set_persona(user_id, "ai-power")
        ticks.now += 1
        catalog.current()
        known = users.get(user_id)
        ticks.now += 1
        catalog.current()

        assert users.get(user_id) is known

    def test_a_transaction_that_ends_late_is_not_missed(
        self, catalog, users, ticks, database_url, set_persona
    ):
        """Others that began later are seen before it; a number counted up would miss it."""
        catalog.current()
        early, late = uuid4(), uuid4()
        users.get(early)
        with connect(database_url) as connection, connection.transaction():
            connection.execute(
                "INSERT INTO user_personas (user_id, persona) VALUES (%s, 'ai-power')",
                [early],
            )
            # a sign-in does not wait for the nightly write
            set_persona(late, "team-manager")
            ticks.now += 1
            catalog.current()
            assert users.get(early).persona == "newbie"
            assert users.get(late).persona == "team-manager"
            kept = users.get(late)
        ticks.now += 1
        catalog.current()

        assert users.get(early).persona == "ai-power"
        assert users.get(late) is kept

    def test_what_is_rolled_back_changes_nothing(
        self, catalog, users, ticks, database_url
    ):
        catalog.current()
        user_id = uuid4()
        known = users.get(user_id)
        with (
            connect(database_url) as connection,
            connection.transaction(force_rollback=True),
        ):
            connection.execute("SELECT note_user_change(%s)", [user_id])
        ticks.now += 1
        catalog.current()

        assert users.get(user_id) is known

    def test_an_erasure_says_whom_to_forget(self, catalog, users, ticks, sql):
        catalog.current()
        user_id = uuid4()
        known = users.get(user_id)
        sql("SELECT note_user_change(%s)", user_id)
        ticks.now += 1
        catalog.current()

        assert users.peek(user_id) is None
        assert users.get(user_id) is not known

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO identity_links VALUES (%(other)s, %(id)s)",
            "INSERT INTO identity_links VALUES (%(id)s, %(other)s)",
            "UPDATE identity_links SET user_id = %(id)s",
            "UPDATE identity_links SET anonymous_id = %(id)s",
            "DELETE FROM identity_links",
            "TRUNCATE identity_links",
        ],
    )
    def test_a_link_makes_both_forgotten(
        self, catalog, users, ticks, sql, database_url, statement
    ):
        user_id, other = uuid4(), uuid4()
        if not statement.startswith("INSERT"):
            anonymous = user_id if statement.startswith(("DELETE", "TR")) else uuid4()
            sql("INSERT INTO identity_links VALUES (%s, %s)", anonymous, other)
        catalog.current()
        users.get(user_id)
        users.get(other)
        with connect(database_url) as connection:
            connection.execute(statement, {"id": user_id, "other": other})
        ticks.now += 1
        catalog.current()

        assert users.peek(user_id) is None
        assert users.peek(other) is None

    def test_what_changes_for_one_id_changes_for_all_of_the_person(
        self, catalog, users, ticks, sql, set_persona
    ):
        account, phone, tablet = uuid4(), uuid4(), uuid4()
        for anonymous in (phone, tablet):
            sql("INSERT INTO identity_links VALUES (%s, %s)", anonymous, account)
        catalog.current()
        for user_id in (account, phone, tablet):
            assert users.get(user_id).persona == "newbie"
        set_persona(phone, "ai-power")
        ticks.now += 1
        catalog.current()

        for user_id in (account, phone, tablet):
            assert users.get(user_id).persona == "ai-power"

    def test_a_nightly_write_of_all_personas_is_one_change(
        self, catalog, users, ticks, sql
    ):
        catalog.current()
        user_id = uuid4()
        users.get(user_id)
        sql(
            "INSERT INTO user_personas (user_id, persona)"
            " SELECT gen_random_uuid(), 'ai-power' FROM generate_series(1, 100000)"
        )
        assert sql("SELECT user_id FROM user_changes") == [(None,)]
        ticks.now += 1
        catalog.current()

        assert users.peek(user_id) is None

    def test_a_thousand_in_one_statement_are_told_one_by_one(self, sql):
        sql(
            "INSERT INTO user_personas (user_id)"
            " SELECT gen_random_uuid() FROM generate_series(1, 1000)"
        )

        assert sql("SELECT count(*), count(user_id) FROM user_changes") == [
            (1000, 1000)
        ]

    def test_a_statement_that_changes_nobody_tells_nothing(self, sql):
        sql("DELETE FROM user_personas")

        assert sql("SELECT count(*) FROM user_changes") == [(0,)]

    def test_too_many_changes_at_once_count_as_everybody(
        self, catalog, users, ticks, sql
    ):
        catalog.current()
        user_id = uuid4()
        users.get(user_id)
        sql(
            "SELECT note_user_change(gen_random_uuid()) FROM generate_series(1, %s)",
            MAX_CHANGED_USERS + 1,
        )
        ticks.now += 1
        catalog.current()

        assert users.peek(user_id) is None

    def test_after_a_long_silence_everybody_is_forgotten(self, catalog, users, ticks):
        """Changes are cleared away after an hour."""
        catalog.current()
        user_id = uuid4()
        users.get(user_id)
        ticks.now += 3_000
        catalog.current()

        assert users.peek(user_id) is None

    def test_changes_are_cleared_away(self, sql):
        sql("SELECT note_user_change(gen_random_uuid())")
        sql("UPDATE user_changes SET noted_at = now() - interval '61 minutes'")
        newest = uuid4()

        sql("SELECT note_user_change(%s)", newest)

        assert sql("SELECT user_id FROM user_changes") == [(newest,)]

    def test_nobody_waits_for_another_one_who_clears_away(self, sql, database_url):
        sql("SELECT note_user_change(gen_random_uuid())")
        sql("UPDATE user_changes SET noted_at = now() - interval '61 minutes'")
        with connect(database_url) as connection, connection.transaction():
            connection.execute("SELECT note_user_change(gen_random_uuid())")

            sql("SET lock_timeout = '1s'")
            sql("SELECT note_user_change(gen_random_uuid())")

        assert sql("SELECT count(*) FROM user_changes") == [(2,)]

    def test_a_restored_database_makes_everybody_forgotten(self, catalog, users, ticks):
        """Its transactions count from less than what was seen before."""
        catalog.current()
        user_id = uuid4()
        users.get(user_id)
        catalog._seen = f"{2**40 + 5}:{2**40 + 5}:"
        ticks.now += 1
        catalog.current()

        assert users.peek(user_id) is None


IDS = [UUID(int=number + 1) for number in range(4)]
PERSONAS = ["ai-power", "team-manager"]
ACTIONS = st.one_of(
    st.tuples(st.just("persona"), st.sampled_from(IDS), st.sampled_from(PERSONAS)),
    st.tuples(st.just("no persona"), st.sampled_from(IDS), st.none()),
    st.tuples(st.just("link"), st.sampled_from(IDS[1:]), st.none()),
    st.tuples(st.just("unlink"), st.sampled_from(IDS[1:]), st.none()),
    st.tuples(st.just("look"), st.sampled_from(IDS), st.none()),
)
STATEMENTS = {
    "persona": "INSERT INTO user_personas (user_id, persona) VALUES (%(id)s, %(to)s)"
    " ON CONFLICT (user_id) DO UPDATE SET persona = %(to)s, updated_at = now()",
    "no persona": "DELETE FROM user_personas WHERE user_id = %(id)s",
    "link": "INSERT INTO identity_links VALUES (%(id)s, %(account)s)"
    " ON CONFLICT DO NOTHING",
    "unlink": "DELETE FROM identity_links WHERE anonymous_id = %(id)s",
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, max_size=12))
def test_after_a_poll_what_is_remembered_is_what_is_stored(pool, sql, actions):
    """Whatever happened before and was looked up in between."""
    sql("TRUNCATE user_personas, identity_links")
    ticks = Ticks()
    users = KnownUsers(Persons(pool), Assignments(pool), monotonic=ticks)
    catalog = Catalog(pool, TutorialStore(), users, monotonic=ticks)
    catalog.current()
    with pool.connection() as connection:
        for action, user_id, persona in actions:
            if action == "look":
                users.get(user_id)
                continue
            parameters = {"id": user_id, "to": persona, "account": IDS[0]}
            connection.execute(STATEMENTS[action], parameters)
    ticks.now += 1
    catalog.current()
    fresh = KnownUsers(Persons(pool), Assignments(pool), monotonic=ticks)

    for user_id in IDS:
        assert users.get(user_id).persona == fresh.get(user_id).persona


def test_readers_and_forgetters_do_not_meet(users):
    """Plain reads while others forget: nobody fails, everybody gets a user."""
    ids = [uuid4() for _ in range(8)]
    stop, faults = threading.Event(), []

    def read():
        try:
            while not stop.is_set():
                for user_id in ids:
                    assert users.get(user_id).persona == "newbie"
        except Exception as exc:  # noqa: BLE001  (told by the test itself)
            faults.append(exc)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(200):
        users.forget(None if number % 10 == 0 else ids)
    stop.set()
    for thread in threads:
        thread.join()

    assert faults == []
