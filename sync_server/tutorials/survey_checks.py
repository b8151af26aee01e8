"""What must hold between the questions of a survey.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from client_sdk.contracts.questions import (
    Condition,
    Question,
    QuestionKind,
    score_range,
)
from sync_server.tutorials.shape import suggestion
from sync_server.tutorials.source import Source
from sync_server.tutorials.text_checks import check_texts
from sync_server.validation import Location

__all__ = ["Draft", "check_questions"]

_SCORES = frozenset({QuestionKind.NPS, QuestionKind.RATING})
_CHOICES = frozenset({QuestionKind.SINGLE, QuestionKind.MULTIPLE})
#: Key and field of what only some kinds of question have, and which.
_LABELS = (
    ("lowLabel", "low_label", _SCORES),
    ("highLabel", "high_label", _SCORES),
)
_OWNERS = (
    *_LABELS,
    ("scale", "scale", frozenset({QuestionKind.RATING})),
    ("options", "options", _CHOICES),
    ("maxLength", "max_length", frozenset({QuestionKind.TEXT})),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A question where it stands; None if it does not fit, and then its id is a guess."""

    place: Location
    id: str
    question: Question | None


def check_questions(drafts: Sequence[Draft], source: Source) -> None:
    """Add to the source's faults whatever does not fit together."""
    earlier: dict[str, Draft] = {}
    known = {draft.id for draft in drafts}
    for draft in drafts:
        if draft.id and draft.id in earlier:
            line = source.line(earlier[draft.id].place)
            source.fault(
                (*draft.place, "id"),
                f"the question id {draft.id!r} is taken on line {line}",
            )
        if draft.question is not None:
            _check_fields(draft.place, draft.question, source)
            _check_condition(draft, earlier, known, source)
        earlier.setdefault(draft.id, draft)


def _check_fields(place: Location, question: Question, source: Source) -> None:
    for key, field, kinds in _OWNERS:
        if getattr(question, field) is not None and question.kind not in kinds:
            source.fault((*place, key), _foreign(question, key, kinds))
    if question.kind in _CHOICES and question.options is None:
        source.fault(
            (*place, "options"),
            "say what there is to choose, as options: [{id: solo, label: Alone}, ...]",
        )
    seen: set[str] = set()
    for index, option in enumerate(question.options or ()):
        if option.id in seen:
            source.fault(
                (*place, "options", index, "id"),
                f"the option id {option.id!r} stands here twice",
            )
        seen.add(option.id)
        check_texts((*place, "options", index), option.texts, source)
    _check_words(place, question, source)


def _check_words(place: Location, question: Question, source: Source) -> None:
    check_texts(place, question.texts, source)
    for index, text in enumerate(question.texts or ()):
        for key, field, kinds in _LABELS:
            if getattr(text, field) is not None and question.kind not in kinds:
                at = (*place, "texts", index, key)
                source.fault(at, _foreign(question, key, kinds))


def _foreign(question: Question, key: str, kinds: frozenset[QuestionKind]) -> str:
    return (
        f"a question of kind {question.kind} has no {key}; "
        f"that belongs to {' and '.join(sorted(kinds))}"
    )


def _check_condition(
    draft: Draft, earlier: Mapping[str, Draft], known: set[str], source: Source
) -> None:
    condition = draft.question.show_if if draft.question else None
    if condition is None:
        return
    place = (*draft.place, "showIf")
    asked = earlier.get(condition.question)
    if asked is None:
        source.fault((*place, "question"), _not_earlier(condition, earlier, known))
    elif asked.question is not None:
        _check_bounds(place, condition, asked.question, source)


def _not_earlier(
    condition: Condition, earlier: Mapping[str, Draft], known: set[str]
) -> str:
    if condition.question in known:
        return (
            f"the question {condition.question!r} does not stand before this one; "
            "a condition looks back only"
        )
    if not earlier:
        return (
            "the first question is always asked; "
            f"no question {condition.question!r} stands before it"
        )
    return (
        f"no question {condition.question!r}; {suggestion(condition.question, earlier)}"
    )


def _check_bounds(
    place: Location, condition: Condition, asked: Question, source: Source
) -> None:
    has_band = condition.at_least is not None or condition.at_most is not None
    if asked.kind in _SCORES:
        if condition.any_of is not None or not has_band:
            source.fault(place, _wanted(asked, "a score; say atLeast, atMost, or both"))
        else:
            _check_band(place, condition, asked, source)
    elif asked.kind in _CHOICES:
        if condition.any_of is None or has_band:
            source.fault(place, _wanted(asked, "an option; say anyOf"))
        else:
            _check_options(place, condition.any_of, asked, source)
    else:
        source.fault(
            (*place, "question"),
            f"the answer to {asked.id!r} is text, on which nothing can depend",
        )


def _wanted(asked: Question, answer: str) -> str:
    return f"the answer to {asked.id!r}, of kind {asked.kind}, is {answer}"


def _check_band(
    place: Location, condition: Condition, asked: Question, source: Source
) -> None:
    low, high = score_range(asked)
    for key, bound in (("atLeast", condition.at_least), ("atMost", condition.at_most)):
        if bound is not None and not low <= bound <= high:
            source.fault(
                (*place, key), f"scores of {asked.id!r} go from {low} to {high}"
            )
    least = low if condition.at_least is None else condition.at_least
    most = high if condition.at_most is None else condition.at_most
    if least > most:
        source.fault(place, f"no score is at least {least} and at most {most}")


def _check_options(
    place: Location, any_of: Sequence[str], asked: Question, source: Source
) -> None:
    known = [option.id for option in asked.options or ()]
    for index, option in enumerate(any_of):
        if option not in known:
            source.fault(
                (*place, "anyOf", index),
                f"{asked.id!r} has no option {option!r}; {suggestion(option, known)}",
            )
