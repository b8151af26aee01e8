"""One run at a time of what must not run twice, on whatever machine it was started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sync_server.db.pool import connect

__all__ = ["alone"]


@contextmanager
def alone(url: str, key: int, busy: Exception) -> Iterator[None]:
    """Keep other runs with this key away, and nobody else; raise ``busy`` if there is one.

    The lock is a transaction's: it goes with its process and works through a pooler.
    """
    with connect(url) as connection, connection.transaction():
        row = connection.execute(
            "SELECT pg_try_advisory_xact_lock(%s)", [key]
        ).fetchone()
        if row is None or not row[0]:
            raise busy
        yield
