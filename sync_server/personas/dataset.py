"""What a refit learns from: every person's features out of PostgreSQL, as arrays."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from sync_server.db.copying import BLOCK_ROWS, RowFormat, uuids, vectors
from sync_server.personas.features import FEATURES

__all__ = ["USER_FEATURES", "read_dataset"]

#: Rows of ``get_persona_training_dataset()`` and of ``user_features`` without the day.
USER_FEATURES = RowFormat(uuids("user_id"), vectors("features", len(FEATURES)))


def read_dataset(
    connection: Connection[Any], *, block_users: int = BLOCK_ROWS
) -> Generator[tuple[NDArray[np.uint8], NDArray[np.float32]], None, None]:
    """Yield ids (n, 16) and features (n, 32) of everybody, block by block.

    The same table is read in the same order each time.  Memory is that of one block.
    """
    with connection.transaction():
        # else a second reader begins where the first one is
        connection.execute("SET LOCAL synchronize_seqscans = off")
        for block in USER_FEATURES.read(
            connection,
            "SELECT user_id, features FROM get_persona_training_dataset()",
            block_rows=block_users,
        ):
            yield block["user_id"], block["features"]
