"""Parts of an answer, in any order and with any change of mind, leave a sound whole."""

from __future__ import annotations

from hypothesis import given, strategies as st

from client_sdk.contracts.codec import decode
from client_sdk.contracts.survey import Answer, SurveySubmission
from client_sdk.contracts.survey_rules import (
    answer_faults,
    is_answered,
    questions_of,
    unanswered,
    visible_questions,
)
from client_sdk.contracts.tutorial import SurveyPrompt
from sync_server.surveys.form import Ballot, InvalidAnswer, fill_in
from tests.contracts.wire_cases import load_case_file

QUESTIONS = questions_of(decode(SurveyPrompt, load_case_file("survey_rules")["survey"]))
CHOICES = ("solo", "team", "other", "plan", "bill", "x")
answers = st.builds(
    Answer,
    question=st.sampled_from([*(question.id for question in QUESTIONS), "unknown"]),
    score=st.none() | st.integers(0, 10),
    options=st.none() | st.lists(st.sampled_from(CHOICES), max_size=2).map(tuple),
    text=st.none() | st.sampled_from(["", " ", "fine", "much too long for twenty"]),
)
parts = st.lists(
    st.builds(
        SurveySubmission,
        tutorial_id=st.just("t"),
        nps=st.none() | st.integers(0, 10),
        answers=st.none() | st.lists(answers, max_size=4).map(tuple),
        complete=st.just(False),
    ),
    max_size=6,
)


def after(held: dict[str, Answer], ballot: Ballot) -> dict[str, Answer]:
    kept = {name: a for name, a in held.items() if name not in ballot.dropped}
    return kept | {answer.question: answer for answer in ballot.answers}


def filled(part: SurveySubmission, held: dict[str, Answer]) -> Ballot | None:
    try:
        return fill_in(QUESTIONS, part, held)
    except InvalidAnswer:
        return None


@given(parts)
def test_what_is_stored_is_asked_answered_and_without_fault(
    sent: list[SurveySubmission],
):
    held: dict[str, Answer] = {}
    for part in sent:
        ballot = filled(part, held)
        if ballot is None:
            continue
        held = after(held, ballot)

        asked = {question.id for question in visible_questions(QUESTIONS, held)}
        assert held.keys() <= asked
        assert all(is_answered(answer) for answer in held.values())
        assert answer_faults(QUESTIONS, tuple(held.values())) == []
        assert ballot.nps == (held["score"].score if "score" in held else None)


@given(parts)
def test_it_can_be_completed_as_soon_as_nothing_required_is_missing(
    sent: list[SurveySubmission],
):
    held: dict[str, Answer] = {}
    for part in sent:
        ballot = filled(part, held)
        held = after(held, ballot) if ballot is not None else held

    last = filled(SurveySubmission(tutorial_id="t", answers=()), held)

    assert (last is None) == (unanswered(QUESTIONS, held) != ())
    assert last is None or after(held, last) == held
