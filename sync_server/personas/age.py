"""Since when the personas that are served have been what they are."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import psycopg

from sync_server.db.pool import Pool
from sync_server.db.queries import load_queries
from sync_server.db.shared_look import SharedLook

__all__ = ["OLD", "ServedSince"]

#: Two nights, and two hours for a run that begins late or takes long; the alert
#: KaziPersonasOld has the same.
OLD = timedelta(hours=50)
#: Longest that a scrape waits for the answer.
_PATIENCE_SECONDS = 1.0


class ServedSince:
    """When the personas that are served were computed, as far as the database says."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = load_queries("sync_server.personas")
        self._look = SharedLook(self._ask)
        self._last: float | None = None

    def __call__(self) -> float | None:
        """Return it in seconds since 1970, 0 if none are served.

        What was heard last if the database does not answer; None if nothing was.
        """
        # the metrics of everything else are wanted all the more when it does not answer
        with suppress(TimeoutError, psycopg.Error):
            self._last = self._look.result(_PATIENCE_SECONDS)
        return self._last

    def _ask(self) -> float:
        with self._pool.connection(timeout=_PATIENCE_SECONDS) as connection:
            begun: datetime | None = self._queries.served_begun(connection)
        return begun.timestamp() if begun else 0.0
