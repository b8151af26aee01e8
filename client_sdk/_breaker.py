"""A circuit breaker: a server in trouble is left in peace, whoever asks for a sync."""

from __future__ import annotations

from client_sdk._delivery_errors import DeviceTrouble, Transient, Unreachable

__all__ = ["CircuitBreaker"]

#: So many syncs in a row must fail at the server before the breaker opens.
THRESHOLD = 5


class CircuitBreaker:
    """Counts syncs that failed at the server, and says how long to keep away from it.

    Back-off alone is not enough: a host app may ask for a sync at every tap.  Being
    offline counts for nothing, neither for the server nor against it, nor does what goes
    wrong on the device before anybody asks.
    """

    def __init__(self, *, longest_seconds: float) -> None:
        self._longest_seconds = longest_seconds
        self._failures = 0

    @property
    def is_open(self) -> bool:
        """Tell whether the last syncs all failed at the server."""
        return self._failures >= THRESHOLD

    def note_success(self) -> None:
        """Close: the server works."""
        self._failures = 0

    def note_trouble(self, trouble: Transient) -> float:
        """Return the seconds in which nobody is to ask again, 0 while it is closed."""
        if isinstance(trouble, Unreachable | DeviceTrouble):
            return 0.0
        self._failures += 1
        if not self.is_open:
            return 0.0
        return min(2.0 ** (self._failures - THRESHOLD), self._longest_seconds)
