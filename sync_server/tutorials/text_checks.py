"""What must hold for words in other languages, of whatever has some.  Pure."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

from client_sdk.contracts.wire import wire_name
from sync_server.tutorials.source import Source
from sync_server.validation import Location

__all__ = ["check_texts"]

#: Language, script, region and variants of BCP 47 (RFC 5646), without its extensions.
_LANGUAGE = re.compile(
    r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*",
    re.IGNORECASE | re.ASCII,
)


def check_texts(place: Location, texts: Sequence[Any] | None, source: Source) -> None:
    """Add to the source's faults what is wrong with the ``texts`` of something."""
    first: dict[str, Location] = {}
    for index, text in enumerate(texts or ()):
        _check_language((*place, "texts", index), text, first, source)
        if all(getattr(text, name) is None for name in _words(text)):
            *others, last = map(wire_name, _words(text))
            detail = f"say {', '.join(others)} or {last} in this language"
            source.fault((*place, "texts", index), detail)


def _words(text: Any) -> list[str]:
    return [one.name for one in dataclasses.fields(text) if one.name != "language"]


def _check_language(
    place: Location, text: Any, first: dict[str, Location], source: Source
) -> None:
    if not _LANGUAGE.fullmatch(text.language):
        source.fault(
            (*place, "language"),
            f"{text.language!r} is no language tag; write it as de, pt-BR or zh-Hant",
        )
    # tags are alike in any case (RFC 5646, section 2.1.1)
    name = text.language.lower()
    if name in first:
        source.fault(
            (*place, "language"),
            f"{text.language!r} has its words on line {source.line(first[name])}",
        )
    first.setdefault(name, place)
