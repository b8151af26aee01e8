"""Network, battery and life cycle of an Android device."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from client_sdk.platforms._platform import Network
from client_sdk.platforms.android._context import (
    Autoclass,
    find_context,
    is_service,
    load_autoclass,
)

__all__ = ["AndroidPlatform", "Toolchain"]

logger = logging.getLogger(__name__)

#: At which Android itself begins to call a battery low, in per cent.
LOW_BATTERY_PERCENT = 15
#: ``BatteryManager.BATTERY_PROPERTY_CAPACITY``.
_PROPERTY_CAPACITY = 4

#: ``ConnectivityManager.CONNECTIVITY_ACTION``, ``Intent.ACTION_BATTERY_OKAY`` and
#: ``PowerManager.ACTION_POWER_SAVE_MODE_CHANGED``.  Only the system may send these, so
#: that Android 14 asks for no "exported" flag.
ACTIONS = (
    "android.net.conn.CONNECTIVITY_CHANGE",
    "android.intent.action.BATTERY_OKAY",
    "android.os.action.POWER_SAVE_MODE_CHANGED",
)


class Toolchain(Protocol):
    """What python-for-android's own ``android`` package does for us.

    pyjnius implements interfaces but extends no class, so that neither a
    ``NetworkCallback`` nor a ``BroadcastReceiver`` can be written in Python.
    """

    def start_receiver(
        self, on_receive: Callable[..., None], actions: tuple[str, ...]
    ) -> Callable[[], None]:
        """Call ``on_receive`` for these broadcasts; return a function that ends it."""

    def watch_activity(self, on_change: Callable[..., None]) -> Callable[[], None]:
        """Call ``on_change`` at pause and resume; return a function that ends it."""


class AndroidPlatform:
    """Asks Android's managers; needs the permission ``ACCESS_NETWORK_STATE``.

    Build it on the app's first thread.  The methods may be called on any thread.

    Args:
        autoclass: pyjnius's; another one for tests.
        toolchain: The ``android`` package of python-for-android; another one for tests.
        environ: Where python-for-android says what kind of process this is.
    """

    def __init__(
        self,
        *,
        autoclass: Autoclass | None = None,
        toolchain: Toolchain | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._context = find_context(autoclass or load_autoclass(), environ)
        self._toolchain = toolchain
        self._is_service = is_service(environ)

    def network(self) -> Network:
        """Return what the active network costs; ``none`` without one."""
        connectivity = self._manager("connectivity")
        if connectivity.getActiveNetwork() is None:
            return Network.NONE
        if connectivity.isActiveNetworkMetered():
            return Network.METERED
        return Network.UNMETERED

    def is_battery_low(self) -> bool:
        """Tell whether the user saves power, or at most 15 % are left and fall."""
        if self._manager("power").isPowerSaveMode():
            return True
        battery = self._manager("batterymanager")
        # A device that cannot tell answers 0 or the smallest integer.
        percent = battery.getIntProperty(_PROPERTY_CAPACITY)
        return 0 < percent <= LOW_BATTERY_PERCENT and not battery.isCharging()

    def listen(self, on_change: Callable[[], None]) -> Callable[[], None]:
        """Call ``on_change`` for network, battery, and the activity's pause and resume.

        What this build of the app cannot watch is logged and left out.
        """

        def tell(*_: object) -> None:
            try:
                on_change()
            except Exception:  # it would end in Java, which ends the app
                logger.exception("a listener failed on a change of the device")

        ends = [end for watch in self._watches() if (end := _try(watch, tell))]

        def stop() -> None:
            while ends:
                ends.pop()()

        return stop

    def stay_awake(self) -> Callable[[], None]:
        """Do nothing: Android suspends a paused app late, and WorkManager does the rest."""
        return lambda: None

    def _manager(self, name: str) -> Any:
        return self._context.getSystemService(name)

    def _watches(self) -> list[Callable[[Callable[..., None]], Callable[[], None]]]:
        toolchain = self._toolchain or _PythonForAndroid()
        receiver = lambda tell: toolchain.start_receiver(tell, ACTIONS)  # noqa: E731
        # A service has no activity to watch.
        return [receiver] if self._is_service else [receiver, toolchain.watch_activity]


def _try(
    watch: Callable[[Callable[..., None]], Callable[[], None]],
    tell: Callable[..., None],
) -> Callable[[], None] | None:
    try:
        return watch(tell)
    except Exception:
        logger.exception("the device cannot be watched; syncs run by the clock")
        return None


class _PythonForAndroid:
    """The ``android`` package that every app of python-for-android has."""

    def start_receiver(
        self, on_receive: Callable[..., None], actions: tuple[str, ...]
    ) -> Callable[[], None]:
        from android.broadcast import BroadcastReceiver

        receiver = BroadcastReceiver(on_receive, actions=list(actions))
        receiver.start()
        end: Callable[[], None] = receiver.stop
        return end

    def watch_activity(self, on_change: Callable[..., None]) -> Callable[[], None]:
        from android import activity

        callbacks = activity.register_activity_lifecycle_callbacks(
            onActivityPaused=on_change, onActivityResumed=on_change
        )
        return lambda: activity.unregister_activity_lifecycle_callbacks(callbacks)
