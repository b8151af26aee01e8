"""What a step says in the user's language; pure, no Kivy."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from client_sdk import Step

__all__ = [
    "StepWords",
    "fallbacks",
    "first_word",
    "in_language",
    "is_rtl_language",
    "sentences",
    "spoken_body",
    "step_words",
]

_RTL_LANGUAGES = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ku", "ps", "sd", "ug", "ur", "yi"}
)
_RTL_SCRIPTS = frozenset({"arab", "hebr", "thaa", "syrc", "nkoo", "adlm"})
#: What systems still say for what has another tag today.
_OLD_TAGS = {"iw": "he", "in": "id", "ji": "yi"}


class _Spoken(Protocol):
    """Words in one language."""

    @property
    def language(self) -> str: ...


Text = TypeVar("Text", bound=_Spoken)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWords:
    """A step's words in one language."""

    title: str
    body: str
    cta: str


def step_words(step: Step, language: str) -> StepWords:
    """Return a step's words; each falls back alone: pt-BR, pt, then the author's own."""
    texts = in_language(step.texts, language)
    return StepWords(
        title=first_word(texts, "title", step.title),
        body=first_word(texts, "body", step.body),
        cta=first_word(texts, "cta", step.cta),
    )


def in_language(texts: Sequence[Text] | None, language: str) -> list[Text]:
    """Return the texts for a language, the one that fits best first."""
    by_tag = {_normal(text.language): text for text in texts or ()}
    return [by_tag[tag] for tag in fallbacks(language) if tag in by_tag]


def first_word(texts: Sequence[object], name: str, own: str) -> str:
    """Return the first of the texts' words of that name; ``own`` where none has it."""
    found = (getattr(text, name) for text in texts)
    return next((value for value in found if value is not None), own)


def fallbacks(language: str) -> Iterator[str]:
    """Yield a language tag and what it falls back to: zh-hant-tw, zh-hant, zh."""
    parts = _normal(language).split("-")
    for length in range(len(parts), 0, -1):
        yield "-".join(parts[:length])


def is_rtl_language(language: str) -> bool:
    """Tell whether a language is read from right to left."""
    first, *others = _normal(language).split("-")
    scripts = [part for part in others if len(part) == 4]
    return scripts[0] in _RTL_SCRIPTS if scripts else first in _RTL_LANGUAGES


def spoken_body(words: StepWords, image_text: str | None) -> str:
    """Return what a voice says after the title: what the picture shows, and the text."""
    return sentences((image_text or "", words.body))


def sentences(parts: Iterable[str]) -> str:
    """Return texts one after the other, so that a voice makes a stop after each."""
    stripped = (part.strip() for part in parts)
    return " ".join(_sentence(part) for part in stripped if part)


def _normal(language: str) -> str:
    """Return a tag in one spelling: ``pt_BR.UTF-8`` is ``pt-br``."""
    tag = re.split("[.@]", language, maxsplit=1)[0].replace("_", "-").lower()
    first, _, rest = tag.partition("-")
    first = _OLD_TAGS.get(first, first)
    return f"{first}-{rest}" if rest else first


def _sentence(text: str) -> str:
    return text if unicodedata.category(text[-1]) == "Po" else f"{text}."
