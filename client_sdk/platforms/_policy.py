"""When a sync may run: the network and the battery against what the app allows."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import NamedTuple

from client_sdk._config import Metered
from client_sdk.platforms._platform import Network, Platform

__all__ = [
    "Conditions",
    "Metered",
    "Occasion",
    "SyncPlan",
    "plan_sync",
    "read_conditions",
]

logger = logging.getLogger(__name__)


class Occasion(StrEnum):
    """Why a sync is due."""

    #: The app asked: ``flush()``, ``wake()``, ``pause()``, ``resume()``.
    ASKED = "asked"
    #: Events wait.
    EVENTS = "events"
    #: The interval is over.
    PERIODIC = "periodic"


class Conditions(NamedTuple):
    """How the device is."""

    network: Network
    is_battery_low: bool


class SyncPlan(NamedTuple):
    """What may be done now."""

    #: Deliver what waits, and refresh the tutorials that are open.
    may_sync: bool
    #: Also fetch tutorials that nobody has opened yet.
    may_prefetch: bool


def read_conditions(platform: Platform) -> Conditions:
    """Ask the device; a device that raises has not said, and the SDK goes on."""
    try:
        return Conditions(platform.network(), platform.is_battery_low())
    except Exception:
        logger.exception("the device does not tell its network and battery")
        return Conditions(Network.UNKNOWN, is_battery_low=False)


def plan_sync(
    occasion: Occasion, conditions: Conditions, metered: Metered = Metered.EVENTS
) -> SyncPlan:
    """Return what may be done on this occasion under these conditions."""
    if conditions.network is Network.METERED and metered is Metered.NEVER:
        return SyncPlan(may_sync=False, may_prefetch=False)
    # "No network" holds back only what comes by itself: a server on this very machine
    # needs no route, and an attempt that fails costs nothing.
    can_wait = conditions.is_battery_low or conditions.network is Network.NONE
    if occasion is Occasion.PERIODIC and can_wait:
        return SyncPlan(may_sync=False, may_prefetch=False)
    is_free = conditions.network in (Network.UNMETERED, Network.UNKNOWN)
    is_paid_for = conditions.network is Network.METERED and metered is Metered.ALWAYS
    may_prefetch = (is_free or is_paid_for) and not conditions.is_battery_low
    return SyncPlan(may_sync=True, may_prefetch=may_prefetch)
