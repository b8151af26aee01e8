"""What the host app may pass: checks that name the argument and what would be right."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from client_sdk._errors import UsageError
from client_sdk.contracts.codec import DecodeError, decode, encode
from client_sdk.contracts.limits import (
    MAX_COMMENT_LENGTH,
    MAX_ID_LENGTH,
    has_no_control_characters,
    has_no_nul,
)
from client_sdk.contracts.questions import MAX_QUESTIONS
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.survey import Answer

__all__ = [
    "MAX_DURATION_MS",
    "MAX_SECONDS",
    "UsageGuard",
    "check_answers",
    "check_callable",
    "check_comment",
    "check_flag",
    "check_id",
    "check_nothing",
    "check_nps",
    "check_ping",
    "check_step",
    "check_steps",
    "check_timeout",
]

logger = logging.getLogger(__name__)

T = TypeVar("T")

MAX_DURATION_MS = 2**31 - 1
#: Longest time that an app may name, in seconds: a year.  A thread cannot wait for ever.
MAX_SECONDS = 366 * 24 * 60 * 60.0
#: Different mistakes that are logged; the rest is only counted.
MAX_TOLD = 100


class UsageGuard:
    """Refuses calls that cannot be right.

    Where ``is_strict``, as in development, it raises; otherwise it logs and counts them,
    and the call is ignored: an app in production must not fall over its tutorial.
    """

    def __init__(self, *, is_strict: bool) -> None:
        self._is_strict = is_strict
        self._told: set[str] = set()
        # A signal's handler may make a mistake in the midst of another.
        self._lock = threading.RLock()
        #: Set when the client is closed: every call is a misuse from then on.
        self.is_closed = False
        #: Calls that could not be right.
        self.misuses = 0

    def unlock_after_fork(self) -> None:
        """Take a new lock in a child process: nobody lives there to let the old one go."""
        self._lock = threading.RLock()

    def is_usable(self, check: Callable[[], object]) -> bool:
        """Tell whether a call can be served; UsageError instead where strict."""
        if self.is_closed:
            self.note("the client is closed", then="the call was ignored")
            return False
        mistake = _mistake(check)
        if mistake is not None:
            self.note(mistake, then="the call was ignored")
        return mistake is None

    def checked(self, check: Callable[[], T], otherwise: T) -> T:
        """Return what the check does, or something harmless in its place."""
        found: list[T] = []
        mistake = _mistake(lambda: found.append(check()))
        if mistake is None:
            return found[0]
        self.note(mistake, then="something harmless takes its place")
        return otherwise

    def note(self, mistake: str, *, then: str) -> None:
        """Count a mistake and log it once with what follows; UsageError where strict.

        Once, because an app may repeat it at every frame.
        """
        with self._lock:
            self.misuses += 1
            is_new = mistake not in self._told and len(self._told) < MAX_TOLD
            if is_new:
                self._told.add(mistake)
        if self._is_strict:
            raise UsageError(mistake)
        if is_new:
            logger.error("%s; %s", mistake, then)


def _mistake(check: Callable[[], object]) -> str | None:
    try:
        check()
    except UsageError as exc:
        return str(exc)
    except Exception as exc:  # noqa: BLE001 - an argument may raise when it is looked at
        return f"an argument raised {type(exc).__name__} when it was looked at"
    return None


def check_nothing() -> None:
    """Accept a call that has nothing to check but whether the client is open."""


def check_callable(name: str, value: object) -> None:
    """Raise UsageError unless the value can be called."""
    if not callable(value):
        raise UsageError(f"{name} is a {type(value).__name__}; it must be a function")


def check_flag(name: str, value: object) -> None:
    """Raise UsageError unless the value is True or False."""
    if not isinstance(value, bool):
        raise UsageError(f"{name} is a {type(value).__name__}; it must be a bool")


def check_timeout(value: object) -> float:
    """Return a time to wait; UsageError unless it is 0 seconds to a year."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        kind = type(value).__name__
        raise UsageError(f"timeout_seconds is a {kind}; it must be a number")
    if not 0 <= value <= MAX_SECONDS:
        raise UsageError(
            f"timeout_seconds is {value}; it must be 0 to {MAX_SECONDS:.0f}"
        )
    return float(value)


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


def check_step(step_id: object) -> None:
    """UsageError unless it is an identifier or None."""
    if step_id is not None:
        check_id("to", step_id)


def check_steps(step_ids: object) -> None:
    """UsageError unless it is a collection of identifiers."""
    if isinstance(step_ids, str) or not isinstance(step_ids, Collection):
        kind = type(step_ids).__name__
        raise UsageError(f"step_ids is a {kind}; it must be a collection of ids")
    for one in step_ids:
        check_id("step_ids", one)


def check_ping(
    tutorial_id: object, step_id: object, status: object, duration_ms: object
) -> StepStatus:
    """Return the status; UsageError if an argument cannot be part of a ping."""
    check_id("tutorial_id", tutorial_id)
    check_id("step_id", step_id)
    _check_integer("duration_ms", duration_ms, 0, MAX_DURATION_MS)
    # What equals a status need not be one.
    if isinstance(status, str) and status in tuple(StepStatus):
        return StepStatus(status)
    known = ", ".join(StepStatus)
    shown = repr(status[:40]) if isinstance(status, str) else type(status).__name__
    raise UsageError(f"status is {shown}; it must be one of {known}")


def check_nps(nps: object) -> int:
    """Return the score; UsageError unless it is an integer from 0 to 10."""
    return _check_integer("nps", nps, 0, 10)


def check_answers(nps: object, answers: object) -> None:
    """Raise UsageError unless there is a score, or answers to questions."""
    if not isinstance(answers, Sequence) or isinstance(answers, str | bytes):
        raise UsageError(f"answers is a {type(answers).__name__}; give a list or tuple")
    if len(answers) > MAX_QUESTIONS:
        raise UsageError(f"there are {len(answers)} answers; at most {MAX_QUESTIONS}")
    if nps is not None:
        check_nps(nps)
    elif not answers:
        raise UsageError("nps is None; give a score from 0 to 10, or answers")
    for answer in answers:
        _check_answer(answer)


def _check_answer(answer: object) -> None:
    if not isinstance(answer, Answer):
        raise UsageError(f"an answer is a {type(answer).__name__}; give an Answer")
    try:
        decode(Answer, encode(answer))
    except DecodeError as exc:
        raise UsageError(f"an Answer is wrong at {exc.pointer}: {exc.detail}") from exc


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
