"""Events become features: all, one by one, and as the plain computation says."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from sync_server.activity.counting import UsageCounting
from sync_server.activity.kinds import Kind
from sync_server.db.pool import connect
from sync_server.personas.features import FEATURES
from sync_server.personas.rows import read_chunks
from sync_server.privacy.audit import AuditLog
from sync_server.privacy.erasure import Erasure
from tests.support.effort import examples
from tests.sync_server.personas.reference import Event, features_of

NAMES = [feature.name for feature in FEATURES]
#: An account, the anonymous user that it was, and somebody else.
ACCOUNT, ANONYMOUS, OTHER = (UUID(int=number) for number in (1, 2, 3))
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
STATUSES = ("started", "completed", "skipped", "dismissed", "target_missing")

moments = st.integers(0, 200 * 86_400).map(lambda s: BEGIN + timedelta(seconds=s))
events = st.builds(
    Event,
    user_id=st.sampled_from([ACCOUNT, ANONYMOUS, OTHER]),
    at=moments,
    what=st.sampled_from([*Kind, *STATUSES]),
    amount=st.integers(1, 50) | st.just(10_000),
    members=st.none() | st.integers(1, 20),
    duration_ms=st.none() | st.integers(0, 2_000_000),
)
#: A transaction of events, the link from the anonymous user, or a count in between.
moves = st.lists(
    st.lists(events, min_size=1, max_size=8) | st.sampled_from(["link", "count"])
)


@pytest.fixture
def connection(database_url):
    with connect(database_url) as connection:
        yield connection


@pytest.fixture
def count(connection):
    def run(batch_rows=1_000, batch_users=1_000):
        work = UsageCounting(batch_rows=batch_rows, batch_users=batch_users)
        return list(work.run(connection))

    return run


def store(connection, batch):
    with connection.transaction():
        for event in batch:
            if event.is_step:
                connection.execute(
                    "INSERT INTO tutorial_step_events (user_id, tutorial_id, step_id,"
                    " status, occurred_at, duration_ms) VALUES (%s, 't', 's', %s, %s, %s)",
                    [event.user_id, event.what, event.at, event.duration_ms],
                )
            else:
                connection.execute(
                    "INSERT INTO user_activity (user_id, event_id, name, kind,"
                    " occurred_at, amount, members) VALUES (%s, %s, 'x', %s, %s, %s, %s)",
                    [
                        *(event.user_id, uuid4(), event.what, event.at),
                        *(event.amount, event.members),
                    ],
                )


def link(connection):
    connection.execute(
        "INSERT INTO identity_links (anonymous_id, user_id) VALUES (%s, %s)"
        " ON CONFLICT DO NOTHING",
        [ANONYMOUS, ACCOUNT],
    )


def begin_erasure(connection, user_id):
    with connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '50ms'")
        connection.execute("SELECT begin_erasure(%s)", [user_id])


def clear(connection):
    connection.execute(
        "TRUNCATE user_activity, tutorial_step_events, identity_links, user_days,"
        " user_spans, user_features"
    )


def dataset(connection):
    return {
        UUID(bytes=user_id.tobytes()): features.tolist()
        for chunk in read_chunks(connection)
        for user_id, features in zip(chunk.ids, chunk.features, strict=True)
    }


def of_one(connection, user_id):
    (features,) = connection.execute(
        "SELECT CAST(persona_features_of(%s) AS real[])", [user_id]
    ).fetchone()
    # a real is read as the double with the fewest digits
    return features and np.float32(features).tolist()


class TestFeatures:
    @settings(
        max_examples=examples(40),
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(moves=moves, batch_rows=st.integers(1, 10), batch_users=st.integers(1, 3))
    def test_all_and_one_are_what_the_events_say(
        self, connection, count, moves, batch_rows, batch_users
    ):
        clear(connection)
        is_linked = False
        persons = defaultdict(list)
        for move in moves:
            if move == "link":
                link(connection)
                is_linked = True
            elif move == "count":
                count(batch_rows, batch_users)
            else:
                store(connection, move)
                for event in move:
                    persons[event.user_id].append(event)
        count(batch_rows, batch_users)
        if is_linked and ANONYMOUS in persons:
            persons[ACCOUNT] += persons.pop(ANONYMOUS)

        everybody = dataset(connection)

        assert everybody.keys() == persons.keys()
        for user_id, happened in persons.items():
            expected = features_of(happened)
            assert list(expected) == NAMES
            found = dict(zip(NAMES, everybody[user_id], strict=True))
            assert found == pytest.approx(expected, rel=1e-6)
            assert of_one(connection, user_id) == everybody[user_id]

    def test_any_id_of_a_person_will_do(self, connection, count):
        store(connection, [Event(ANONYMOUS, BEGIN, "ai_call")])
        link(connection)
        count()

        assert of_one(connection, ANONYMOUS) == of_one(connection, ACCOUNT)
        assert dataset(connection).keys() == {ACCOUNT}

    def test_who_never_did_anything_has_none(self, connection):
        assert of_one(connection, OTHER) is None

    def test_days_are_those_of_utc_wherever_the_server_stands(self, connection):
        hours = (1, 23)
        store(
            connection,
            [Event(OTHER, BEGIN + timedelta(hours=h), "ai_call") for h in hours],
        )
        with connection.transaction():
            connection.execute("SET LOCAL TIME ZONE 'Asia/Tokyo'")
            connection.execute("SELECT count_usage(10)")

        assert connection.execute("SELECT day FROM user_days").fetchall() == [
            (BEGIN.date(),)
        ]

    def test_a_step_without_a_time_is_no_quick_one(self, connection, count):
        store(
            connection,
            [
                Event(OTHER, BEGIN, "completed", duration_ms=duration_ms)
                for duration_ms in (None, 2_000, 4_000, 2**31 - 1)
            ],
        )
        count()

        found = dict(zip(NAMES, of_one(connection, OTHER), strict=True))
        assert found["seconds_per_step"] == 202

    def test_a_wrong_clock_moves_nobody_into_another_time(self, connection, count):
        wrong = [datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)]
        store(connection, [Event(OTHER, at, "completed") for at in wrong])
        connection.execute("UPDATE tutorial_step_events SET created_at = %s", [BEGIN])
        count()

        found = dict(zip(NAMES, of_one(connection, OTHER), strict=True))
        assert (found["tenure_days"], found["steps_completed"]) == (0, 2)


class TestCounting:
    def test_everything_is_counted_once(self, connection, count):
        store(connection, [Event(OTHER, BEGIN, "ai_call")] * 5)
        assert sum(piece.rows for piece in count()) == 5
        store(connection, [Event(OTHER, BEGIN, "started")] * 3)

        assert sum(piece.rows for piece in count()) == 3
        assert sum(piece.rows for piece in count()) == 0
        assert connection.execute(
            "SELECT ai_calls, steps_started FROM user_days"
        ).fetchall() == [(5, 3)]

    def test_what_has_not_committed_is_left_to_the_next_time(
        self, connection, count, database_url
    ):
        with connect(database_url) as other, other.transaction():
            store(other, [Event(OTHER, BEGIN, "ai_call")])
            store(connection, [Event(ACCOUNT, BEGIN, "ai_call")])
            assert UsageCounting().waiting(connection) == 1
            count()
            assert dataset(connection) == {}
        count()

        assert dataset(connection).keys() == {OTHER, ACCOUNT}

    def test_a_run_that_stops_anywhere_goes_on(self, connection, count):
        for _ in range(6):
            store(connection, [Event(uuid4(), BEGIN, "ai_call") for _ in range(3)])
        work = UsageCounting(batch_rows=3, batch_users=2)
        for pieces in range(1, 9):
            run = work.run(connection)
            for _ in range(pieces):
                next(run, None)
            run.close()
        count()

        assert connection.execute("SELECT sum(events) FROM user_days").fetchone() == (
            18,
        )
        assert len(dataset(connection)) == 18
        assert work.stale_users(connection) == 0

    def test_a_million_calls_of_one_day_fill_it_and_no_more(self, connection, count):
        connection.execute(
            "INSERT INTO user_activity (user_id, event_id, name, kind, occurred_at)"
            " SELECT %s, gen_random_uuid(), 'x', 'ai_call', %s"
            " FROM generate_series(1, 1000000)",
            [OTHER, BEGIN],
        )

        pieces = count()

        assert [piece.clipped_days for piece in pieces if piece.rows] == [1]
        found = dict(zip(NAMES, of_one(connection, OTHER), strict=True))
        assert found["ai_calls_peak_day"] == 10_000

    def test_an_erasure_waits_for_a_count(self, connection, database_url):
        """The count would bring back what was deleted meanwhile."""
        store(connection, [Event(OTHER, BEGIN, "ai_call")])
        with connect(database_url) as counting, counting.transaction():
            counting.execute("SELECT count_usage(10)")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                begin_erasure(connection, OTHER)

        begin_erasure(connection, OTHER)

    def test_who_is_erased_is_in_no_later_dataset(self, connection, count, pool):
        erasure = Erasure(pool, AuditLog("s" * 32))
        store(
            connection,
            [Event(user_id, BEGIN, "ai_call") for user_id in (OTHER, ACCOUNT)],
        )
        count()
        store(connection, [Event(OTHER, BEGIN, "started")])

        erasure.erase(OTHER, actor="test")
        count()

        assert dataset(connection).keys() == {ACCOUNT}
        assert of_one(connection, OTHER) is None

    def test_a_database_restored_elsewhere_is_counted_anew(self, connection, count):
        """Numbers of its transactions are still to come here."""
        store(
            connection, [Event(OTHER, BEGIN, "ai_call"), Event(OTHER, BEGIN, "started")]
        )
        count()
        expected = dataset(connection)
        for table in ("user_activity", "tutorial_step_events"):
            connection.execute(f"UPDATE {table} SET tx_id = '9000000000000'")
        connection.execute("UPDATE usage_counting SET counted_tx = '9000000000001'")
        store(connection, [Event(ACCOUNT, BEGIN, "ai_call")])

        count()
        count()

        found = dataset(connection)
        assert found.keys() == {OTHER, ACCOUNT}
        assert found[OTHER] == expected[OTHER]
