"""Which questions are asked, and which answers fit: golden cases, and laws that hold always."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, strategies as st

from client_sdk.contracts.codec import decode
from client_sdk.contracts.questions import Condition, Question, QuestionKind
from client_sdk.contracts.survey import Answer
from client_sdk.contracts.survey_rules import (
    answer_faults,
    first_nps,
    is_answered,
    questions_of,
    unanswered,
    visible_questions,
)
from client_sdk.contracts.tutorial import SurveyPrompt
from tests.contracts.wire_cases import load_case_file

GOLDEN = load_case_file("survey_rules")
QUESTIONS = questions_of(decode(SurveyPrompt, GOLDEN["survey"]))


def ids(questions: tuple[Question, ...]) -> list[str]:
    return [question.id for question in questions]


def answer(question: str, options: Any = None, **fields: Any) -> Answer:
    return Answer(
        question=question, options=None if options is None else tuple(options), **fields
    )


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["name"])
def test_a_golden_case_is_judged_as_written(case: dict[str, Any]):
    # as dataclasses: a score above ten does not pass the codec
    answers = [answer(**each) for each in case["answers"]]
    by_question = {each.question: each for each in answers}

    assert ids(visible_questions(QUESTIONS, by_question)) == case["visible"]
    assert ids(unanswered(QUESTIONS, by_question)) == case["unanswered"]
    assert [fault.pointer for _, fault in answer_faults(QUESTIONS, answers)] == case[
        "faults"
    ]


def test_a_fault_never_repeats_a_text():
    answers = [
        Answer(question="why", text="a secret of twenty-six chars"),
        Answer(question="score", text="a secret"),
        Answer(question="a secret", text="a secret"),
        Answer(question="role", options=("a secret",)),
    ]

    faults = answer_faults(QUESTIONS, answers)

    assert len(faults) == 4
    assert not [fault for _, fault in faults if "secret" in fault.detail]


def test_the_short_form_asks_for_a_score_and_then_a_comment():
    prompt = SurveyPrompt(question="How likely?", comment_label="Why?")

    score, comment = questions_of(prompt)

    assert (score.id, score.kind, score.required) == ("nps", QuestionKind.NPS, True)
    assert (comment.id, comment.kind, comment.prompt) == (
        "comment",
        QuestionKind.TEXT,
        "Why?",
    )
    assert first_nps((comment, score)) == score


def test_no_survey_asks_nothing():
    assert questions_of(None) == ()
    assert first_nps(()) is None


options = st.none() | st.lists(
    st.sampled_from(["solo", "team", "other", "plan", "bill", "x"]), max_size=3
).map(tuple)
answers = st.lists(
    st.builds(
        Answer,
        question=st.sampled_from([*ids(QUESTIONS), "unknown"]),
        score=st.none() | st.integers(0, 10),
        options=options,
        text=st.none() | st.text(max_size=30),
    ),
    max_size=8,
)


@given(answers)
def test_what_is_asked_hangs_on_what_is_asked_alone(given_answers: list[Answer]):
    """Answers to questions that are not asked change nothing: they may be dropped."""
    by_question = {each.question: each for each in given_answers}
    visible = visible_questions(QUESTIONS, by_question)

    kept = {question.id: by_question.get(question.id) for question in visible}
    again = visible_questions(QUESTIONS, {k: v for k, v in kept.items() if v})

    assert again == visible
    assert set(unanswered(QUESTIONS, by_question)) <= set(visible)


@given(answers)
def test_a_survey_without_faults_and_gaps_answers_every_required_question(
    given_answers: list[Answer],
):
    by_question = {each.question: each for each in given_answers}
    if answer_faults(QUESTIONS, given_answers) or unanswered(QUESTIONS, by_question):
        return

    for question in visible_questions(QUESTIONS, by_question):
        assert not question.required or is_answered(by_question[question.id])


@given(st.integers(0, 10), st.integers(0, 10), st.integers(0, 10))
def test_a_band_includes_both_its_ends(low: int, high: int, score: int):
    asked = Question(id="a", kind=QuestionKind.NPS, prompt="?")
    follow_up = dataclasses.replace(
        asked, id="b", show_if=Condition(question="a", at_least=low, at_most=high)
    )

    visible = visible_questions(
        (asked, follow_up), {"a": Answer(question="a", score=score)}
    )

    assert (follow_up in visible) == (low <= score <= high)
