"""One limit, counted by one worker for very many keys in bounded memory."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import NamedTuple

from sync_server.ratelimits.counting import (
    KEPT_SLICES,
    SLICE_SECONDS,
    SliceCounts,
    slice_at,
)

__all__ = ["MAX_KEYS", "Limit", "Refusal", "Share"]

#: Keys in one generation; there are two, about 400 bytes a key.
MAX_KEYS = 20_000
#: A key is told to other workers from this part of the limit on: most never come near.
_SHARED_PART = 0.05


class Refusal(NamedTuple):
    """Why a request is refused: whose limit, and how many seconds to wait."""

    limit: Limit
    wait_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one worker tells of one key's slice, and what it believes the sum to be."""

    key: Hashable
    number: int
    added: int
    believed: int


class Limit:
    """At most ``per_minute`` requests of one key, whatever thread they come in; 0 is off.

    Keys lie in two generations.  What was touched is in the young one; when that is full
    or a window old it becomes the old one, and what lay untouched in there is forgotten.
    An attacker with a million addresses makes others be forgotten early, which gives
    them their minute anew; it never makes the memory grow.
    """

    def __init__(
        self,
        name: str,
        per_minute: int,
        *,
        seconds: Callable[[], float] = time.time,
        max_keys: int = MAX_KEYS,
    ) -> None:
        self.name = name
        self.per_minute = per_minute
        self._seconds = seconds
        self._max_keys = max_keys
        self._shared_from = max(1, round(per_minute * _SHARED_PART))
        self._lock = threading.Lock()
        self._young: dict[Hashable, SliceCounts] = {}
        self._old: dict[Hashable, SliceCounts] = {}
        self._born = 0
        self._warm: dict[Hashable, SliceCounts] = {}
        self._full: set[Hashable] = set()

    @property
    def is_any_full(self) -> bool:
        """Tell whether some key reached the limit lately; costs nothing."""
        return bool(self._full)

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def take(self, key: Hashable, count: int = 1) -> Refusal | None:
        """Count a request of the key, or refuse it; a refused one does not count.

        One that counts more than once may go beyond the limit by that.
        """
        if not self.per_minute:
            return None
        seconds = self._seconds()
        number = int(seconds / SLICE_SECONDS)
        # on every request's way: a with statement would cost twice as much
        self._lock.acquire()
        try:
            counts = self._young.get(key)
            if counts is None or counts.newest != number:
                counts = self._current(key, number)
            if counts.total >= self.per_minute:
                # noted anew: a change of generations forgets who is full
                self._full.add(key)
                return Refusal(self, counts.wait_seconds(self.per_minute, seconds))
            counts.add(number, count)
            if counts.total >= self._shared_from:
                self._note(key, counts)
        finally:
            self._lock.release()
        return None

    def look(self, key: Hashable) -> Refusal | None:
        """Return what :meth:`take` would, and count nothing."""
        seconds = self._seconds()
        with self._lock:
            counts = self._young.get(key) or self._old.get(key)
            if counts is None or not self.per_minute:
                return None
            counts.advance(slice_at(seconds))
            if counts.total < self.per_minute:
                self._full.discard(key)
                return None
            return Refusal(self, counts.wait_seconds(self.per_minute, seconds))

    def shares(self, most: int) -> list[Share]:
        """Return what to tell of the keys that matter and were busy since the last call.

        Beyond ``most`` keys the busiest are told, the others next time.
        """
        with self._lock:
            warm, self._warm = self._warm, {}
            busiest = heapq.nlargest(most, warm.items(), key=lambda item: item[1].total)
            return [
                Share(key=key, number=number, added=added, believed=count)
                for key, counts in busiest
                for number, count, added in counts.report()
            ]

    def learn(self, share: Share, total: int) -> None:
        """Take over that all workers together counted ``total`` in the share's slice."""
        with self._lock:
            counts = self._young.get(share.key) or self._old.get(share.key)
            if counts is not None:
                counts.learn(share.number, total - share.believed)
                if counts.total >= self.per_minute:
                    self._full.add(share.key)

    def _note(self, key: Hashable, counts: SliceCounts) -> None:
        """Remember a key that other workers should hear of, or that may do no more."""
        self._warm[key] = counts
        if counts.total >= self.per_minute:
            self._full.add(key)

    def _current(self, key: Hashable, number: int) -> SliceCounts:
        """Return the key's counts, brought up to date and into the young generation."""
        is_over = abs(number - self._born) >= KEPT_SLICES
        if is_over or len(self._young) >= self._max_keys:
            self._old, self._young, self._born = self._young, {}, number
            # what is busy or full still comes back with its next request
            self._warm, self._full = {}, set()
        counts = self._young.get(key) or self._old.pop(key, None)
        if counts is None:
            counts = SliceCounts(number)
        counts.advance(number)
        self._young[key] = counts
        return counts
