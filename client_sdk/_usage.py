"""What the host app may pass: checks that name the argument and what would be right."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from client_sdk._errors import UsageError
from client_sdk.contracts.limits import (
    MAX_COMMENT_LENGTH,
    MAX_ID_LENGTH,
    has_no_control_characters,
    has_no_nul,
)
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.survey import Answer

__all__ = [
    "MAX_DURATION_MS",
    "UsageGuard",
    "check_answers",
    "check_base_url",
    "check_callable",
    "check_comment",
    "check_id",
    "check_nps",
    "check_ping",
]

logger = logging.getLogger(__name__)

MAX_DURATION_MS = 2**31 - 1


class UsageGuard:
    """Refuses calls that cannot be right.

    Where ``is_strict``, as in development, it raises; otherwise it logs and counts them,
    and the call is ignored: an app in production must not fall over its tutorial.
    """

    def __init__(self, *, is_strict: bool) -> None:
        self._is_strict = is_strict
        #: Set when the client is closed: every call is a misuse from then on.
        self.is_closed = False
        #: Calls that could not be right.
        self.misuses = 0

    def is_usable(self, check: Callable[[], object]) -> bool:
        """Tell whether a call can be served; UsageError instead where strict."""
        try:
            if self.is_closed:
                raise UsageError("the client is closed")
            check()
        except UsageError as exc:
            self.misuses += 1
            if self._is_strict:
                raise
            logger.error("the call was ignored: %s", exc)
            return False
        return True


def check_base_url(base_url: str) -> str:
    """Return the URL; UsageError unless it is http or https with a host."""
    scheme, separator, rest = base_url.partition("://")
    if scheme in ("http", "https") and separator and rest.strip("/"):
        return base_url
    raise UsageError(
        f"base_url is {base_url!r}; give the server's address,"
        " such as https://tutorials.example.com"
    )


def check_callable(name: str, value: object) -> None:
    """Raise UsageError unless the value can be called."""
    if not callable(value):
        raise UsageError(f"{name} is a {type(value).__name__}; it must be a function")


def check_id(name: str, value: object) -> str:
    """Return an identifier; UsageError unless it is text of 1 to 200 characters."""
    if not isinstance(value, str):
        raise UsageError(f"{name} is a {type(value).__name__}; it must be a str")
    if not 1 <= len(value) <= MAX_ID_LENGTH:
        raise UsageError(
            f"{name} has {len(value)} characters; it must have 1 to {MAX_ID_LENGTH}"
        )
    if not has_no_control_characters(value):
        raise UsageError(f"{name} holds a control character or half a surrogate pair")
    # A plain str also from a StrEnum: the file gives back nothing else.
    return str.__str__(value)


def check_ping(
    tutorial_id: object, step_id: object, status: object, duration_ms: object
) -> StepStatus:
    """Return the status; UsageError if an argument cannot be part of a ping."""
    check_id("tutorial_id", tutorial_id)
    check_id("step_id", step_id)
    _check_integer("duration_ms", duration_ms, 0, MAX_DURATION_MS)
    try:
        return StepStatus(status)  # type: ignore[arg-type]
    except ValueError as exc:
        known = ", ".join(StepStatus)
        raise UsageError(f"status is {status!r}; it must be one of {known}") from exc


def check_nps(nps: object) -> int:
    """Return the score; UsageError unless it is an integer from 0 to 10."""
    return _check_integer("nps", nps, 0, 10)


def check_answers(nps: object, answers: Sequence[Answer]) -> None:
    """Raise UsageError unless there is a score, or answers to questions."""
    if nps is not None:
        check_nps(nps)
    elif not answers:
        raise UsageError("nps is None; give a score from 0 to 10, or answers")
    for answer in answers:
        if not isinstance(answer, Answer):
            raise UsageError(f"an answer is a {type(answer).__name__}; give an Answer")


def check_comment(comment: object) -> str:
    """Return the comment; UsageError unless it is storable text of at most 4,000."""
    if not isinstance(comment, str):
        raise UsageError(f"comment is a {type(comment).__name__}; it must be a str")
    if len(comment) > MAX_COMMENT_LENGTH:
        raise UsageError(
            f"comment has {len(comment)} characters; at most {MAX_COMMENT_LENGTH} fit"
        )
    if not has_no_nul(comment):
        raise UsageError("comment holds a NUL character or half a surrogate pair")
    return str.__str__(comment)


def _check_integer(name: str, value: object, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise UsageError(f"{name} is a {type(value).__name__}; it must be an int")
    if not low <= value <= high:
        raise UsageError(f"{name} is {value}; it must be {low} to {high}")
    return int.__int__(value)
