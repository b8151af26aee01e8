"""``POST /api/tutorial/survey``: one answer in 30 days, whatever arrives when."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle
from uuid import UUID, uuid4

import psycopg
import pytest

from client_sdk.contracts.codec import format_timestamp
from sync_server.crypto import CommentCipher
from sync_server.identity.links import IdentityLinks
from sync_server.surveys.service import clamped
from tests.support.server_process import wait_until

SURVEY = "/api/tutorial/survey"
THIRTY_DAYS = 30 * 24 * 60 * 60

pytestmark = pytest.mark.usefixtures("tour")


def submit(client, user, **fields):
    body = {"tutorialId": "tour", "nps": 9, **fields}
    return client.post(SURVEY, json=body, headers=user.headers)


def ago(clock, **duration):
    return format_timestamp(clock.now - timedelta(**duration))


def rows(sql):
    return sql("SELECT nps, complete FROM tutorial_surveys ORDER BY id")


def test_an_answer_is_stored_with_its_comment_encrypted(client, user, sql):
    answer = submit(client, user, comment="Loved it", submissionId=str(uuid4()))

    assert answer.status_code == 201
    ((nps, persona, stored, submission_id),) = sql(
        "SELECT nps, persona, comment, submission_id FROM tutorial_surveys"
    )
    assert (nps, persona) == (9, "newbie")
    assert answer.json == {"submissionId": str(submission_id)}
    assert stored.startswith("v1:")
    assert "Loved" not in stored
    plain = CommentCipher([b"k" * 32]).decrypt(
        stored, user_id=user.id, submission_id=submission_id
    )
    assert plain == "Loved it"


def test_no_comment_is_stored_as_none(client, user, sql):
    submit(client, user)

    assert sql("SELECT comment FROM tutorial_surveys") == [(None,)]


def test_a_second_answer_within_30_days_waits(client, user, clock, sql):
    submit(client, user)
    clock.advance(days=10)

    answer = submit(client, user, nps=1)

    assert (answer.status_code, answer.json["code"]) == (429, "survey_rate_limited")
    assert int(answer.headers["Retry-After"]) == pytest.approx(20 * 24 * 60 * 60, abs=1)
    assert rows(sql) == [(9, True)]


def test_after_30_days_the_next_answer_counts(client, user, clock, sql):
    submit(client, user)
    clock.advance(days=30)

    assert submit(client, user, nps=3).status_code == 201
    assert rows(sql) == [(9, True), (3, True)]


def test_another_user_does_not_wait(client, make_user, sql):
    assert submit(client, make_user()).status_code == 201
    assert submit(client, make_user()).status_code == 201
    assert len(rows(sql)) == 2


def test_an_answer_that_waited_offline_counts_when_it_was_given(
    client, user, clock, sql
):
    assert submit(client, user, occurredAt=ago(clock, days=40)).status_code == 201
    assert submit(client, user, occurredAt=ago(clock, days=5)).status_code == 201

    late = submit(client, user, occurredAt=ago(clock, days=20))

    assert late.status_code == 429
    assert len(rows(sql)) == 2


def test_the_same_submission_again_is_no_error(client, user, sql):
    submission_id = str(uuid4())

    answers = [submit(client, user, submissionId=submission_id) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201] * 3
    assert {answer.json["submissionId"] for answer in answers} == {submission_id}
    assert rows(sql) == [(9, True)]


def test_a_partial_answer_is_completed_by_its_id(client, user, sql):
    submission_id = str(uuid4())
    submit(client, user, nps=7, complete=False, submissionId=submission_id)
    assert rows(sql) == [(7, False)]

    answer = submit(client, user, nps=8, comment="So.", submissionId=submission_id)

    assert answer.status_code == 201
    assert rows(sql) == [(8, True)]
    assert sql("SELECT comment FROM tutorial_surveys")[0][0].startswith("v1:")


def test_a_partial_answer_that_comes_late_changes_nothing(client, user, sql):
    submission_id = str(uuid4())
    submit(client, user, nps=8, submissionId=submission_id)

    late = submit(client, user, nps=2, complete=False, submissionId=submission_id)

    assert late.status_code == 201
    assert rows(sql) == [(8, True)]


def test_a_partial_answer_takes_the_window_too(client, user):
    submit(client, user, complete=False)

    assert submit(client, user).status_code == 429


def simultaneously(app, users, bodies):
    """Post every body in a thread of its own, as the users in turn."""
    statuses = []

    def post(user, fields):
        statuses.append(submit(app.test_client(), user, **fields).status_code)

    threads = [
        threading.Thread(target=post, args=(user, body))
        for user, body in zip(cycle(users), bodies, strict=False)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


def test_fifty_answers_at_once_leave_one(app, user, sql):
    bodies = [{"submissionId": str(uuid4()), "nps": n % 11} for n in range(50)]

    statuses = simultaneously(app, (user,), bodies)

    assert statuses == [201, *[429] * 49]
    assert len(rows(sql)) == 1


def test_a_race_of_one_submission_with_itself_is_won_by_all(app, user, sql):
    body = {"submissionId": str(uuid4())}

    assert simultaneously(app, (user,), [body] * 20) == [201] * 20
    assert len(rows(sql)) == 1


def test_simultaneous_offline_answers_of_two_windows_both_count(app, user, clock, sql):
    bodies = [
        {"submissionId": str(uuid4()), "occurredAt": ago(clock, days=days)}
        for days in (1, 60)
        for _ in range(6)
    ]

    assert simultaneously(app, (user,), bodies) == [201, 201, *[429] * 10]


class TestOnePersonWithTwoIds:
    """An anonymous user who signed in is not asked twice."""

    @pytest.fixture
    def account(self, make_user):
        return make_user()

    @pytest.fixture
    def link(self, pool, user, account):
        """Sign in."""
        links = IdentityLinks(pool)
        return partial(links.link, anonymous_id=user.id, user_id=account.id)

    @pytest.mark.parametrize("first_as", ["anonymous", "account"])
    def test_the_other_id_waits(self, client, user, account, link, first_as, clock):
        link()
        pair = (user, account) if first_as == "anonymous" else (account, user)
        assert submit(client, pair[0]).status_code == 201
        clock.advance(days=1)

        answer = submit(client, pair[1])

        assert (answer.status_code, answer.json["code"]) == (429, "survey_rate_limited")
        assert int(answer.headers["Retry-After"]) == pytest.approx(29 * 86_400, abs=1)

    def test_an_answer_from_before_signing_in_counts(self, client, user, account, link):
        assert submit(client, user).status_code == 201
        link()

        assert submit(client, account).status_code == 429

    def test_two_answers_from_before_signing_in_both_stay(
        self, client, user, account, link, sql
    ):
        assert submit(client, user).status_code == 201
        assert submit(client, account).status_code == 201
        link()

        assert submit(client, user).status_code == 429
        assert len(rows(sql)) == 2

    def test_a_retry_under_the_account_finds_the_first_delivery(
        self, client, user, account, link, sql
    ):
        submission_id = str(uuid4())
        submit(client, user, submissionId=submission_id)
        link()

        again = submit(client, account, nps=1, submissionId=submission_id)

        assert again.status_code == 201
        assert rows(sql) == [(9, True)]

    def test_a_partial_answer_is_completed_under_the_account(
        self, client, user, account, link, sql
    ):
        submission_id = str(uuid4())
        submit(client, user, nps=3, complete=False, submissionId=submission_id)
        link()

        submit(client, account, nps=4, comment="So.", submissionId=submission_id)

        assert rows(sql) == [(4, True)]
        ((owner, comment),) = sql("SELECT user_id, comment FROM tutorial_surveys")
        assert owner == user.id
        plain = CommentCipher([b"k" * 32]).decrypt(
            comment, user_id=user.id, submission_id=UUID(submission_id)
        )
        assert plain == "So."

    def test_fifty_answers_of_both_ids_at_once_leave_one(
        self, app, user, account, link, sql
    ):
        link()
        bodies = [{"submissionId": str(uuid4()), "nps": n % 11} for n in range(50)]

        statuses = simultaneously(app, (user, account), bodies)

        assert statuses == [201, *[429] * 49]
        assert len(rows(sql)) == 1

    def test_a_submission_of_both_ids_at_once_is_one_row(
        self, app, user, account, link, sql
    ):
        link()
        body = {"submissionId": str(uuid4())}

        assert simultaneously(app, (user, account), [body] * 20) == [201] * 20
        assert len(rows(sql)) == 1

    def test_signing_in_waits_for_an_answer_under_way(
        self, client, user, account, link, database_url, sql
    ):
        """Else the account's answer would not see the anonymous one, nor it the link."""
        with psycopg.connect(database_url) as other:
            other.execute("SELECT lock_person(%s)", [user.id])
            thread = threading.Thread(target=link)
            thread.start()
            wait_until(
                lambda: (
                    sql(
                        "SELECT count(*) FROM pg_locks"
                        " WHERE locktype = 'advisory' AND NOT granted"
                    )
                    == [(1,)]
                ),
                what="signing in waits",
            )
            assert sql("SELECT count(*) FROM identity_links") == [(0,)]
            other.commit()
            thread.join()

        assert sql("SELECT count(*) FROM identity_links") == [(1,)]


def test_an_unknown_tutorial_is_refused(client, user, sql):
    answer = submit(client, user, tutorialId="none")

    assert (answer.status_code, answer.json["code"]) == (404, "unknown_tutorial")
    assert rows(sql) == []


def test_a_refused_comment_is_not_repeated(client, user, caplog):
    answer = submit(client, user, comment="my secret diary\0")

    assert answer.status_code == 400
    assert "diary" not in answer.text
    assert "diary" not in caplog.text


NOW = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("occurred_at", "expected"),
    [
        pytest.param(NOW, NOW, id="now"),
        pytest.param(NOW + timedelta(hours=5), NOW, id="future"),
        pytest.param(NOW - timedelta(days=89), NOW - timedelta(days=89), id="past"),
        pytest.param(NOW - timedelta(days=91), NOW - timedelta(days=90), id="far-past"),
        pytest.param(
            datetime.fromisoformat("0001-01-01T00:00:00+14:00"),
            NOW - timedelta(days=90),
            id="first",
        ),
        pytest.param(
            datetime.fromisoformat("9999-12-31T23:59:59-14:00"), NOW, id="last"
        ),
    ],
)
def test_the_time_of_an_answer_is_clamped(occurred_at, expected):
    assert clamped(occurred_at, now=NOW) == expected


def test_a_window_lasts_30_days(client, user, sql):
    submit(client, user)

    ((seconds,),) = sql(
        "SELECT extract(epoch FROM window_ends_at - occurred_at)::int"
        " FROM tutorial_surveys"
    )
    assert seconds == THIRTY_DAYS
