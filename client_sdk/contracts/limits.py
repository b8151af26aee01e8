"""Bounds that both sides keep, and the field types that carry them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from annotated_types import Ge, Le, Len, Predicate

__all__ = [
    "MAX_BATCH_EVENTS",
    "MAX_BODY_BYTES",
    "MAX_COMMENT_LENGTH",
    "MAX_ID_LENGTH",
    "SURVEY_WINDOW_SECONDS",
    "Comment",
    "DurationMs",
    "Id",
    "Moment",
    "Nps",
    "Sequence",
    "Text",
    "Version",
    "has_no_control_characters",
    "has_no_nul",
    "has_utc_offset",
]

#: Largest request body in bytes, measured after decompression.
MAX_BODY_BYTES = 1024 * 1024
#: Most events in one batch.
MAX_BATCH_EVENTS = 500
#: Longest identifier in characters.
MAX_ID_LENGTH = 200
#: Longest survey comment in characters.
MAX_COMMENT_LENGTH = 4_000
#: One survey answer per user in this many seconds: 30 days (specification 2.5).
SURVEY_WINDOW_SECONDS = 30 * 24 * 60 * 60

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def has_no_control_characters(text: str) -> bool:
    """Tell whether an identifier is free of control characters and lone surrogates."""
    return _CONTROL_CHARACTERS.search(text) is None


def has_no_nul(text: str) -> bool:
    """Tell whether PostgreSQL can store the text: no NUL and no lone surrogate."""
    return _UNSTORABLE.search(text) is None


def has_utc_offset(moment: datetime) -> bool:
    """Tell whether a time says its offset; without one it names no instant."""
    return moment.utcoffset() is not None


Id = Annotated[str, Len(1, MAX_ID_LENGTH), Predicate(has_no_control_characters)]
Text = Annotated[str, Len(0, MAX_COMMENT_LENGTH), Predicate(has_no_nul)]
Comment = Annotated[str, Len(0, MAX_COMMENT_LENGTH), Predicate(has_no_nul)]
DurationMs = Annotated[int, Ge(0), Le(2**31 - 1)]
Sequence = Annotated[int, Ge(1), Le(2**63 - 1)]
Version = Annotated[int, Ge(1), Le(2**31 - 1)]
Nps = Annotated[int, Ge(0), Le(10)]
Moment = Annotated[datetime, Predicate(has_utc_offset)]
