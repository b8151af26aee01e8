"""What a survey says in the user's language; pure, no Kivy."""

from __future__ import annotations

from dataclasses import fields, replace

from client_sdk import SurveyPrompt
from client_sdk.contracts.questions import Option, Question
from overlay_kivy.theme import Labels
from overlay_kivy.wording import first_word, in_language

__all__ = ["survey_in"]

#: What the contract says where the author says nothing, and the overlay's words for it.
_DEFAULTS = {
    "low_label": "not_likely",
    "high_label": "very_likely",
    "comment_label": "main_reason",
    "thanks": "thanks",
}
_OWN = {one.name: one.default for one in fields(SurveyPrompt)}


def survey_in(prompt: SurveyPrompt, language: str, labels: Labels) -> SurveyPrompt:
    """Return a survey with all its words in one language.

    Each word falls back alone, as a step's does: pt-BR, pt, then the author's own.  Ids
    stay, so answers are the same in every language.
    """
    texts = in_language(prompt.texts, language)
    words = {
        name: first_word(texts, name, _own(prompt, name, labels))
        for name in ("question", *_DEFAULTS)
    }
    asked = prompt.questions
    questions = None if asked is None else tuple(_question(x, language) for x in asked)
    return replace(prompt, questions=questions, texts=None, **words)


def _own(prompt: SurveyPrompt, name: str, labels: Labels) -> str:
    own: str = getattr(prompt, name)
    is_said = name not in _DEFAULTS or own != _OWN[name]
    return own if is_said else getattr(labels, _DEFAULTS[name])


def _question(question: Question, language: str) -> Question:
    texts = in_language(question.texts, language)
    options = question.options
    return replace(
        question,
        prompt=first_word(texts, "prompt", question.prompt),
        low_label=first_word(texts, "low_label", question.low_label or "") or None,
        high_label=first_word(texts, "high_label", question.high_label or "") or None,
        options=options and tuple(_option(one, language) for one in options),
        texts=None,
    )


def _option(option: Option, language: str) -> Option:
    texts = in_language(option.texts, language)
    return replace(option, label=first_word(texts, "label", option.label), texts=None)
