"""The questions of a survey as its author defines them (DESIGN section 11, answer 2)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from client_sdk.contracts.constraints import AtLeast, AtMost, Length
from client_sdk.contracts.limits import (
    MAX_COMMENT_LENGTH,
    MAX_LANGUAGES,
    Id,
    Nps,
    Text,
)
from client_sdk.contracts.wire import Wire, wire

__all__ = [
    "MAX_OPTIONS",
    "MAX_QUESTIONS",
    "Condition",
    "Option",
    "OptionText",
    "Question",
    "QuestionKind",
    "QuestionText",
    "score_range",
]

#: Most questions in one survey.
MAX_QUESTIONS = 50
#: Most options of one question.
MAX_OPTIONS = 50
#: Steps of a rating whose author names no number.
_DEFAULT_SCALE = 5


class QuestionKind(StrEnum):
    """What an answer to a question is made of."""

    #: A score from 0 to 10: how likely a recommendation is.
    NPS = "nps"
    #: A score from 1 to the question's ``scale``.
    RATING = "rating"
    #: One option.
    SINGLE = "single"
    #: Any number of options.
    MULTIPLE = "multiple"
    #: Text.
    TEXT = "text"


@wire(frozen=True, kw_only=True)
class OptionText(Wire):
    """An option's label in another language."""

    #: A language tag such as `pt` or `pt-BR`.
    language: Id
    #: Is shown.
    label: Annotated[Text, Length(1)]


@wire(frozen=True, kw_only=True)
class Option(Wire):
    """One option of a choice; the id is stored, the label shown."""

    #: Is sent in an answer.
    id: Id
    #: Is shown.
    label: Annotated[Text, Length(1)]
    #: The label in other languages.
    texts: Annotated[tuple[OptionText, ...], Length(1, MAX_LANGUAGES)] | None = None


@wire(frozen=True, kw_only=True)
class Condition(Wire):
    """What an earlier question must have been answered for another one to be asked.

    Everything that is given must hold: a score within ``at_least`` and ``at_most``, one
    of the options ``any_of`` among those chosen.
    """

    #: An earlier question.
    question: Id
    #: Lowest score.
    at_least: Nps | None = None
    #: Highest score.
    at_most: Nps | None = None
    #: One of these options is among those chosen.
    any_of: Annotated[tuple[Id, ...], Length(1, MAX_OPTIONS)] | None = None


@wire(frozen=True, kw_only=True)
class QuestionText(Wire):
    """A question's words in another language; what is missing stays in the author's own."""

    #: A language tag such as `pt` or `pt-BR`.
    language: Id
    #: What to ask.
    prompt: Annotated[Text, Length(1)] | None = None
    #: Stands at the lowest score.
    low_label: Text | None = None
    #: Stands at the highest score.
    high_label: Text | None = None


@wire(frozen=True, kw_only=True)
class Question(Wire):
    """One question.  ``required``: while it is shown, an answer is due.

    Labels belong to ``nps`` and ``rating``, ``scale`` to ``rating``, ``options`` to
    ``single`` and ``multiple``, ``max_length`` (characters) to ``text``.
    """

    #: Unique in the survey.
    id: Id
    #: What an answer is made of.
    kind: QuestionKind
    #: What to ask.
    prompt: Annotated[Text, Length(1)]
    #: While it is shown, an answer is due.
    required: bool = False
    #: Stands at the lowest score.
    low_label: Text | None = None
    #: Stands at the highest score.
    high_label: Text | None = None
    #: Highest score of a `rating`; 5 where it is missing.
    scale: Annotated[int, AtLeast(3), AtMost(10)] | None = None
    #: What to choose from.
    options: Annotated[tuple[Option, ...], Length(2, MAX_OPTIONS)] | None = None
    #: Most characters of a `text`.
    max_length: Annotated[int, AtLeast(1), AtMost(MAX_COMMENT_LENGTH)] | None = None
    #: Ask only then.
    show_if: Condition | None = None
    #: The words in other languages; those of options stand there.
    texts: Annotated[tuple[QuestionText, ...], Length(1, MAX_LANGUAGES)] | None = None


def score_range(question: Question) -> tuple[int, int]:
    """Return the lowest and the highest score of an ``nps`` or ``rating``."""
    if question.kind is QuestionKind.NPS:
        return 0, 10
    return 1, question.scale or _DEFAULT_SCALE
