"""What the device wrote against what PostgreSQL holds.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

__all__ = ["Balance", "Event", "balance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One step event; ``seq`` numbers the device's events from 1 without gaps."""

    event_id: UUID
    seq: int
    run_id: UUID
    step_id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The outcome; a good one has nothing lost and nothing doubled."""

    #: Events that the device wrote, by its own running number.
    shown: int
    #: Different events that PostgreSQL holds.
    delivered: int
    #: Written and neither in PostgreSQL nor still on the device.
    lost: int
    #: Held twice, or told twice under different ids.
    duplicated: int

    @property
    def is_good(self) -> bool:
        """Tell whether every event is in PostgreSQL exactly once."""
        return (self.lost, self.duplicated) == (0, 0) and self.delivered == self.shown


def balance(
    *,
    last_seq: int,
    seen_on_device: Iterable[Event],
    on_device: Iterable[Event],
    stored: Iterable[Event],
) -> Balance:
    """Compare both sides.

    ``last_seq`` is the highest number that the device ever gave, ``seen_on_device`` the
    events read from its file on the way, ``on_device`` what still waits there, and
    ``stored`` the rows of PostgreSQL.
    """
    rows = list(stored)
    by_id = {event.event_id: event for event in rows}
    waiting = list(on_device)
    known_ids = by_id.keys() | {event.event_id for event in waiting}
    known_seqs = {event.seq for event in (*rows, *waiting)}
    unnumbered = set(range(1, last_seq + 1)) - known_seqs
    # a row of another id under the same number would hide the loss of a seen event
    vanished = {e.seq for e in seen_on_device if e.event_id not in known_ids}
    return Balance(
        shown=last_seq,
        delivered=len(by_id),
        lost=len(unnumbered | vanished),
        duplicated=len(rows) - len(by_id) + _told_twice(by_id.values()),
    )


def _told_twice(events: Iterable[Event]) -> int:
    """Count what a run tells again of a step under another id; nobody went back."""
    told = Counter((event.run_id, event.step_id, event.status) for event in events)
    return sum(count - 1 for count in told.values())
