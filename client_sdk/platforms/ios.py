"""iOS, as kivy-ios builds it: time to finish when the app goes to the background.

More needs native code in the app: background refresh (BGTaskScheduler) an app delegate,
changes of the network (NWPathMonitor) a block.  See docs/mobile.md.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from client_sdk.platforms._platform import Network

__all__ = ["IosPlatform", "System"]

logger: logging.Logger = logging.getLogger(__name__)

#: iOS gives about 30 s, and kills an app that has not given them back by then.
BACKGROUND_SECONDS = 25.0


class System(Protocol):
    """The calls of iOS that are used; each may be made on any thread."""

    def is_low_power_mode(self) -> bool:
        """``NSProcessInfo.lowPowerModeEnabled``."""

    def begin_background_task(self) -> int:
        """``UIApplication.beginBackgroundTask``: an identifier, 0 if it is refused."""

    def end_background_task(self, identifier: int) -> None:
        """``UIApplication.endBackgroundTask``."""


#: Calls a function after some seconds, unless the function returned is called before.
Timer = Callable[[float, Callable[[], None]], Callable[[], None]]


def start_timer(seconds: float, function: Callable[[], None]) -> Callable[[], None]:
    """Call ``function`` after this time on a thread of its own; return its cancellation."""
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()
    return timer.cancel


class IosPlatform:
    """Asks iOS through its Objective-C runtime; no further package is needed.

    Args:
        system: iOS; another one for tests.
        timer: Real time; another one for tests.
    """

    def __init__(
        self, *, system: System | None = None, timer: Timer = start_timer
    ) -> None:
        if system is None:
            from client_sdk.platforms._objective_c import ObjectiveCSystem

            system = ObjectiveCSystem()
        self._system = system
        self._timer = timer

    def network(self) -> Network:
        """Return ``unknown``: what iOS has to say comes through blocks."""
        return Network.UNKNOWN

    def is_battery_low(self) -> bool:
        """Tell whether the user has turned on the low-power mode."""
        return self._system.is_low_power_mode()

    def listen(self, on_change: Callable[[], None]) -> Callable[[], None]:
        """Never call ``on_change``: Kivy's ``on_pause`` and ``on_resume`` are all there is."""
        return lambda: None

    def stay_awake(self) -> Callable[[], None]:
        """Ask for up to 25 s in the background; return a function that gives them back."""
        try:
            identifier = self._system.begin_background_task()
        except Exception:
            logger.exception("iOS could not be asked for time in the background")
            identifier = 0
        if not identifier:  # refused, as when the user turned background work off
            return lambda: None
        task = _BackgroundTask(self._system, identifier)
        # Without a block there is no expiration handler, so the clock must be ours.
        cancel = self._timer(BACKGROUND_SECONDS, task.end)

        def end() -> None:
            cancel()
            task.end()

        return end


class _BackgroundTask:
    """Ends once, whether the work or the clock is first: iOS counts the calls."""

    def __init__(self, system: System, identifier: int) -> None:
        self._system = system
        self._identifier = identifier
        self._lock = threading.Lock()

    def end(self) -> None:
        with self._lock:
            identifier, self._identifier = self._identifier, 0
        if identifier:
            self._system.end_background_task(identifier)
