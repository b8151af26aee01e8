"""The device behind a client: when it lets a sync run, and that it stays awake for one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from client_sdk._config import Metered
from client_sdk._sync import ASKED, NOTHING

if TYPE_CHECKING:
    from client_sdk.platforms import Platform, SyncPlan

__all__ = ["DeviceWatch"]

logger = logging.getLogger(__name__)

#: iOS ends an app that keeps it awake for longer than about 30 seconds.
LONGEST_AWAKE_SECONDS = 20.0


class _Always(NamedTuple):
    may_sync: bool = True
    may_prefetch: bool = True


class DeviceWatch:
    """Asks a platform, if there is one; whatever the platform raises stays here."""

    def __init__(self, platform: Platform | None, metered: Metered) -> None:
        self._platform = platform
        self._metered = metered
        self._stop_listening: Callable[[], None] | None = None
        self._let_go: Callable[[], None] | None = None

    def listen(self, on_change: Callable[[], None]) -> None:
        """Have ``on_change`` told when network or life cycle change."""
        if self._platform is not None:
            self._stop_listening = self._contain(
                lambda platform: platform.listen(on_change)
            )

    def plan(self, urgency: int) -> SyncPlan | _Always:
        """Return what may be done now; called on the sync thread."""
        if self._platform is None:
            return _Always()
        from client_sdk.platforms import Occasion, plan_sync, read_conditions

        occasion = Occasion.EVENTS
        if urgency in (ASKED, NOTHING):
            occasion = Occasion.ASKED if urgency == ASKED else Occasion.PERIODIC
        conditions = read_conditions(self._platform)
        return plan_sync(occasion, conditions, self._metered)

    def stay_awake(self) -> None:
        """Ask for time to send what waits, for the app goes to the background."""
        self.may_sleep()
        if self._platform is not None:
            self._let_go = self._contain(lambda platform: platform.stay_awake())
            timer = threading.Timer(LONGEST_AWAKE_SECONDS, self.may_sleep)
            timer.daemon = True
            timer.start()

    def may_sleep(self) -> None:
        """Give back what is left of the time."""
        let_go, self._let_go = self._let_go, None
        if let_go is not None:
            self._contain(lambda _: let_go())

    def close(self) -> None:
        """Stop listening."""
        self.may_sleep()
        stop, self._stop_listening = self._stop_listening, None
        if stop is not None:
            self._contain(lambda _: stop())

    def _contain(
        self, ask: Callable[[Platform], Callable[[], None] | None]
    ) -> Callable[[], None] | None:
        if self._platform is None:
            return None
        try:
            return ask(self._platform)
        except Exception:
            logger.exception("the device could not be asked")
            return None
