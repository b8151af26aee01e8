"""Which widget asks which kind of question."""

from __future__ import annotations

from typing import Any

from client_sdk.contracts.questions import Question, QuestionKind
from overlay_kivy.survey.choice import ChoiceQuestion
from overlay_kivy.survey.nps import NpsQuestion
from overlay_kivy.survey.question import QuestionView
from overlay_kivy.survey.rating import RatingQuestion
from overlay_kivy.survey.text import TextQuestion

__all__ = ["view_for"]

_VIEWS: dict[QuestionKind, type[QuestionView]] = {
    QuestionKind.NPS: NpsQuestion,
    QuestionKind.RATING: RatingQuestion,
    QuestionKind.SINGLE: ChoiceQuestion,
    QuestionKind.MULTIPLE: ChoiceQuestion,
    QuestionKind.TEXT: TextQuestion,
}


def view_for(question: Question, **properties: Any) -> QuestionView:
    """Return a widget that asks a question, with these properties."""
    return _VIEWS[question.kind](question=question, **properties)
