"""Lets one request at a time wait for a database that is away; the others fail at once.

Each that waits holds a thread for the whole time-out.  If all did, requests that need no
database would queue behind them, probes of the machinery first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["Outage"]

#: Seconds between the failure of one attempt and the next.
_PAUSE_SECONDS = 1.0


class Outage:
    """Whether the database is known to be away, and whose turn it is to try."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        #: When the next attempt may begin; 0 while nothing is wrong.
        self._next_at = 0.0

    def may_try(self, timeout_seconds: float) -> bool:
        """Return whether the caller may wait for a connection, for at most that long."""
        # no lock where nothing is wrong: every request comes by here
        if not self._next_at:
            return True
        with self._lock:
            now = self._monotonic()
            if now < self._next_at:
                return False
            # the others' turn comes when this attempt is over, also if it never returns
            self._next_at = now + timeout_seconds + _PAUSE_SECONDS
            return True

    def begin(self) -> None:
        """Note that no connection could be had, and that nobody holds one either."""
        with self._lock:
            self._next_at = self._monotonic() + _PAUSE_SECONDS

    def end(self) -> None:
        """Note that the database answers."""
        if self._next_at:
            with self._lock:
                self._next_at = 0.0
