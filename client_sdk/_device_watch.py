"""The device behind a client: when it lets a sync run, and that it stays awake for one."""

from __future__ import annotations

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

#: iOS ends an app that keeps it awake for longer than about 30 seconds.
LONGEST_AWAKE_SECONDS = 20.0


class DeviceWatch:
    """Asks a platform; whatever that raises stays here."""

    def __init__(
        self, platform: Platform, metered: Metered, *, on_change: Callable[[], None]
    ) -> None:
        self._platform = platform
        self._metered = metered
        self._let_go: Callable[[], None] | None = None
        self._stop_listening = _contain(lambda: platform.listen(on_change))

    def plan(self, urgency: int) -> SyncPlan:
        """Return what may be done now; called on the sync thread."""
        occasion = Occasion.EVENTS
        if urgency in (ASKED, NOTHING):
            occasion = Occasion.ASKED if urgency == ASKED else Occasion.PERIODIC
        return plan_sync(occasion, read_conditions(self._platform), self._metered)

    def stay_awake(self) -> None:
        """Ask for time to send what waits, for the app goes to the background."""
        self.may_sleep()
        self._let_go = _contain(self._platform.stay_awake)
        timer = threading.Timer(LONGEST_AWAKE_SECONDS, self.may_sleep)
        timer.daemon = True
        timer.start()

    def may_sleep(self) -> None:
        """Give back what is left of the time."""
        let_go, self._let_go = self._let_go, None
        if let_go is not None:
            _contain(let_go)

    def close(self) -> None:
        """Stop listening."""
        self.may_sleep()
        stop, self._stop_listening = self._stop_listening, None
        if stop is not None:
            _contain(stop)


def _contain(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except Exception:
        logger.exception("the device could not be asked")
        return None
