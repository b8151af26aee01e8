"""What counts of an event, within bounds that a feature can bear.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from client_sdk.contracts.activity import ActivityEvent
from sync_server.activity.kinds import Kind, kind_of

__all__ = ["MAX_AMOUNT", "Fault", "UnfitError", "Use", "use_of"]

#: Most uses that one event may tell of, and most members of a project.
MAX_AMOUNT = 10_000
#: A clock that is this far ahead is taken to be wrong about the minute, not the day.
_TOLERANCE = timedelta(days=1)
#: Nothing that a product still wants to know happened before.
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)


class Fault(StrEnum):
    """Why an event was refused, or taken otherwise than it was sent."""

    #: Refused: no event of the documented form.
    MALFORMED = "malformed"
    #: Refused: the user was erased after it happened.
    ERASED = "erased"
    #: Refused: more than a day in the future.
    FUTURE = "future"
    #: Refused: before the year 2000.
    ANCIENT = "ancient"
    #: Refused: ``count`` is negative, zero or no whole number.
    BAD_COUNT = "bad_count"
    #: Refused: so is ``members``.
    BAD_MEMBERS = "bad_members"
    #: Taken as happening now: up to a day in the future.
    CLOCK_AHEAD = "clock_ahead"
    #: Taken as 10,000.
    LARGE_COUNT = "large_count"
    LARGE_MEMBERS = "large_members"
    #: Taken as use of no particular kind.
    UNKNOWN_NAME = "unknown_name"


class UnfitError(ValueError):
    """The event cannot be taken; the message says what would be right."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """An event as it counts; ``clipped`` says in what it is not as it was sent.

    ``members`` is told of projects alone.
    """

    event: ActivityEvent
    kind: Kind
    occurred_at: datetime
    amount: int = 1
    members: int | None = None
    clipped: tuple[Fault, ...] = ()


def use_of(event: ActivityEvent, *, names: Mapping[str, Kind], now: datetime) -> Use:
    """Return what counts of the event; UnfitError if nothing may."""
    clipped: list[Fault] = []
    occurred_at = _time(event.occurred_at, now, clipped)
    kind = kind_of(event.name, names)
    if kind is Kind.OTHER:
        # what its properties mean, nobody here knows
        clipped.append(Fault.UNKNOWN_NAME)
        return Use(
            event=event, kind=kind, occurred_at=occurred_at, clipped=tuple(clipped)
        )
    amount = _number(
        event.properties, "count", (Fault.BAD_COUNT, Fault.LARGE_COUNT), clipped
    )
    members = None
    if kind is Kind.PROJECT_CREATED:
        members = _number(
            event.properties,
            "members",
            (Fault.BAD_MEMBERS, Fault.LARGE_MEMBERS),
            clipped,
        )
    return Use(
        event=event,
        kind=kind,
        occurred_at=occurred_at,
        amount=amount or 1,
        members=members,
        clipped=tuple(clipped),
    )


def _time(moment: datetime, now: datetime, clipped: list[Fault]) -> datetime:
    if moment < _OLDEST:
        raise UnfitError(
            Fault.ANCIENT, "/occurredAt: a time after the year 2000 is needed"
        )
    if moment <= now:
        return moment
    if moment - now > _TOLERANCE:
        raise UnfitError(
            Fault.FUTURE, "/occurredAt: this is more than a day in the future"
        )
    clipped.append(Fault.CLOCK_AHEAD)
    return now


def _number(
    properties: Mapping[str, Any],
    name: str,
    faults: tuple[Fault, Fault],
    clipped: list[Fault],
) -> int | None:
    """Return a whole number from 1, None where there is none."""
    value = properties.get(name)
    if value is None:
        return None
    is_whole = isinstance(value, int) or (
        isinstance(value, float) and value.is_integer()
    )
    if isinstance(value, bool) or not is_whole or value < 1:
        raise UnfitError(
            faults[0], f"/properties/{name}: a whole number from 1 is needed"
        )
    if value > MAX_AMOUNT:
        clipped.append(faults[1])
        return MAX_AMOUNT
    return int(value)
