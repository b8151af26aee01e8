"""The seam between the SDK and the device."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

__all__ = ["Network", "Platform"]


class Network(StrEnum):
    """What the device is connected to."""

    #: Nothing leads out of the device.
    NONE = "none"
    #: A network whose bytes the user pays for or has few of, as a phone's mobile data.
    METERED = "metered"
    #: A network that costs nothing, as most Wi-Fi.
    UNMETERED = "unmetered"
    #: The device does not say; treated as unmetered.
    UNKNOWN = "unknown"


class Platform(Protocol):
    """What the SDK asks of a device.

    ``network`` and ``is_battery_low`` are asked on the sync thread before a sync, and may
    raise: the SDK then goes on as if the device had not said.
    """

    def network(self) -> Network:
        """Return what the device is connected to now."""

    def is_battery_low(self) -> bool:
        """Tell whether work that can wait should; False where nobody knows."""

    def listen(self, on_change: Callable[[], None]) -> Callable[[], None]:
        """Have ``on_change`` told that the network or the app's life cycle has changed.

        It is called on any thread, may be called for nothing, and must return at once.
        Return a function that ends it, which may be called twice.  A device that cannot
        tell never calls it.
        """

    def stay_awake(self) -> Callable[[], None]:
        """Ask the system not to suspend the app while it goes to the background.

        Return a function that gives back what is left of the time; call it as soon as
        the work is done.  Where the system suspends nobody this does nothing.
        """
