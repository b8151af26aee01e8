"""A survey speaks the user's language, and its answers are the same in every one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from client_sdk import SurveyPrompt
from client_sdk.contracts.codec import decode, encode
from client_sdk.contracts.questions import (
    Option,
    OptionText,
    QuestionKind,
    QuestionText,
)
from client_sdk.contracts.tutorial import SurveyText
from overlay_kivy.labels import labels_for
from overlay_kivy.survey.words import survey_in
from overlay_kivy.testing import advance_frames, wait_for
from overlay_kivy.theme import Labels
from tests.overlay_kivy.surveys import SCORE, survey_of
from tests.overlay_kivy.tours import make_step

SHORT = SurveyPrompt(
    question="How likely?",
    low_label="No",
    high_label="Yes",
    comment_label="Why?",
    thanks="Thanks!",
    texts=(
        SurveyText(language="pt", question="Qual a chance?", thanks="Obrigado!"),
        SurveyText(language="pt-BR", question="Qual é a chance?", low_label=""),
    ),
)
USES = replace(
    SCORE,
    id="uses",
    kind=QuestionKind.MULTIPLE,
    prompt="What for?",
    options=(
        Option(
            id="plan", label="Plan", texts=(OptionText(language="de", label="Planen"),)
        ),
        Option(id="bill", label="Bill"),
    ),
    texts=(QuestionText(language="de", prompt="Wofür?"),),
)
EASE = replace(
    SCORE,
    low_label="Hard",
    texts=(QuestionText(language="de", low_label="Schwer", high_label="Leicht"),),
)
LONG = SurveyPrompt(
    question="How likely?",
    thanks="Thanks!",
    questions=(EASE, USES),
    texts=(SurveyText(language="de", thanks="Danke!"),),
)


def questions(survey):
    """Return the survey's questions; it has some."""
    assert survey.questions is not None
    return survey.questions


@pytest.mark.parametrize(
    ("language", "question", "low_label", "thanks"),
    [
        ("pt-BR", "Qual é a chance?", "", "Obrigado!"),
        ("pt_br.UTF-8", "Qual é a chance?", "", "Obrigado!"),
        ("pt-PT", "Qual a chance?", "No", "Obrigado!"),
        ("fr", "How likely?", "No", "Thanks!"),
        ("", "How likely?", "No", "Thanks!"),
    ],
)
def test_each_word_of_the_short_form_falls_back_alone(
    language, question, low_label, thanks
):
    survey = survey_in(SHORT, language, Labels())

    assert (survey.question, survey.low_label, survey.thanks) == (
        *(question, low_label, thanks),
    )
    assert (survey.high_label, survey.comment_label) == ("Yes", "Why?")


def test_each_word_of_a_question_and_an_option_falls_back_alone():
    survey = survey_in(LONG, "de-AT", Labels())
    ease, uses = questions(survey)

    assert (ease.prompt, ease.low_label, ease.high_label) == (
        *("How likely?", "Schwer", "Leicht"),
    )
    assert (uses.prompt, [one.label for one in uses.options]) == (
        *("Wofür?", ["Planen", "Bill"]),
    )
    assert survey.thanks == "Danke!"


def test_a_question_without_labels_gets_none():
    (question,) = questions(survey_in(survey_of(SCORE), "de", Labels()))

    assert (question.low_label, question.high_label) == (None, None)


def test_all_but_the_words_stays_as_the_author_has_it():
    survey = survey_in(LONG, "de", Labels())

    assert [(one.id, one.kind, one.required) for one in questions(survey)] == [
        (one.id, one.kind, one.required) for one in questions(LONG)
    ]
    assert [one.id for one in questions(survey)[1].options] == ["plan", "bill"]


def test_what_the_author_leaves_to_the_contract_is_said_by_the_overlay():
    german = labels_for("de")
    survey = survey_in(SurveyPrompt(question="?"), "de", german)

    assert (survey.low_label, survey.high_label) == (
        *("Unwahrscheinlich", "Sehr wahrscheinlich"),
    )
    assert (survey.comment_label, survey.thanks) == (german.main_reason, german.thanks)


def test_english_labels_are_the_contracts_own_words():
    bare = SurveyPrompt(question="?")

    assert survey_in(bare, "", Labels()) == bare


def test_a_device_of_before_reads_a_survey_in_several_languages():
    sent = encode(LONG)
    for one in (sent, *sent["questions"], *sent["questions"][1]["options"]):
        one["language of tomorrow"] = one.pop("texts", None)

    read = decode(SurveyPrompt, sent)

    assert [one.prompt for one in questions(read)] == ["How likely?", "What for?"]


@pytest.mark.gui
def test_the_sheet_speaks_the_users_language_and_the_answer_names_ids(stage):
    said = []
    stage.overlay = stage.make_overlay(
        language="de", announce=lambda *words: said.append(words)
    )
    stage.run(make_step("one"), survey=replace(LONG, questions=(USES, EASE)))
    advance_frames(3)
    stage.press("next")
    advance_frames(3)

    assert stage.card.views[0].question.prompt == "Wofür?"
    assert said[-1][0] == "Wofür?"
    assert "Planen" in said[-1][1]
    stage.press("uses-plan")
    advance_frames(2)
    stage.press("next")
    advance_frames(2)
    stage.press("score-4")
    stage.press("submit")

    assert said[-1][0] == "Danke!"
    wait_for(lambda: stage.layer is None)
    stage.client.flush(timeout_seconds=5)
    (body,) = stage.server.surveys.values()
    assert body["answers"] == [
        {"question": "uses", "options": ["plan"]},
        {"question": "score", "score": 4},
    ]
