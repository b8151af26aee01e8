"""Ends what holds a connection for too long, so that no thread waits for ever.

PostgreSQL's own ``statement_timeout`` is session state, which a pooler in transaction
mode does not keep, and setting it for each transaction costs a round trip.  So the time
is kept here: first the statement is cancelled, as a person would do it, which a pooler
passes on; what still waits a little later loses its socket, which needs nobody's help.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection

__all__ = ["ConnectionWatch"]

logger = logging.getLogger(__name__)

#: Seconds between two looks.
_LOOK_SECONDS = 0.5
#: Seconds that a cancelled statement has to end.
_GRACE_SECONDS = 2.0


@dataclass(slots=True)
class _Loan:
    """A connection in somebody's hands."""

    since: float
    is_cancelled: bool = False


class ConnectionWatch:
    """Knows who holds which connection since when, and ends what lasts too long.

    Whoever waited gets psycopg's ``OperationalError``: the server answers 503, and the
    transaction is rolled back.
    """

    def __init__(
        self, longest_seconds: float, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._longest_seconds = longest_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._loans: dict[Connection[Any], _Loan] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        """Watch in the background until :meth:`stop`."""
        threading.Thread(target=self._run, daemon=True, name="database-watch").start()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopping.set()

    def begin(self, connection: Connection[Any]) -> None:
        """Start the time of a connection that is handed out."""
        with self._lock:
            self._loans[connection] = _Loan(self._monotonic())

    def is_anything_lent(self) -> bool:
        """Return whether anybody holds a connection now."""
        return bool(self._loans)

    def end(self, connection: Connection[Any]) -> None:
        """Forget a connection that came back."""
        with self._lock:
            self._loans.pop(connection, None)

    @contextmanager
    def watching(self, connection: Connection[Any]) -> Iterator[None]:
        """Watch a connection for one block."""
        self.begin(connection)
        try:
            yield
        finally:
            self.end(connection)

    def look(self) -> None:
        """Cancel what lasts too long, cut off what does not end although cancelled."""
        with self._lock:
            loans = list(self._loans.items())
        for connection, loan in loans:
            age_seconds = self._monotonic() - loan.since
            if age_seconds < self._longest_seconds:
                continue
            if not loan.is_cancelled:
                self._cancel(connection, loan)
            elif age_seconds >= self._longest_seconds + _GRACE_SECONDS:
                self._cut_off(connection, loan)

    def _cancel(self, connection: Connection[Any], loan: _Loan) -> None:
        loan.is_cancelled = True
        logger.warning(
            "cancelling a statement that takes too long",
            extra={"longest_seconds": self._longest_seconds},
        )
        # It may have ended by now and the connection have a new holder: that one gets
        # the error, and its device sends the same again.
        with suppress(psycopg.Error):
            connection.cancel_safe(timeout=_GRACE_SECONDS)

    def _cut_off(self, connection: Connection[Any], loan: _Loan) -> None:
        # under the lock the connection cannot come back and be closed, so that its
        # descriptor is still its own
        with self._lock:
            if self._loans.get(connection) is not loan:
                return
            with suppress(psycopg.Error, OSError):
                peer = socket.socket(fileno=os.dup(connection.fileno()))
                with peer:
                    peer.shutdown(socket.SHUT_RDWR)
        logger.warning("cut off a database that does not answer")

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            self.look()
