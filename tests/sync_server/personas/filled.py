"""A database with the features of made-up users, as the counting leaves them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import psycopg

from sync_server.db.copying import Column, RowFormat, uuids, vectors
from sync_server.personas.refit import Refit
from sync_server.personas.rotation import Rotation
from tests.support.populations import Population

__all__ = ["SECRET", "fill", "refit", "rows_of", "user_ids"]

SECRET = b"k" * 32
_FORMAT = RowFormat(
    uuids("user_id"), Column("last_day", ">i4", np.int32), vectors("features", 32)
)


def fill(url: str, users: Population) -> None:
    """Replace all features of the database by these users'."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE user_features")
        days = np.full(len(users), 9_000, np.int32)
        _FORMAT.write(
            connection,
            "user_features",
            {"user_id": users.ids, "last_day": days, "features": users.features},
        )


def refit(url: str, **options: Any) -> Refit:
    """Return a refit of the database."""
    options.setdefault("clock", lambda: datetime.now(UTC))
    return Refit(url, Rotation(SECRET), **options)


def rows_of(
    url: str, table: str = "user_personas"
) -> dict[UUID, tuple[str, str, float]]:
    """Return persona, source and confidence of everybody."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            f"SELECT user_id, persona, source, confidence FROM {table}"
        )
        return {row[0]: (row[1], row[2], float(row[3])) for row in rows}


def user_ids(users: Population) -> list[UUID]:
    """Return the users' ids in their order."""
    return [UUID(bytes=bytes(id_)) for id_ in users.ids]
