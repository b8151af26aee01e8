"""Which questions of a survey are asked, and which answers fit them.  Pure.

Device and server ask the same functions, so that the one shows what the other accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from client_sdk.contracts.limits import MAX_COMMENT_LENGTH
from client_sdk.contracts.problem import FieldError
from client_sdk.contracts.questions import (
    Condition,
    Question,
    QuestionKind,
    score_range,
)
from client_sdk.contracts.survey import Answer
from client_sdk.contracts.tutorial import SurveyPrompt

__all__ = [
    "SHORT_COMMENT",
    "SHORT_NPS",
    "answer_faults",
    "first_nps",
    "is_answered",
    "questions_of",
    "unanswered",
    "visible_questions",
]

#: Ids of what the short form asks.
SHORT_NPS = "nps"
SHORT_COMMENT = "comment"
#: The field of an answer that holds it, by the question's kind.
_FIELDS = {
    QuestionKind.NPS: "score",
    QuestionKind.RATING: "score",
    QuestionKind.SINGLE: "options",
    QuestionKind.MULTIPLE: "options",
    QuestionKind.TEXT: "text",
}


def questions_of(prompt: SurveyPrompt | None) -> tuple[Question, ...]:
    """Return what a survey asks; the short form asks for a score and then a comment."""
    if prompt is None:
        return ()
    if prompt.questions is not None:
        return prompt.questions
    return (
        Question(
            id=SHORT_NPS,
            kind=QuestionKind.NPS,
            prompt=prompt.question,
            required=True,
            low_label=prompt.low_label,
            high_label=prompt.high_label,
        ),
        Question(id=SHORT_COMMENT, kind=QuestionKind.TEXT, prompt=prompt.comment_label),
    )


def first_nps(questions: Sequence[Question]) -> Question | None:
    """Return the question that ``nps`` is short for, if the survey has one."""
    scores = (q for q in questions if q.kind is QuestionKind.NPS)
    return next(scores, None)


def visible_questions(
    questions: Sequence[Question], answers: Mapping[str, Answer]
) -> tuple[Question, ...]:
    """Return the questions that these answers, by question id, lead to, in order.

    A question whose condition names a question that is not asked is not asked either.
    """
    visible: dict[str, Question] = {}
    for question in questions:
        condition = question.show_if
        if condition is None or (
            condition.question in visible
            and _holds(condition, answers.get(condition.question))
        ):
            visible[question.id] = question
    return tuple(visible.values())


def is_answered(answer: Answer | None) -> bool:
    """Tell whether there is an answer at all: a score, an option, or a text."""
    return answer is not None and (
        answer.score is not None
        or bool(answer.options)
        or bool((answer.text or "").strip())
    )


def unanswered(
    questions: Sequence[Question], answers: Mapping[str, Answer]
) -> tuple[Question, ...]:
    """Return the questions that are asked and required, and have no answer yet."""
    return tuple(
        question
        for question in visible_questions(questions, answers)
        if question.required and not is_answered(answers.get(question.id))
    )


def answer_faults(
    questions: Sequence[Question], answers: Sequence[Answer]
) -> list[tuple[int, FieldError]]:
    """Return what is wrong with answers: which one, and a JSON pointer into ``answers``.

    Whether a question is asked does not matter here.  A text is never repeated.
    """
    known = {question.id: question for question in questions}
    faults = []
    seen: set[str] = set()
    for index, answer in enumerate(answers):
        question = known.get(answer.question)
        if question is None:
            found = [("question", "the survey has no question with this id")]
        elif answer.question in seen:
            found = [("question", "the question is answered twice")]
        else:
            found = list(_faults(question, answer)) if is_answered(answer) else []
        seen.add(answer.question)
        faults += [
            (index, FieldError(pointer=f"/{index}/{field}", detail=detail))
            for field, detail in found
        ]
    return faults


def _holds(condition: Condition, answer: Answer | None) -> bool:
    if answer is None:
        return False
    if condition.at_least is not None or condition.at_most is not None:
        low = 0 if condition.at_least is None else condition.at_least
        high = 10 if condition.at_most is None else condition.at_most
        if answer.score is None or not low <= answer.score <= high:
            return False
    return condition.any_of is None or not set(condition.any_of).isdisjoint(
        answer.options or ()
    )


def _faults(question: Question, answer: Answer) -> Iterator[tuple[str, str]]:
    """Yield field and fault of one answer."""
    wanted = _FIELDS[question.kind]
    for field in _filled(answer):
        if field != wanted:
            yield field, f"a question of kind {question.kind} takes {wanted}"
    match question.kind:
        case QuestionKind.NPS | QuestionKind.RATING:
            yield from _score_faults(question, answer.score)
        case QuestionKind.SINGLE | QuestionKind.MULTIPLE:
            yield from _option_faults(question, answer.options or ())
        case QuestionKind.TEXT:
            longest = question.max_length or MAX_COMMENT_LENGTH
            if len(answer.text or "") > longest:
                yield "text", f"the length must be at most {longest}"


def _filled(answer: Answer) -> Iterator[str]:
    if answer.score is not None:
        yield "score"
    if answer.options:
        yield "options"
    if answer.text:
        yield "text"


def _score_faults(question: Question, score: int | None) -> Iterator[tuple[str, str]]:
    low, high = score_range(question)
    if score is not None and not low <= score <= high:
        yield "score", f"the number must be from {low} to {high}"


def _option_faults(
    question: Question, options: Sequence[str]
) -> Iterator[tuple[str, str]]:
    known = {option.id for option in question.options or ()}
    for index, option in enumerate(options):
        if option not in known:
            yield f"options/{index}", f"not one of {', '.join(sorted(known))}"
        elif option in options[:index]:
            yield f"options/{index}", "the option is chosen twice"
    if question.kind is QuestionKind.SINGLE and len(options) > 1:
        yield "options", "a question of kind single takes one option"
