"""What the SDK asks of the device it runs on: its network, its battery, its life cycle.

    from client_sdk.platforms import detect_platform

    platform = detect_platform()
    platform.network()   # Network.UNMETERED

``desktop``, ``android`` and ``ios`` hold one implementation each; only the one that is
used is imported.  An app with better knowledge of its device passes its own.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping

from client_sdk.platforms._platform import Network, Platform
from client_sdk.platforms._policy import (
    Conditions,
    Metered,
    Occasion,
    SyncPlan,
    plan_sync,
    read_conditions,
)

__all__ = [
    "Conditions",
    "Metered",
    "Network",
    "Occasion",
    "Platform",
    "SyncPlan",
    "detect_platform",
    "plan_sync",
    "read_conditions",
]

logger: logging.Logger = logging.getLogger(__name__)


def detect_platform(
    *, environ: Mapping[str, str] = os.environ, system: str = sys.platform
) -> Platform:
    """Return the platform of this process; one that says little if it cannot be asked.

    Call it on the app's first thread: on Android other threads do not find the app's
    own Java classes.
    """
    from client_sdk.platforms.desktop import DesktopPlatform

    try:
        return _find_device(environ, system) or DesktopPlatform()
    except Exception:
        # An app that was built without pyjnius must start all the same.
        logger.exception("the device cannot be asked for its network and battery")
        return DesktopPlatform()


def _find_device(environ: Mapping[str, str], system: str) -> Platform | None:
    # python-for-android before Python 3.13, and kivy-ios always, call themselves
    # linux and darwin; their start-up code tells itself apart in the environment.
    if system == "android" or "ANDROID_ARGUMENT" in environ:
        from client_sdk.platforms.android import AndroidPlatform

        return AndroidPlatform()
    if system == "ios" or environ.get("KIVY_BUILD") == "ios":
        from client_sdk.platforms.ios import IosPlatform

        return IosPlatform()
    return None
