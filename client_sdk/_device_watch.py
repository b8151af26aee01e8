"""The device behind a client: when it lets a sync run, and that it stays awake for one."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from client_sdk._config import Metered
from client_sdk._sync import ASKED, NOTHING
from client_sdk.platforms import (
    Occasion,
    Platform,
    SyncPlan,
    plan_sync,
    read_conditions,
)

__all__ = ["DeviceWatch"]

logger = logging.getLogger(__name__)

T = TypeVar("T")
#: Calls a function after some seconds, once it is started.
Timer = Callable[[float, Callable[[], None]], threading.Timer]

#: iOS ends an app that keeps it awake for longer than about 30 seconds.
LONGEST_AWAKE_SECONDS = 25.0


class DeviceWatch:
    """Asks a platform; whatever that raises stays here."""

    def __init__(
        self,
        platform: Platform,
        metered: Metered,
        *,
        on_change: Callable[[], None],
        timer: Timer = threading.Timer,
    ) -> None:
        self._platform = platform
        self._timer = timer
        self._metered = metered
        #: The time that was asked for last, and the one that the sync under way ends.
        self._awake: _Awake | None = None
        self._in_use: _Awake | None = None
        self._stop_listening = _contain(lambda: platform.listen(on_change))

    def plan(self, urgency: int) -> SyncPlan:
        """Return what may be done now; called on the sync thread, at a sync's beginning."""
        # Of an app that pauses during a sync the next one sends what waits.
        self._in_use = self._awake
        occasion = Occasion.EVENTS
        if urgency in (ASKED, NOTHING):
            occasion = Occasion.ASKED if urgency == ASKED else Occasion.PERIODIC
        return plan_sync(occasion, read_conditions(self._platform), self._metered)

    def stay_awake(self) -> None:
        """Ask for time to send what waits, for the app goes to the background."""
        earlier = self._awake
        let_go = _contain(self._platform.stay_awake)
        self._awake = None if let_go is None else _Awake(let_go, self._timer)
        if earlier is not None:
            earlier.end()

    def may_sleep(self) -> None:
        """Give back what is left of the time that was there when this sync began."""
        if self._in_use is not None:
            self._in_use.end()

    def close(self) -> None:
        """Stop listening."""
        if self._awake is not None:
            self._awake.end()
        stop, self._stop_listening = self._stop_listening, None
        if stop is not None:
            _contain(stop)


class _Awake:
    """Time in the background; it ends once, whether the sync or the clock is first."""

    def __init__(self, let_go: Callable[[], None], timer: Timer) -> None:
        self._let_go = [let_go]
        self._timer = timer(LONGEST_AWAKE_SECONDS, self.end)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """Give it back."""
        self._timer.cancel()
        with contextlib.suppress(IndexError):
            _contain(self._let_go.pop())


def _contain(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except Exception:
        logger.exception("the device could not be asked")
        return None
