"""A refit every night where nobody else starts one: beside the embedded PostgreSQL."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from importlib.util import find_spec
from typing import Self

from sync_server.clock import Clock
from sync_server.db.pool import connect
from sync_server.db.queries import load_queries

__all__ = ["Nightly", "is_due", "last_begun"]

logger = logging.getLogger(__name__)

#: Seconds after the start until the first look, so that a server that is tried out for a
#: moment is left alone, and between looks.
_FIRST_LOOK_SECONDS = 600.0
_LOOK_SECONDS = 300.0
#: What the database's clock may be ahead of ours.
_TOLERANCE = timedelta(hours=1)
#: In a process of its own: its libraries would take 100 MB of a server all day.
_COMMAND = (sys.executable, "-m", "sync_server", "personas", "refit")


def is_due(last: datetime | None, now: datetime, at: time) -> bool:
    """Tell whether the last refit began before the time of day (UTC) came last.

    A machine that was off at night does it when it is on again.  One that began later
    than now says nothing: its clock was wrong, and would put off all others for as long.
    """
    if last is not None and last > now + _TOLERANCE:
        return True
    moment = datetime.combine(now.date(), at, tzinfo=now.tzinfo)
    if moment > now:
        moment -= timedelta(days=1)
    return last is None or last < moment


def last_begun(url: str) -> datetime | None:
    """Return when the newest refit of the database began, however it ended."""
    with connect(url) as connection:
        found: datetime | None = load_queries("sync_server.personas").last_begun(
            connection
        )
        return found


class Nightly:
    """Looks every few minutes whether a refit is due, and runs it until it ends."""

    def __init__(
        self,
        at: time,
        last: Callable[[], datetime | None],
        *,
        clock: Clock,
        command: Sequence[str] = _COMMAND,
        first_look_seconds: float = _FIRST_LOOK_SECONDS,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        self._at = at
        self._last = last
        self._clock = clock
        self._command = command
        self._first_look_seconds = first_look_seconds
        self._look_seconds = look_seconds
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Begin to look, in the background."""
        if find_spec("sklearn") is None:
            logger.info("no personas: the extra kazi-tutorial[personas] is missing")
            return
        threading.Thread(target=self._run, daemon=True, name="nightly").start()

    def stop(self) -> None:
        """Look no longer; a refit that is at work is ended, which does no harm."""
        with self._lock:
            self._stopping.set()
            if self._process is not None:
                self._process.terminate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _run(self) -> None:
        seconds = self._first_look_seconds
        while not self._stopping.wait(seconds):
            seconds = self._look_seconds
            try:
                self._look()
            except Exception as exc:  # noqa: BLE001 - the next look may succeed
                logger.warning(
                    "cannot tell whether a refit is due",
                    extra={"error": type(exc).__name__},
                )

    def _look(self) -> None:
        if not is_due(self._last(), self._clock(), self._at):
            return
        with self._lock:
            if self._stopping.is_set():
                return
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        _, told = self._process.communicate()
        lines = told.strip().splitlines()
        logger.info(
            "personas were computed" if not self._process.returncode else "no personas",
            extra={
                "exit_code": self._process.returncode,
                "told": lines[-1] if lines and self._process.returncode else "",
            },
        )
