"""A survey is read in both its forms, and every fault in it is told with its place."""

from __future__ import annotations

import pytest

from client_sdk.contracts.codec import decode, encode
from client_sdk.contracts.questions import Condition, Option, Question, QuestionKind
from client_sdk.contracts.tutorial import SurveyPrompt
from sync_server.tutorials.reading import read_tutorial
from sync_server.tutorials.source import ImportFaults

HEAD = """
id: tour
name: A tour
steps: [{id: a, title: A}]
"""
LONG = (
    HEAD
    + """
survey:
  thanks: Thanks!
  questions:
    - {id: ease, kind: rating, prompt: How easy?, scale: 7}
    - id: score
      kind: nps
      prompt: How likely?
      required: true
      lowLabel: No way
    - id: why
      kind: text
      prompt: What went wrong?
      required: true
      maxLength: 500
      showIf: {question: score, atMost: 6}
    - id: uses
      kind: multiple
      prompt: What for?
      options: [{id: plan, label: Plan}, {id: bill, label: Bill}]
      showIf: {question: ease, atLeast: 3, atMost: 7}
    - id: how
      kind: text
      prompt: How do you bill?
      showIf: {question: uses, anyOf: [bill]}
"""
)
SCORE = "{id: score, kind: nps, prompt: How likely?}"
TEXT = "{id: why, kind: text, prompt: Why?}"
ROLE = "{id: role, kind: single, prompt: Who?, options: [{id: a, label: A}, {id: b, label: B}]}"


def read(text):
    return read_tutorial(text, file="t.yaml")[0]


def faults(text):
    with pytest.raises(ImportFaults) as caught:
        read(text)
    return [f"{fault.where}: {fault.detail}" for fault in caught.value.faults]


def with_questions(*questions):
    return HEAD + "survey:\n  questions:\n" + "".join(f"    - {q}\n" for q in questions)


def test_a_list_of_questions_is_read():
    survey = read(LONG).survey

    assert survey is not None
    assert survey.questions is not None
    assert [question.id for question in survey.questions] == [
        *("ease", "score", "why", "uses", "how")
    ]
    assert survey.questions[2] == Question(
        id="why",
        kind=QuestionKind.TEXT,
        prompt="What went wrong?",
        required=True,
        max_length=500,
        show_if=Condition(question="score", at_most=6),
    )
    assert survey.questions[3].options == (
        Option(id="plan", label="Plan"),
        Option(id="bill", label="Bill"),
    )


def test_a_client_that_knows_no_questions_shows_the_first_nps():
    survey = read(LONG).survey

    assert survey is not None
    assert (survey.question, survey.low_label, survey.high_label, survey.thanks) == (
        *("How likely?", "No way", "Very likely", "Thanks!"),
    )


def test_without_nps_it_shows_the_first_question():
    survey = read(with_questions(TEXT, ROLE)).survey

    assert survey is not None
    assert survey.question == "Why?"


def test_a_survey_survives_its_column():
    survey = read(LONG).survey

    assert decode(SurveyPrompt, encode(survey)) == survey


def test_the_short_form_has_no_questions():
    survey = read(HEAD + "survey: {question: How likely?}").survey

    assert survey == SurveyPrompt(question="How likely?")


CASES = [
    pytest.param(
        ["{id: score, kind: stars, prompt: '?'}"],
        "survey.questions[0].kind: 'stars' is not one of nps, rating, single, multiple,"
        " text",
        id="unknown-kind",
    ),
    pytest.param(
        ["{id: score, kind: nps, promt: '?'}"],
        "survey.questions[0].promt: unknown key; did you mean prompt?",
        id="unknown-key",
    ),
    pytest.param(
        [SCORE, "{id: score, kind: text, prompt: Why?}"],
        "survey.questions[1].id: the question id 'score' is taken on line 7",
        id="question-twice",
    ),
    pytest.param(
        ["{id: a, kind: nps, prompt: '?', scale: 5}"],
        "survey.questions[0].scale: a question of kind nps has no scale; that belongs"
        " to rating",
        id="scale-of-nps",
    ),
    pytest.param(
        ["{id: a, kind: rating, prompt: '?', scale: 2}"],
        "survey.questions[0].scale: the number must be at least 3, not 2",
        id="scale-too-short",
    ),
    pytest.param(
        ["{id: a, kind: rating, prompt: '?', scale: 11}"],
        "survey.questions[0].scale: the number must be at most 10, not 11",
        id="scale-too-long",
    ),
    pytest.param(
        ["{id: a, kind: text, prompt: '?', lowLabel: No}"],
        "survey.questions[0].lowLabel: a question of kind text has no lowLabel; that"
        " belongs to nps and rating",
        id="label-of-text",
    ),
    pytest.param(
        ["{id: a, kind: nps, prompt: '?', maxLength: 5}"],
        "survey.questions[0].maxLength: a question of kind nps has no maxLength; that"
        " belongs to text",
        id="length-of-nps",
    ),
    pytest.param(
        ["{id: a, kind: text, prompt: '?', maxLength: 4001}"],
        "survey.questions[0].maxLength: the number must be at most 4000, not 4001",
        id="length-too-long",
    ),
    pytest.param(
        [
            "{id: a, kind: text, prompt: '?', options: [{id: a, label: A}, {id: b, label: B}]}"
        ],
        "survey.questions[0].options: a question of kind text has no options; that"
        " belongs to multiple and single",
        id="options-of-text",
    ),
    pytest.param(
        ["{id: a, kind: single, prompt: '?'}"],
        "survey.questions[0].options: say what there is to choose, as options: [{id:"
        " solo, label: Alone}, ...]",
        id="no-options",
    ),
    pytest.param(
        ["{id: a, kind: single, prompt: '?', options: [{id: a, label: A}]}"],
        "survey.questions[0].options: the length must be at least 2, not"
        " [{'id': 'a', 'label': 'A'}]",
        id="one-option",
    ),
    pytest.param(
        [
            "{id: a, kind: single, prompt: '?', options: [{id: a, label: A}, {id: a, label: B}]}"
        ],
        "survey.questions[0].options[1].id: the option id 'a' stands here twice",
        id="option-twice",
    ),
    pytest.param(
        [
            "{id: a, kind: single, prompt: '?', options: [{id: a, lable: A}, {id: b, label: B}]}"
        ],
        "survey.questions[0].options[0].lable: unknown key; did you mean label?",
        id="option-key",
    ),
    pytest.param(
        [
            SCORE,
            "{id: b, kind: text, prompt: '?', showIf: {question: sore, atMost: 6}}",
        ],
        "survey.questions[1].showIf.question: no question 'sore'; did you mean score?",
        id="unknown-question",
    ),
    pytest.param(
        [
            "{id: b, kind: text, prompt: '?', showIf: {question: score, atMost: 6}}",
            SCORE,
        ],
        "survey.questions[0].showIf.question: the question 'score' does not stand before"
        " this one; a condition looks back only",
        id="later-question",
    ),
    pytest.param(
        ["{id: b, kind: text, prompt: '?', showIf: {question: b, atMost: 6}}"],
        "survey.questions[0].showIf.question: the question 'b' does not stand before"
        " this one; a condition looks back only",
        id="itself",
    ),
    pytest.param(
        ["{id: b, kind: text, prompt: '?', showIf: {question: x, atMost: 6}}"],
        "survey.questions[0].showIf.question: the first question is always asked; no"
        " question 'x' stands before it",
        id="no-question-visible",
    ),
    pytest.param(
        [SCORE, "{id: b, kind: text, prompt: '?', showIf: {question: score}}"],
        "survey.questions[1].showIf: the answer to 'score', of kind nps, is a score; say"
        " atLeast, atMost, or both",
        id="no-band",
    ),
    pytest.param(
        [
            SCORE,
            "{id: b, kind: text, prompt: '?', showIf: {question: score, anyOf: [a]}}",
        ],
        "survey.questions[1].showIf: the answer to 'score', of kind nps, is a score; say"
        " atLeast, atMost, or both",
        id="options-of-a-score",
    ),
    pytest.param(
        [ROLE, "{id: b, kind: text, prompt: '?', showIf: {question: role, atMost: 6}}"],
        "survey.questions[1].showIf: the answer to 'role', of kind single, is an option;"
        " say anyOf",
        id="band-of-options",
    ),
    pytest.param(
        [
            ROLE,
            "{id: b, kind: text, prompt: '?', showIf: {question: role, anyOf: [a, c]}}",
        ],
        "survey.questions[1].showIf.anyOf[1]: 'role' has no option 'c'; known: a, b",
        id="unknown-option",
    ),
    pytest.param(
        [TEXT, "{id: b, kind: text, prompt: '?', showIf: {question: why, anyOf: [a]}}"],
        "survey.questions[1].showIf.question: the answer to 'why' is text, on which"
        " nothing can depend",
        id="condition-on-text",
    ),
    pytest.param(
        [
            SCORE,
            "{id: b, kind: text, prompt: '?', showIf: {question: score, atLeast: 7, atMost: 6}}",
        ],
        "survey.questions[1].showIf: no score is at least 7 and at most 6",
        id="empty-band",
    ),
    pytest.param(
        [
            "{id: a, kind: rating, prompt: '?'}",
            "{id: b, kind: text, prompt: '?', showIf: {question: a, atLeast: 6}}",
        ],
        "survey.questions[1].showIf.atLeast: scores of 'a' go from 1 to 5",
        id="band-beyond-scale",
    ),
    pytest.param(
        [
            SCORE,
            "{id: b, kind: text, prompt: '?', showIf: {question: score, atMost: 11}}",
        ],
        "survey.questions[1].showIf.atMost: the number must be at most 10, not 11",
        id="band-beyond-ten",
    ),
    pytest.param(
        [
            SCORE,
            "{id: b, kind: text, prompt: '?', showIf: {question: score, atmost: 6}}",
        ],
        "survey.questions[1].showIf.atmost: unknown key; did you mean atMost?",
        id="condition-key",
    ),
    pytest.param(
        [SCORE, "{id: b, kind: text, prompt: '?', showIf: score}"],
        "survey.questions[1].showIf: an object is needed, not 'score'",
        id="condition-as-text",
    ),
    pytest.param(
        ["just text"],
        "survey.questions[0]: keys are needed here: id, kind, prompt, required, lowLabel,"
        " highLabel, scale, options, maxLength, showIf, texts",
        id="question-as-text",
    ),
]


@pytest.mark.parametrize(("questions", "fault"), CASES)
def test_a_fault_is_told_with_its_place(questions, fault):
    assert fault in faults(with_questions(*questions))


def test_a_question_that_does_not_fit_is_no_unknown_question():
    broken = "{id: score, kind: nps, promt: '?'}"
    follow_up = "{id: b, kind: text, prompt: '?', showIf: {question: score, atMost: 6}}"

    found = faults(with_questions(broken, follow_up))

    assert all(fault.startswith("survey.questions[0]") for fault in found)


@pytest.mark.parametrize("value", ["[]", "null", "score"])
def test_an_empty_list_of_questions_is_a_fault(value):
    (fault,) = faults(HEAD + f"survey: {{questions: {value}}}")

    assert fault.startswith("survey.questions: a list is needed")


def test_both_forms_at_once_are_a_fault():
    (fault,) = faults(HEAD + f"survey: {{question: How likely?, questions: [{SCORE}]}}")

    assert fault.startswith("survey.question: unknown key")


def test_more_questions_than_fit_are_a_fault():
    many = [f"{{id: q{n}, kind: nps, prompt: '?'}}" for n in range(51)]

    assert faults(with_questions(*many)) == [
        "survey.questions: 51 questions are too many; at most 50 fit"
    ]
