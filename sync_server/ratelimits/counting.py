"""How many requests somebody made within the last minute, in slices of ten seconds.  Pure."""

from __future__ import annotations

import math

__all__ = ["KEPT_SLICES", "SLICE_SECONDS", "WINDOW_SECONDS", "SliceCounts", "slice_at"]

#: The minute that limits speak of.
WINDOW_SECONDS = 60
#: Seconds that are counted as one.
SLICE_SECONDS = 10
#: The minute's slices, and the one that is not over yet.
KEPT_SLICES = WINDOW_SECONDS // SLICE_SECONDS + 1


def slice_at(seconds: float) -> int:
    """Return the number of the slice at a moment, in seconds since 1970."""
    return int(seconds / SLICE_SECONDS)


class SliceCounts:
    """The counts of one key in the newest slices, and their sum.

    The sum covers at least the last 60 seconds and at most the last 70.  Whoever stays
    below a limit in every 70 seconds stays below it here; whoever is stopped at the limit
    here had at most as many in any 60 seconds.  Not safe for threads: the owner locks.
    """

    __slots__ = ("_counts", "_reported", "newest", "total")

    def __init__(self, newest: int) -> None:
        self.newest = newest
        self.total = 0
        # the count of slice n stands at n modulo KEPT_SLICES
        self._counts = [0] * KEPT_SLICES
        self._reported = [0] * KEPT_SLICES

    def advance(self, newest: int) -> None:
        """Forget what is too old by now.

        A clock that was set back a little goes on counting in an older slice; one that
        was set back by more than the window starts anew.
        """
        steps = newest - self.newest
        if abs(steps) >= KEPT_SLICES:
            self._counts = [0] * KEPT_SLICES
            self._reported = [0] * KEPT_SLICES
            self.total, self.newest = 0, newest
            return
        for number in range(self.newest + 1, newest + 1):
            self._drop(number % KEPT_SLICES)
        self.newest = max(newest, self.newest)

    def add(self, number: int, count: int = 1) -> None:
        """Count requests in a slice that is kept."""
        self._counts[number % KEPT_SLICES] += count
        self.total += count

    def wait_seconds(self, limit: int, seconds: float) -> int:
        """Return how long to wait, whole seconds from 1, until the sum is below a limit."""
        left = self.total
        oldest = self.newest - KEPT_SLICES + 1
        for number in range(oldest, self.newest + 1):
            left -= self._counts[number % KEPT_SLICES]
            if left < limit:
                break
        leaves = (number + KEPT_SLICES) * SLICE_SECONDS
        return max(1, math.ceil(leaves - seconds))

    def report(self) -> list[tuple[int, int, int]]:
        """Return (slice, its count, how much of that is new since the last report).

        What was reported once is never reported again, whether the report arrived or not:
        losing a second's counts is better than counting a user's requests twice.
        """
        found = []
        for number in range(self.newest - KEPT_SLICES + 1, self.newest + 1):
            place = number % KEPT_SLICES
            count = self._counts[place]
            found.append((number, count, count - self._reported[place]))
            self._reported[place] = count
        return found

    def learn(self, number: int, count: int) -> None:
        """Add what others counted in a slice; it is neither ours nor to be reported."""
        if count > 0 and 0 <= self.newest - number < KEPT_SLICES:
            self.add(number, count)
            self._reported[number % KEPT_SLICES] += count

    def _drop(self, place: int) -> None:
        self.total -= self._counts[place]
        self._counts[place] = self._reported[place] = 0
