"""TourQueue: the tutorials that wait for their turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from client_sdk import TutorialSession

__all__ = ["TourQueue", "Waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A tutorial that is to run."""

    session: TutorialSession
    restart: bool


class TourQueue:
    """First in, first out; each tutorial stands in it once."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Waiting]:
        """Iterate over a copy: who looks may take one out."""
        return iter(list(self._waiting.values()))

    def __contains__(self, tutorial_id: object) -> bool:
        return tutorial_id in self._waiting

    def add(self, tutorial_id: str, waiting: Waiting, *, first: bool = False) -> None:
        """Put a tutorial at the end, or at the head; one that is there keeps its place."""
        there = self._waiting.pop(tutorial_id, None) if first else None
        if first:
            merged = replace(
                waiting, restart=waiting.restart or bool(there and there.restart)
            )
            self._waiting = {tutorial_id: merged, **self._waiting}
            return
        known = self._waiting.get(tutorial_id)
        if known is not None:
            waiting = replace(known, restart=known.restart or waiting.restart)
        self._waiting[tutorial_id] = waiting

    def remove(self, tutorial_id: str) -> None:
        """Take a tutorial out; nothing happens if it is not there."""
        self._waiting.pop(tutorial_id, None)

    def clear(self) -> None:
        """Take all of them out."""
        self._waiting.clear()
