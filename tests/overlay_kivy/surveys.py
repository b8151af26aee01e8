"""Surveys to ask over the sample app."""

from __future__ import annotations

from typing import Any

from client_sdk import SurveyPrompt
from client_sdk.contracts.questions import Condition, Option, Question, QuestionKind

SCORE = Question(id="score", kind=QuestionKind.NPS, prompt="How likely?", required=True)
WHY = Question(
    id="why",
    kind=QuestionKind.TEXT,
    prompt="What went wrong?",
    required=True,
    max_length=30,
    show_if=Condition(question="score", at_most=6),
)
EASE = Question(id="ease", kind=QuestionKind.RATING, prompt="How easy?")
USES = Question(
    id="uses",
    kind=QuestionKind.MULTIPLE,
    prompt="What for?",
    options=(Option(id="plan", label="Plan"), Option(id="bill", label="Bill")),
)
HOW = Question(
    id="how",
    kind=QuestionKind.SINGLE,
    prompt="How do you bill?",
    required=True,
    options=(Option(id="hour", label="By the hour"), Option(id="fixed", label="Fixed")),
    show_if=Condition(question="uses", any_of=("bill",)),
)
LONG = SurveyPrompt(
    question="How likely?", thanks="Thanks!", questions=(SCORE, WHY, EASE, USES, HOW)
)


def survey_of(*questions: Question) -> SurveyPrompt:
    """Return a survey with questions of its own."""
    return SurveyPrompt(question="?", questions=questions)


def question(kind: QuestionKind, **fields: Any) -> Question:
    """Return a question whose id is ``q``."""
    return Question(**{"id": "q", "kind": kind, "prompt": "What?", **fields})
