"""Have Android run the app's sync service from time to time, also while it is closed."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

from client_sdk.platforms._policy import Metered
from client_sdk.platforms.android._context import (
    Autoclass,
    find_context,
    load_autoclass,
)

__all__ = ["cancel_background_sync", "schedule_background_sync"]

logger: logging.Logger = logging.getLogger(__name__)

#: Android makes shorter ones this long.
MIN_INTERVAL_MINUTES = 15

_WORKER = "org.kazi.tutorial.KaziSyncWorker"


def schedule_background_sync(
    service: str = "kazisync",
    *,
    interval_minutes: int = MIN_INTERVAL_MINUTES,
    metered: Metered = Metered.EVENTS,
    autoclass: Autoclass | None = None,
    environ: Mapping[str, str] = os.environ,
) -> bool:
    """Ask WorkManager to run a service, while there is a network and the battery is good.

    The request outlives the app and a restart of the device; asking again replaces it.
    The interval is a floor: Doze, the app's standby bucket and the conditions put a run
    off, by hours or more.

    Call it on the app's first thread, as in ``App.on_start``.

    Args:
        service: The name in ``services = NAME:sync_service.py`` of buildozer.spec.
        interval_minutes: Time between two runs; 15 at least.
        metered: With ``never`` only unmetered networks count.
        autoclass: pyjnius's; another one for tests.
        environ: Where python-for-android says what kind of process this is.

    Returns:
        Whether WorkManager has the request.  False where the app was built without
        ``android.add_src``; the log says why, and everything else works.
    """
    try:
        find = autoclass or load_autoclass()
        context = find_context(find, environ)
        # The class that python-for-android generates for the service.
        service_class = f"{context.getPackageName()}.Service{service.capitalize()}"
        find(_WORKER).schedule(
            context,
            service_class,
            max(interval_minutes, MIN_INTERVAL_MINUTES),
            metered is Metered.NEVER,
        )
    except Exception:
        logger.exception("the background sync could not be scheduled")
        return False
    return True


def cancel_background_sync(
    *, autoclass: Autoclass | None = None, environ: Mapping[str, str] = os.environ
) -> bool:
    """Take the request back, as for an opt-out; False if that failed, with a log."""
    try:
        find = autoclass or load_autoclass()
        find(_WORKER).cancel(find_context(find, environ))
    except Exception:
        logger.exception("the background sync could not be cancelled")
        return False
    return True
