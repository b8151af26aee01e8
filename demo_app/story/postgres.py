"""The server's embedded PostgreSQL, found by the file that it keeps while it runs."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from psycopg.conninfo import make_conninfo

from demo_app.story.errors import StoryError

__all__ = ["Postgres"]

STOP_TIMEOUT_SECONDS = 20.0
# Lines of postmaster.pid, counted from 0 (PostgreSQL: src/include/utils/pidfile.h)
_PID, _PORT, _SOCKET_DIR = 0, 3, 4


class Postgres:
    """A PostgreSQL that runs on a folder, or not."""

    def __init__(self, folder: Path) -> None:
        self._pid_file = folder / "postmaster.pid"

    def conninfo(self) -> str:
        """Return how to connect; StoryError while it does not run."""
        lines = self._lines()
        if len(lines) <= _SOCKET_DIR:
            raise StoryError(f"no PostgreSQL runs on {self._pid_file.parent}")
        return make_conninfo(
            host=lines[_SOCKET_DIR],
            port=lines[_PORT],
            user="postgres",
            dbname="postgres",
        )

    def stop(self) -> None:
        """End it, with or without a server that still counts on it, and wait."""
        lines = self._lines()
        with contextlib.suppress(OSError, ValueError, IndexError):
            # a "fast" shutdown: it does not wait for clients
            os.kill(int(lines[_PID]), signal.SIGINT)
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        while self._pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    def _lines(self) -> list[str]:
        try:
            return self._pid_file.read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
