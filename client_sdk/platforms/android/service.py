"""What a background service of python-for-android runs: deliver, and end.

The app's own entry script of ``services = kazisync:sync_service.py`` is two lines:

    from client_sdk.platforms.android.service import deliver
    deliver(open_client)
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from client_sdk._status import FlushResult

__all__ = ["deliver"]

logger: logging.Logger = logging.getLogger(__name__)

#: Well within the ten minutes of a job, and what ``KaziSyncWorker`` waits for.
TIMEOUT_SECONDS = 60.0
CLOSE_SECONDS = 2.0


class Deliverer(Protocol):
    """What is needed of a client."""

    def flush(self, *, timeout_seconds: float) -> FlushResult:
        """Deliver what waits, for at most the time given."""

    def close(self, *, timeout_seconds: float) -> None:
        """Let go of the file."""


def deliver(
    open_client: Callable[[], Deliverer], *, timeout_seconds: float = TIMEOUT_SECONDS
) -> FlushResult | None:
    """Open the client, flush it, close it; None if it could not be opened or flushed.

    Call it on the service's first thread, with a function that opens a client on the same
    folder as the app.  Both processes may have it open at the same time.

    Nothing is left for later: when the script ends, python-for-android ends the process,
    and the system may kill it before that.  A kill at any moment costs nothing, since an
    event leaves the file only after its receipt.
    """
    try:
        client = open_client()
        try:
            result = client.flush(timeout_seconds=timeout_seconds)
        finally:
            client.close(timeout_seconds=CLOSE_SECONDS)
    except Exception:
        # An exception that reaches the interpreter is a crash of the app to Android.
        logger.exception("the background delivery failed")
        return None
    logger.info("delivered %d, %d wait", result.delivered, result.remaining)
    return result
