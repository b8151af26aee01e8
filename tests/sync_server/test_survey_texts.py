"""A survey has its words in other languages, in both forms, and faults in them are told."""

from __future__ import annotations

import pytest

from client_sdk.contracts.codec import decode, encode
from client_sdk.contracts.questions import OptionText, QuestionText
from client_sdk.contracts.tutorial import SurveyPrompt, SurveyText
from tests.sync_server.test_survey_reading import HEAD, faults, read, with_questions

LONG = (
    HEAD
    + """
survey:
  thanks: Thanks!
  texts: [{language: de, thanks: Danke!}]
  questions:
    - id: score
      kind: nps
      prompt: How likely?
      lowLabel: No way
      texts:
        - {language: de, prompt: Wie wahrscheinlich?, lowLabel: Nie}
        - {language: pt-BR, prompt: Qual a chance?}
    - id: uses
      kind: multiple
      prompt: What for?
      texts: [{language: de, prompt: Wofür?}]
      options:
        - {id: plan, label: Plan, texts: [{language: de, label: Planen}]}
        - {id: bill, label: Bill}
"""
)


def test_questions_options_and_thanks_have_words_in_other_languages():
    survey = read(LONG).survey

    assert survey is not None
    assert survey.questions is not None
    score, uses = survey.questions
    assert survey.texts == (SurveyText(language="de", thanks="Danke!"),)
    assert score.texts == (
        QuestionText(language="de", prompt="Wie wahrscheinlich?", low_label="Nie"),
        QuestionText(language="pt-BR", prompt="Qual a chance?"),
    )
    assert uses.options is not None
    assert uses.options[0].texts == (OptionText(language="de", label="Planen"),)
    assert uses.options[1].texts is None


def test_the_short_form_has_words_in_other_languages():
    survey = read(
        HEAD
        + "survey:\n  question: How likely?\n  texts:\n"
        + "    - {language: de, question: Wie wahrscheinlich?, commentLabel: Warum?}\n"
    ).survey

    assert survey == SurveyPrompt(
        question="How likely?",
        texts=(
            SurveyText(
                language="de", question="Wie wahrscheinlich?", comment_label="Warum?"
            ),
        ),
    )


def test_a_survey_in_several_languages_survives_its_column():
    survey = read(LONG).survey

    assert decode(SurveyPrompt, encode(survey)) == survey


def test_a_survey_without_them_is_stored_as_before():
    survey = read(HEAD + "survey: {question: How likely?}").survey

    assert "texts" not in encode(survey)


def score(texts):
    return f"{{id: score, kind: nps, prompt: '?', texts: {texts}}}"


def plan(texts):
    options = f"[{{id: a, label: A, texts: {texts}}}, {{id: b, label: B}}]"
    return f"{{id: plan, kind: single, prompt: '?', options: {options}}}"


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        pytest.param(
            score("[{language: de_DE, prompt: W}]"),
            "survey.questions[0].texts[0].language: 'de_DE' is no language tag; write it"
            " as de, pt-BR or zh-Hant",
            id="tag",
        ),
        pytest.param(
            score("[{language: de, prompt: W}, {language: DE, prompt: W}]"),
            "survey.questions[0].texts[1].language: 'DE' has its words on line 7",
            id="language-twice",
        ),
        pytest.param(
            score("[{language: de}]"),
            "survey.questions[0].texts[0]: say prompt, lowLabel or highLabel in this"
            " language",
            id="no-words",
        ),
        pytest.param(
            score("[{language: de, promt: W}]"),
            "survey.questions[0].texts[0].promt: unknown key; did you mean prompt?",
            id="key",
        ),
        pytest.param(
            score("[{language: de, prompt: ''}]"),
            "survey.questions[0].texts[0].prompt: the length must be at least 1, not ''",
            id="empty-prompt",
        ),
        pytest.param(
            score("[]"),
            "survey.questions[0].texts: the length must be at least 1, not []",
            id="no-languages",
        ),
        pytest.param(
            "{id: a, kind: text, prompt: '?', texts: [{language: de, lowLabel: N}]}",
            "survey.questions[0].texts[0].lowLabel: a question of kind text has no"
            " lowLabel; that belongs to nps and rating",
            id="label-of-text",
        ),
        pytest.param(
            plan("[{language: deutsch 2, label: A}]"),
            "survey.questions[0].options[0].texts[0].language: 'deutsch 2' is no language"
            " tag; write it as de, pt-BR or zh-Hant",
            id="tag-of-option",
        ),
        pytest.param(
            plan("[{language: de}]"),
            "survey.questions[0].options[0].texts[0].label: the field is missing",
            id="option-without-label",
        ),
        pytest.param(
            plan("[{language: de, label: A, lable: B}]"),
            "survey.questions[0].options[0].texts[0].lable: unknown key; did you mean"
            " label?",
            id="key-of-option",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(question, fault):
    assert fault in faults(with_questions(question))


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        (
            "[{language: d, question: W}]",
            "survey.texts[0].language: 'd' is no language tag; write it as de, pt-BR or"
            " zh-Hant",
        ),
        (
            "[{language: de}]",
            "survey.texts[0]: say question, lowLabel, highLabel, commentLabel or thanks"
            " in this language",
        ),
        (
            "[{language: de, thank: W}]",
            "survey.texts[0].thank: unknown key; did you mean thanks?",
        ),
    ],
)
def test_a_fault_in_the_short_form_is_told_with_its_place(texts, fault):
    text = HEAD + f"survey: {{question: How likely?, texts: {texts}}}"

    assert fault in faults(text)


def test_beside_questions_only_the_thanks_are_said_in_other_languages():
    text = LONG.replace("thanks: Danke!", "question: Wie?")

    assert faults(text) == [
        "survey.texts[0].question: unknown key; known: language, thanks"
    ]
