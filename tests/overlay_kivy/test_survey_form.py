"""Whatever a survey asks and a user does, what goes out is what the server takes."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings, strategies as st

from client_sdk import Answer, SurveyPrompt
from client_sdk.contracts.codec import decode, encode
from client_sdk.contracts.questions import (
    Condition,
    Option,
    Question,
    QuestionKind,
    score_range,
)
from client_sdk.contracts.survey import SurveySubmission
from client_sdk.contracts.survey_rules import (
    answer_faults,
    is_answered,
    questions_of,
    unanswered,
    visible_questions,
)
from overlay_kivy.survey.form import FilledSurvey, SurveyForm
from sync_server.surveys.form import fill_in

#: The tests' windows may need the machine meanwhile.
PATIENT = settings(suppress_health_check=[HealthCheck.too_slow])
CHOICES = (QuestionKind.SINGLE, QuestionKind.MULTIPLE)
SCORES = (QuestionKind.NPS, QuestionKind.RATING)


@st.composite
def questions(draw):
    """A survey as an author may write it: conditions name earlier questions."""
    made: list[Question] = []
    for number in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(QuestionKind))
        options = None
        if kind in CHOICES:
            count = draw(st.integers(2, 4))
            options = tuple(
                Option(id=f"o{i}", label=f"Option {i}") for i in range(count)
            )
        is_rating, is_text = kind is QuestionKind.RATING, kind is QuestionKind.TEXT
        made.append(
            Question(
                id=f"q{number}",
                kind=kind,
                prompt="?",
                required=draw(st.booleans()),
                options=options,
                scale=draw(st.none() | st.integers(3, 10)) if is_rating else None,
                max_length=draw(st.none() | st.integers(1, 20)) if is_text else None,
                show_if=draw(conditions(made)) if made else None,
            )
        )
    return tuple(made)


def conditions(earlier):
    def on(question):
        if question.kind in SCORES:
            low, high = score_range(question)
            bounds = st.none() | st.integers(low, high)
            return st.builds(
                Condition,
                question=st.just(question.id),
                at_least=bounds,
                at_most=bounds,
            )
        ids = [option.id for option in question.options or ()]
        chosen = st.lists(st.sampled_from(ids), min_size=1, unique=True).map(tuple)
        return st.builds(Condition, question=st.just(question.id), any_of=chosen)

    asked = [one for one in earlier if one.kind is not QuestionKind.TEXT]
    return st.none() | st.one_of([on(x) for x in asked]) if asked else st.none()


def answers_to(question):
    """What the widgets of a question can give."""
    name = st.just(question.id)
    if question.kind in SCORES:
        return st.builds(
            Answer, question=name, score=st.integers(*score_range(question))
        )
    if question.kind is QuestionKind.TEXT:
        longest = question.max_length or 30
        text = st.sampled_from(["", " ", "\n", "a", " ä 😀 ", "x" * 99])
        text = text.map(lambda one: one[:longest])
        return st.builds(Answer, question=name, text=text)
    ids = [option.id for option in question.options or ()]
    chosen = st.lists(st.sampled_from(ids), unique=True).map(tuple)
    if question.kind is QuestionKind.SINGLE:
        chosen = st.sampled_from(ids).map(lambda one: (one,))
    return st.builds(Answer, question=name, options=chosen)


def walk(data, form: SurveyForm) -> None:
    """Answer, change the mind, go on and back, as long as the user likes."""
    for _ in range(data.draw(st.integers(0, 25))):
        match data.draw(st.sampled_from(["answer", "answer", "forward", "back"])):
            case "answer" if form.page:
                form.give(data.draw(answers_to(data.draw(st.sampled_from(form.page)))))
            case "forward" if not form.missing():
                form.forward()
            case "back":
                form.back()


def to_the_end(data, form: SurveyForm) -> None:
    """Answer what is missing, page by page, as the button asks for it."""
    while form.missing() or not form.is_last:
        for question in form.missing():
            form.give(data.draw(answers_to(question).filter(is_answered)))
        form.forward()


def accepted(form: SurveyForm, filled: FilledSurvey) -> SurveySubmission:
    """Take the way over the wire, and through the checks that the server runs."""
    asked = questions_of(form.prompt)
    body = SurveySubmission(
        tutorial_id="t",
        nps=filled.nps,
        comment=filled.comment,
        answers=filled.answers or None,
        complete=filled.is_complete,
    )
    submission = decode(SurveySubmission, json.loads(json.dumps(encode(body))))
    ballot = fill_in(asked, submission, {})
    if form.prompt.questions is not None:
        assert {*ballot.answers} == {*filled.answers}, "the server dropped an answer"
    return submission


prompts = st.just(SurveyPrompt(question="?")) | st.builds(
    SurveyPrompt, question=st.just("?"), questions=questions()
)


@PATIENT
@given(prompts, st.data())
def test_a_survey_that_is_gone_through_to_its_end_is_accepted(prompt, data):
    form = SurveyForm(prompt)
    walk(data, form)
    to_the_end(data, form)
    filled = form.filled(is_complete=True)

    given = {answer.question: answer for answer in filled.answers} if filled else {}
    if filled is not None:
        accepted(form, filled)
    if prompt.questions is not None:
        assert unanswered(prompt.questions, given) == ()
        assert answer_faults(prompt.questions, tuple(given.values())) == []
        asked = {one.id for one in visible_questions(prompt.questions, given)}
        assert given.keys() <= asked


@PATIENT
@given(prompts, st.data())
def test_a_survey_that_is_left_anywhere_is_accepted_as_a_part(prompt, data):
    form = SurveyForm(prompt)
    walk(data, form)
    filled = form.filled(is_complete=False)

    if filled is not None:
        accepted(form, filled)
    else:
        # Nothing is lost: nothing that is asked had an answer.
        assert not any(
            is_answered(form.answer_to(one.id)) for page in form.pages for one in page
        )


@PATIENT
@given(prompts, st.data())
def test_a_page_is_always_one_of_those_that_are_asked(prompt, data):
    form = SurveyForm(prompt)
    walk(data, form)

    assert form.page == form.pages[form.index]
    assert form.is_last == (form.index == len(form.pages) - 1)
