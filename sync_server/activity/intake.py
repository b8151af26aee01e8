"""Takes events in, whatever is wrong with some of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from client_sdk.contracts.activity import ActivityEvent
from sync_server.activity.kinds import Kind, normalised
from sync_server.activity.store import ActivityStore
from sync_server.activity.uses import Fault, UnfitError, Use, use_of
from sync_server.clock import Clock
from sync_server.settings import Settings

__all__ = ["ActivityIntake", "Refused", "Taken", "names_of"]

Item = TypeVar("Item")

_ERASED = "The user was erased after this happened; nothing of it is kept."


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An event that will never be taken: its place among those sent, and why."""

    place: int
    fault: Fault
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of some events.

    ``faults`` counts all that was refused or clipped, ``unknown_names`` the names that
    say nothing to a persona.
    """

    new: int = 0
    known: int = 0
    refused: tuple[Refused, ...] = ()
    faults: Counter[Fault] = field(default_factory=Counter)
    unknown_names: Counter[str] = field(default_factory=Counter)


def names_of(settings: Settings) -> dict[str, Kind]:
    """Return the product's own names of events, normalised."""
    return {normalised(name): Kind(kind) for name, kind in settings.activity_names}


class ActivityIntake:
    """Reads, bounds and stores events; one bad event never costs its neighbours.

    ``names`` are the product's own names of events, normalised.
    """

    def __init__(
        self, store: ActivityStore, *, names: Mapping[str, Kind], clock: Clock
    ) -> None:
        self._store = store
        self._names = names
        self._clock = clock

    def take(
        self, items: Sequence[Item], read: Callable[[Item], ActivityEvent]
    ) -> Taken:
        """Take events that came together; ``read`` makes an event of each, or UnfitError."""
        now = self._clock()
        uses: dict[int, Use] = {}
        refused: list[Refused] = []
        for place, item in enumerate(items):
            try:
                uses[place] = use_of(read(item), names=self._names, now=now)
            except UnfitError as exc:
                refused.append(Refused(place=place, fault=exc.fault, detail=str(exc)))
        places = list(uses)
        stored = self._store.add(list(uses.values()))
        for number in stored.erased:
            erased = places[number]
            refused.append(Refused(place=erased, fault=Fault.ERASED, detail=_ERASED))
            del uses[erased]
        return Taken(
            new=stored.new,
            known=len(uses) - stored.new,
            refused=tuple(sorted(refused, key=lambda each: each.place)),
            faults=_faults(refused, uses.values()),
            unknown_names=Counter(
                normalised(use.event.name)
                for use in uses.values()
                if use.kind is Kind.OTHER
            ),
        )


def _faults(refused: Iterable[Refused], uses: Iterable[Use]) -> Counter[Fault]:
    faults = Counter(each.fault for each in refused)
    for use in uses:
        faults.update(use.clipped)
    return faults
