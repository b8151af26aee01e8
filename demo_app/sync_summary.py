"""What the status strip says, worked out from the client's status.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

__all__ = ["Reach", "SyncSummary", "ago", "compact", "summarise"]


class Reach(StrEnum):
    """What is known about the way to the server."""

    ONLINE = "Online"
    OFFLINE = "Offline"
    SWITCHED_OFF = "Working offline"
    UNKNOWN = "Connecting"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSummary:
    """The texts of the strip."""

    reach: Reach
    synced: str
    queued: str
    sent: str
    variant: str
    persona: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncFacts:
    """What the strip is made of; see ``ClientStatus`` and ``TutorialConfig``."""

    online: bool | None
    switched_off: bool
    queued: int
    sent: int
    last_sync_at: datetime | None
    variant: str | None
    persona: str | None


def summarise(facts: SyncFacts, *, now: datetime) -> SyncSummary:
    """Return the texts for the facts as they are at ``now``."""
    return SyncSummary(
        reach=_reach(facts),
        synced=ago(facts.last_sync_at, now=now),
        queued=compact(facts.queued),
        sent=compact(facts.sent),
        variant=facts.variant or "none yet",
        persona=facts.persona or "none yet",
    )


def ago(moment: datetime | None, *, now: datetime) -> str:
    """Return how long ago the last sync was; a clock set back counts as just now."""
    if moment is None:
        return "Not synced yet"
    seconds = max(timedelta(), now - moment).total_seconds()
    if seconds < 10:
        return "Synced just now"
    for limit, unit, name in (
        (60, 1, "s"),
        (3600, 60, "min"),
        (86_400, 3600, "h"),
    ):
        if seconds < limit:
            return f"Synced {int(seconds // unit)} {name} ago"
    days = int(seconds // 86_400)
    return f"Synced {days} day{'s' if days > 1 else ''} ago"


def compact(number: int) -> str:
    """Return a count in at most five characters: ``999``, ``12.3k``, ``123k``, ``4.1M``.

    It is rounded down: a strip does not promise more than there is.
    """
    if number < 1000:
        return str(number)
    unit, suffix = (1000, "k") if number < 1_000_000 else (1_000_000, "M")
    tenths = min(number * 10 // unit, 9990)
    if tenths < 1000:
        return f"{tenths / 10:.1f}{suffix}"
    return f"{tenths // 10}{suffix}"


def _reach(facts: SyncFacts) -> Reach:
    if facts.switched_off:
        return Reach.SWITCHED_OFF
    if facts.online is None:
        return Reach.UNKNOWN
    return Reach.ONLINE if facts.online else Reach.OFFLINE
