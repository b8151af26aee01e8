"""Personas on their way out of PostgreSQL and back, a block of users at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from sync_server.db.copying import Column, RowFormat, smallints, uuids, vectors
from sync_server.personas.chunk import CHUNK_USERS, Chunk, Codes, Floats, Ids, Reals
from sync_server.personas.features import FEATURES
from sync_server.personas.naming import NAMES

__all__ = [
    "SOURCES",
    "Rows",
    "add_rows",
    "empty_next",
    "finish_next",
    "read_chunks",
]

_SIZE = len(FEATURES)
#: In the order of their codes.
SOURCES = ("model", "held", "rule")
#: PostgreSQL counts microseconds from here.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: Confidences are stored with four digits: one "digit" of PostgreSQL's numeric.
_BASE = 10_000
_READ = RowFormat(uuids("user_id"), smallints("previous"), vectors("features", _SIZE))
#: Habit is for what a model found: who was named by rule had too little data for one.
_QUERY = """
SELECT d.user_id, CAST(coalesce(array_position(ARRAY[{names}], p.persona), 0) - 1 AS smallint),
  d.features
FROM get_persona_training_dataset() AS d
LEFT JOIN user_personas AS p ON p.user_id = d.user_id AND p.source <> 'rule'
WHERE {is_theirs}
"""
_NAMES = ", ".join(f"'{name}'" for name in NAMES)


def read_chunks(
    connection: Connection[Any], *, part: int = 0, of: int = 1
) -> Iterator[Chunk]:
    """Yield users with their features and the persona that a model gave them.

    They are the ``part``-th of ``of`` shares, by the hash of their ids.
    """
    is_theirs = f"(uuid_hash(d.user_id) & 2147483647) % {of} = {part}"
    query = _QUERY.format(names=_NAMES, is_theirs=is_theirs if of > 1 else "true")
    for block in _READ.read(connection, query, block_rows=CHUNK_USERS):
        yield Chunk(
            block["user_id"], block["previous"].astype(np.int8), block["features"]
        )


class Rows:
    """Users (n,) with persona, source, confidence, and embedding (n, 32), to be written."""

    def __init__(
        self,
        ids: Ids,
        personas: Codes,
        sources: Codes,
        confidences: Floats | Reals,
        embeddings: Floats,
    ) -> None:
        self._columns: dict[str, NDArray[Any]] = {
            "user_id": ids,
            "confidence": _numerics(confidences),
            "embedding": embeddings,
        }
        self._kinds = personas.astype(np.int16) * len(SOURCES) + sources

    def encoded(self, *, version: int, at: datetime) -> Iterator[bytes]:
        """Yield the rows in the format of a binary COPY, one kind after the other.

        Of one kind are those with the same persona and source: texts have no common
        width, but theirs are the same.
        """
        microseconds = (at - _EPOCH) // _MICROSECOND
        for kind in np.unique(self._kinds):
            chosen = self._kinds == kind
            count = int(chosen.sum())
            arrays = {name: column[chosen] for name, column in self._columns.items()}
            nothing = np.zeros((count, 0), np.uint8)
            arrays |= {
                "persona": nothing,
                "source": nothing,
                "updated_at": np.full(count, microseconds, np.int64),
                "model_version": np.full(count, version, np.int64),
            }
            yield _format_of(int(kind)).encoded(arrays)


def empty_next(connection: Connection[Any]) -> None:
    """Make room in ``user_personas_next``, and take its key away until it is filled.

    A key that is made afterwards takes a fraction of the time; until then nobody waits for
    the table, an erasure least of all.
    """
    connection.execute(
        "TRUNCATE user_personas_next;"
        "ALTER TABLE user_personas_next"
        " DROP CONSTRAINT IF EXISTS user_personas_next_pkey"
    )


def add_rows(
    connection: Connection[Any],
    blocks: Iterator[Rows],
    *,
    version: int,
    at: datetime,
) -> None:
    """Add rows to ``user_personas_next``, all or none."""
    _format_of(0).write_encoded(
        connection,
        "user_personas_next",
        (piece for rows in blocks for piece in rows.encoded(version=version, at=at)),
    )


def finish_next(connection: Connection[Any]) -> None:
    """Give ``user_personas_next`` its key back; psycopg's error if a user is there twice."""
    connection.execute(
        "ALTER TABLE user_personas_next"
        " ADD CONSTRAINT user_personas_next_pkey PRIMARY KEY (user_id)"
    )
    connection.execute("ANALYZE user_personas_next")


@lru_cache
def _format_of(kind: int) -> RowFormat:
    persona, source = divmod(kind, len(SOURCES))
    return RowFormat(
        uuids("user_id"),
        _constant("persona", NAMES[persona]),
        vectors("embedding", _SIZE),
        Column("confidence", ">i2", np.int16, (5,)),
        Column("updated_at", ">i8", np.int64),
        _constant("source", SOURCES[source]),
        Column("model_version", ">i8", np.int64),
    )


def _constant(name: str, text: str) -> Column:
    """Return a column of texts that are all the same; its array has the shape (n, 0)."""
    return Column(name, "u1", np.uint8, (0,), head=text.encode())


def _numerics(values: Floats | Reals) -> NDArray[np.int16]:
    """Return numbers from 0 to 1 as PostgreSQL's numeric (n, 5).

    How many digits to the base 10,000, the power of the first, sign, decimals, digit.
    """
    parts = np.rint(values.astype(np.float64) * _BASE).astype(np.int16)
    numerics = np.zeros((len(values), 5), np.int16)
    is_one = parts == _BASE
    numerics[:, 0] = 1
    numerics[:, 1] = np.where(is_one, 0, -1)
    numerics[:, 3] = 4
    numerics[:, 4] = np.where(is_one, 1, parts)
    return numerics
