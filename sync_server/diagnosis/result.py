"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Level", "Result", "fault", "ok", "warning"]


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    #: It serves, but not as it should.
    WARNING = "warning"
    #: It does not serve, or not safely.
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line: what was looked at, what was found, and what to do unless it is ok.

    Neither text holds a secret.
    """

    name: str
    level: Level
    detail: str
    remedy: str = ""


def ok(name: str, detail: str) -> Result:
    """Return that it is as it should be."""
    return Result(name=name, level=Level.OK, detail=detail)


def warning(name: str, detail: str, *, remedy: str) -> Result:
    """Return that it serves, but not as it should."""
    return Result(name=name, level=Level.WARNING, detail=detail, remedy=remedy)


def fault(name: str, detail: str, *, remedy: str) -> Result:
    """Return that it does not serve, or not safely."""
    return Result(name=name, level=Level.FAULT, detail=detail, remedy=remedy)
