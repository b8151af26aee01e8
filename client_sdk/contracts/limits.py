"""Bounds that both sides keep, and the field types that carry them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from client_sdk.contracts.constraints import AtLeast, AtMost, Instant, Length, Satisfies

__all__ = [
    "MAX_BATCH_EVENTS",
    "MAX_BODY_BYTES",
    "MAX_COMMENT_LENGTH",
    "MAX_ID_LENGTH",
    "MAX_LANGUAGES",
    "SURVEY_WINDOW_SECONDS",
    "Comment",
    "DurationMs",
    "Id",
    "Moment",
    "Nps",
    "Points",
    "Sequence",
    "Text",
    "Version",
    "has_no_control_characters",
    "has_no_nul",
]

#: Largest request body in bytes, measured after decompression.
MAX_BODY_BYTES = 1024 * 1024
#: Most events in one batch.
MAX_BATCH_EVENTS = 500
#: Longest identifier in characters.
MAX_ID_LENGTH = 200
#: Longest survey comment in characters.
MAX_COMMENT_LENGTH = 4_000
#: Most languages, beside the author's own, of one step, survey, question or option.
MAX_LANGUAGES = 50
#: One survey answer per user in this many seconds: 30 days (specification 2.5).
SURVEY_WINDOW_SECONDS = 30 * 24 * 60 * 60

# Compiled when they are first needed: printable text, which is nearly all, needs neither.
_CONTROL_CHARACTERS = r"[\x00-\x1f\x7f\ud800-\udfff]"
_UNSTORABLE = r"[\x00\ud800-\udfff]"


def has_no_control_characters(text: str) -> bool:
    """Tell whether an identifier is free of control characters and lone surrogates."""
    return text.isprintable() or re.search(_CONTROL_CHARACTERS, text) is None


def has_no_nul(text: str) -> bool:
    """Tell whether PostgreSQL can store the text: no NUL and no lone surrogate."""
    return text.isprintable() or re.search(_UNSTORABLE, text) is None


# JSON Schema's patterns cannot name half a surrogate pair: no valid UTF-8 holds one
_STORABLE = Satisfies(
    has_no_nul,
    "the character NUL and half a surrogate pair are not allowed",
    r"^[^\u0000]*$",
)
_PLAIN = Satisfies(
    has_no_control_characters,
    "control characters and half a surrogate pair are not allowed",
    r"^[^\u0000-\u001f\u007f]*$",
    remembered=1_000,
)

Id = Annotated[str, Length(1, MAX_ID_LENGTH), _PLAIN]
Text = Annotated[str, Length(0, MAX_COMMENT_LENGTH), _STORABLE]
Comment = Annotated[str, Length(0, MAX_COMMENT_LENGTH), _STORABLE]
DurationMs = Annotated[int, AtLeast(0), AtMost(2**31 - 1)]
Sequence = Annotated[int, AtLeast(1), AtMost(2**63 - 1)]
Version = Annotated[int, AtLeast(1), AtMost(2**31 - 1)]
Points = Annotated[int, AtLeast(0), AtMost(10_000)]
Nps = Annotated[int, AtLeast(0), AtMost(10)]
Moment = Annotated[datetime, Instant()]
