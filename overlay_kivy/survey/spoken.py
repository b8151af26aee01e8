"""What a voice says of a survey's page; pure, no Kivy."""

from __future__ import annotations

from collections.abc import Sequence

from client_sdk.contracts.questions import Question, QuestionKind, score_range
from overlay_kivy.theme import Labels
from overlay_kivy.wording import sentences

__all__ = ["spoken_page"]


def spoken_page(page: Sequence[Question], labels: Labels) -> tuple[str, str]:
    """Return the question, and what can be answered to it: a title and a text.

    The second question of a page, the short form's comment, is part of the text.
    """
    if not page:
        return "", ""
    first, *others = page
    parts = list(_choices(first, labels))
    for question in others:
        parts += [question.prompt, *_choices(question, labels)]
    return first.prompt, sentences(parts)


def _choices(question: Question, labels: Labels) -> list[str]:
    match question.kind:
        case QuestionKind.NPS | QuestionKind.RATING:
            return _ends(question)
        case QuestionKind.TEXT:
            return [] if question.required else [labels.comment_hint]
    hint = [labels.choose_any] if question.kind is QuestionKind.MULTIPLE else []
    return [*hint, *(option.label for option in question.options or ())]


def _ends(question: Question) -> list[str]:
    """Return the scale's two ends with what they mean: "0: Not likely"."""
    labels = question.low_label, question.high_label
    ends = zip(score_range(question), labels, strict=True)
    return [f"{score}: {label}" if label else str(score) for score, label in ends]
