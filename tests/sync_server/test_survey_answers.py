"""Answers to the questions of a survey: what fits, what is kept, and what is not."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from client_sdk.contracts.codec import format_timestamp
from sync_server.crypto import CommentCipher
from tests.support.server_process import wait_until

SURVEY = "/api/tutorial/survey"
LONG = """
id: long
name: Long
steps: [{id: only, title: The only step}]
survey:
  questions:
    - {id: score, kind: nps, prompt: How likely?, required: true}
    - id: why
      kind: text
      prompt: What went wrong?
      required: true
      maxLength: 30
      showIf: {question: score, atMost: 6}
    - {id: ease, kind: rating, prompt: How easy?}
    - id: uses
      kind: multiple
      prompt: What for?
      options: [{id: plan, label: Plan}, {id: bill, label: Bill}]
    - id: how
      kind: single
      prompt: How do you bill?
      required: true
      options: [{id: hour, label: By the hour}, {id: fixed, label: Fixed}]
      showIf: {question: uses, anyOf: [bill]}
"""
#: Without a question of kind nps.
FEELING = """
id: feeling
name: Feeling
steps: [{id: only, title: The only step}]
survey:
  questions:
    - {id: mood, kind: rating, prompt: How was it?, required: true}
"""


@pytest.fixture(autouse=True)
def tutorials(tour, publish_yaml):
    publish_yaml(LONG)
    publish_yaml(FEELING)


@pytest.fixture
def submit(client, user):
    def post(*answers, who=user, **fields):
        body = {"tutorialId": "long", "answers": list(answers), **fields}
        return client.post(SURVEY, json=body, headers=who.headers)

    return post


def score(number):
    return {"question": "score", "score": number}


def why(text):
    return {"question": "why", "text": text}


def uses(*options):
    return {"question": "uses", "options": list(options)}


def stored(sql):
    """Return what is stored of the answers, the text as whether there is one."""
    return {
        name: text_is_there or options or number
        for name, number, options, text_is_there in sql(
            "SELECT question_id, score, options, text_encrypted IS NOT NULL"
            " FROM survey_answers"
        )
    }


def faults(answer):
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_answer")
    return [(error["pointer"], error["detail"]) for error in answer.json["errors"]]


def test_answers_are_stored_question_by_question(submit, sql):
    answer = submit(
        score(9),
        {"question": "ease", "score": 4},
        uses("bill", "plan"),
        {"question": "how", "options": ["hour"]},
    )

    assert answer.status_code == 201
    assert stored(sql) == {
        "score": 9,
        "ease": 4,
        "uses": ["bill", "plan"],
        "how": ["hour"],
    }
    assert sql("SELECT nps, comment, complete FROM tutorial_surveys") == [
        (9, None, True)
    ]


def test_a_text_is_stored_encrypted_and_bound_to_its_question(submit, user, sql):
    submission_id = uuid4()
    submit(score(2), why("Too slow"), submissionId=str(submission_id))

    ((text,),) = sql(
        "SELECT text_encrypted FROM survey_answers WHERE question_id = 'why'"
    )
    assert text.startswith("v1:")
    assert "slow" not in text
    plain = CommentCipher([b"k" * 32]).decrypt(
        text, user_id=user.id, submission_id=submission_id, question_id="why"
    )
    assert plain == "Too slow"


def test_a_low_score_must_say_why(submit, sql):
    refused = submit(score(6))

    assert faults(refused) == [("/answers", "the question 'why' needs an answer")]
    assert sql("SELECT count(*) FROM tutorial_surveys") == [(0,)]
    assert submit(score(6), why("Slow")).status_code == 201


def test_every_fault_is_told_at_its_place_and_no_text_is_repeated(submit, caplog):
    secret = "my secret diary, much too long for this"
    answer = submit(
        score(3),
        why(secret),
        {"question": "ease", "score": 6},
        uses("plan", "fly"),
        {"question": "mood", "text": secret},
        {"question": "ease", "score": 1},
    )

    assert [pointer for pointer, _ in faults(answer)] == [
        "/answers/1/text",
        "/answers/2/score",
        "/answers/3/options/1",
        "/answers/4/question",
        "/answers/5/question",
    ]
    assert "diary" not in answer.text
    assert "diary" not in caplog.text


def test_an_empty_answer_to_a_required_question_is_told_where_it_stands(submit):
    assert faults(submit(score(9), uses("bill"), {"question": "how"})) == [
        ("/answers/2", "the question 'how' needs an answer")
    ]


def test_answers_to_questions_that_are_not_asked_after_all_are_dropped(submit, sql):
    answer = submit(
        score(9), why("x" * 500), uses("plan"), {"question": "how", "options": ["?"]}
    )

    assert answer.status_code == 201
    assert stored(sql) == {"score": 9, "uses": ["plan"]}


class TestPartialAnswers:
    @pytest.fixture
    def part(self, submit):
        submission_id = str(uuid4())

        def send(*answers, complete=False, **fields):
            return submit(
                *answers, complete=complete, submissionId=submission_id, **fields
            )

        return send

    def test_they_add_up(self, part, sql):
        assert part(score(5)).status_code == 201
        assert part({"question": "ease", "score": 2}).status_code == 201
        assert part(why("Slow"), complete=True).status_code == 201

        assert stored(sql) == {"score": 5, "ease": 2, "why": True}
        assert sql("SELECT nps, complete FROM tutorial_surveys") == [(5, True)]

    def test_the_last_answer_to_a_question_counts(self, part, sql):
        part(score(5), uses("plan"))
        part(score(8), uses("plan", "bill"))

        assert stored(sql) == {"score": 8, "uses": ["plan", "bill"]}
        assert sql("SELECT nps FROM tutorial_surveys") == [(8,)]

    def test_an_answer_can_be_taken_back(self, part, sql):
        part(score(5), uses("plan"))
        part({"question": "uses"}, {"question": "score"})

        assert stored(sql) == {}
        assert sql("SELECT nps FROM tutorial_surveys") == [(None,)]

    def test_what_hung_on_an_answer_that_changed_goes(self, part, sql):
        part(score(3), why("Slow"))
        part(score(9), complete=True)

        assert stored(sql) == {"score": 9}

    def test_completing_wants_what_is_still_missing(self, part, sql):
        part(score(3))

        refused = part(complete=True)

        assert faults(refused) == [("/answers", "the question 'why' needs an answer")]
        assert sql("SELECT complete FROM tutorial_surveys") == [(False,)]

    def test_completing_needs_nothing_new(self, client, user, part, sql):
        part(score(3), why("Slow"))
        ((submission_id,),) = sql("SELECT submission_id FROM tutorial_surveys")

        body = {"tutorialId": "long", "submissionId": str(submission_id)}
        answer = client.post(SURVEY, json=body, headers=user.headers)

        assert answer.status_code == 201
        assert stored(sql) == {"score": 3, "why": True}
        assert sql("SELECT nps, complete FROM tutorial_surveys") == [(3, True)]

    def test_a_complete_answer_stays_whatever_comes_late(self, part, sql):
        part(score(9), complete=True)

        assert part(score(3)).status_code == 201
        assert part(score(3), complete=True).status_code == 201
        assert stored(sql) == {"score": 9}

    def test_a_comment_stays_until_another_one_comes(self, part, user, sql):
        part(comment="First")
        part(score(9), complete=True)

        ((comment, submission_id),) = sql(
            "SELECT comment, submission_id FROM tutorial_surveys"
        )
        assert (
            CommentCipher([b"k" * 32]).decrypt(
                comment, user_id=user.id, submission_id=submission_id
            )
            == "First"
        )


class TestTheSpecificationsBody:
    """A client that knows no questions sends a score and a comment."""

    @pytest.fixture
    def submit(self, client, user):
        def post(**fields):
            return client.post(SURVEY, json=fields, headers=user.headers)

        return post

    def test_it_suffices_for_a_survey_of_many_questions(self, submit, sql):
        answer = submit(tutorialId="long", nps=3, comment="Slow")

        assert answer.status_code == 201
        assert stored(sql) == {"score": 3}
        assert sql("SELECT nps FROM tutorial_surveys") == [(3,)]

    def test_it_suffices_for_a_tutorial_without_a_survey(self, submit, sql):
        assert submit(tutorialId="plain", nps=3).status_code == 201
        assert stored(sql) == {}
        assert sql("SELECT nps FROM tutorial_surveys") == [(3,)]

    @pytest.mark.parametrize("tutorial", ["tour", "plain", "long"])
    def test_it_needs_the_score(self, submit, tutorial):
        (fault,) = faults(submit(tutorialId=tutorial, comment="Nice"))

        assert fault[0] == "/nps"

    def test_a_survey_without_nps_does_not_take_it(self, submit):
        assert faults(submit(tutorialId="feeling", nps=3)) == [
            ("/nps", "the survey asks no question of kind nps; send answers")
        ]


def test_a_survey_without_nps_leaves_the_score_open(submit, sql):
    mood = {"question": "mood", "score": 5}

    assert submit(mood, tutorialId="feeling").status_code == 201
    assert sql("SELECT nps FROM tutorial_surveys") == [(None,)]


class TestTheShortForm:
    """Its two questions have columns of their own, however they are answered."""

    def test_it_takes_answers_too(self, submit, user, sql):
        answer = submit(
            {"question": "nps", "score": 7},
            {"question": "comment", "text": "Fine"},
            tutorialId="tour",
        )

        assert answer.status_code == 201
        assert stored(sql) == {}
        ((nps, comment, submission_id),) = sql(
            "SELECT nps, comment, submission_id FROM tutorial_surveys"
        )
        assert nps == 7
        assert (
            CommentCipher([b"k" * 32]).decrypt(
                comment, user_id=user.id, submission_id=submission_id
            )
            == "Fine"
        )

    def test_its_parts_add_up(self, submit, sql):
        part = {"tutorialId": "tour", "submissionId": str(uuid4())}
        submit({"question": "nps", "score": 7}, complete=False, **part)

        assert (
            submit({"question": "comment", "text": "Fine"}, **part).status_code == 201
        )
        assert sql("SELECT nps, complete FROM tutorial_surveys") == [(7, True)]


def test_a_tutorial_without_a_survey_takes_no_answers(submit):
    answer = submit(score(9), tutorialId="plain", nps=9)

    assert [pointer for pointer, _ in faults(answer)] == ["/answers/0/question"]


def test_nps_is_short_for_the_first_score(submit, sql):
    assert submit(uses("plan"), nps=9).status_code == 201
    assert stored(sql) == {"score": 9, "uses": ["plan"]}


def test_two_different_scores_are_a_fault(submit):
    assert faults(submit(score(9), nps=8)) == [
        ("/nps", "it is short for the answer to 'score', and differs")
    ]
    assert submit(score(9), nps=9).status_code == 201


class TestVersions:
    """A device answers what it was shown, however old that is."""

    @pytest.fixture(autouse=True)
    def second_version(self, tutorials, publish_yaml):
        publish_yaml(LONG.replace("id: ease", "id: speed"))

    def test_an_answer_fits_the_version_that_it_names(self, submit, make_user, sql):
        old = submit({"question": "ease", "score": 3}, score(9), tutorialVersion=1)
        new = submit(
            {"question": "speed", "score": 3},
            score(9),
            tutorialVersion=2,
            who=make_user(),
        )

        assert (old.status_code, new.status_code) == (201, 201)
        assert set(stored(sql)) == {"ease", "speed", "score"}

    def test_without_a_version_the_newest_counts(self, submit):
        old = submit({"question": "ease", "score": 3}, score(9))

        assert [pointer for pointer, _ in faults(old)] == ["/answers/0/question"]

    def test_a_version_that_never_was_is_refused(self, submit):
        answer = submit(score(9), tutorialVersion=3)

        assert (answer.status_code, answer.json["code"]) == (422, "unknown_version")

    def test_a_part_of_an_older_version_is_not_lost(self, submit, sql):
        submission_id = str(uuid4())
        ease = {"question": "ease", "score": 3}
        submit(ease, complete=False, tutorialVersion=1, submissionId=submission_id)

        submit(score(9), tutorialVersion=2, submissionId=submission_id)

        assert stored(sql) == {"score": 9, "ease": 3}


def test_the_id_of_an_answer_about_another_tutorial_is_refused(submit, sql):
    """Else the second answer would be told as stored, and would not be."""
    submission_id = str(uuid4())
    submit(score(9), submissionId=submission_id)

    other = submit(
        {"question": "mood", "score": 5},
        tutorialId="feeling",
        submissionId=submission_id,
    )

    assert [pointer for pointer, _ in faults(other)] == ["/submissionId"]
    assert stored(sql) == {"score": 9}


def test_an_answer_from_before_an_erasure_is_gone_for_good(submit, user, clock, sql):
    sql("SELECT begin_erasure(%s)", user.id)
    before = format_timestamp(clock.now - timedelta(days=1))

    answer = submit(score(9), occurredAt=before)

    assert (answer.status_code, answer.json["code"]) == (410, "user_erased")
    assert stored(sql) == {}


def test_an_erased_answer_takes_its_parts_along(submit, sql):
    submit(score(9), uses("plan"))

    sql("DELETE FROM tutorial_surveys")

    assert stored(sql) == {}


@pytest.mark.direct
def test_a_row_of_somebody_who_does_not_lock_counts(submit, user, database_url, sql):
    """It is not there when the window is checked, and stands in the way of the row."""
    with psycopg.connect(database_url) as other:
        other.execute("INSERT INTO tutorial_surveys (user_id) VALUES (%s)", [user.id])
        pid = other.info.backend_pid
        committed = []

        def commit_once_it_blocks():
            wait_until(
                lambda: (
                    sql(
                        "SELECT count(*) FROM pg_stat_activity"
                        " WHERE %s = ANY(pg_blocking_pids(pid))",
                        pid,
                    )
                    != [(0,)]
                ),
                what="the answer waits for the other row",
            )
            other.commit()
            committed.append(True)

        thread = threading.Thread(target=commit_once_it_blocks)
        thread.start()
        answer = submit(score(9))
        thread.join()

    assert committed
    assert (answer.status_code, answer.json["code"]) == (429, "survey_rate_limited")
