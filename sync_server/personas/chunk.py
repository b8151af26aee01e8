"""Rows of users as arrays.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHUNK_USERS", "NOBODY", "Bools", "Chunk", "Codes", "Floats", "Ids", "Reals"]

Floats = NDArray[np.float32]
Reals = NDArray[np.float64]
#: Personas as their places in :data:`sync_server.personas.naming.NAMES`.
Codes = NDArray[np.int8]
Bools = NDArray[np.bool_]
#: Shape (n, 16): the bytes of UUIDs.
Ids = NDArray[np.uint8]

#: Users that are worked on at once: 8 MiB of features.
CHUNK_USERS = 65_536
#: Code of a user who has no persona.
NOBODY = -1


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some users: ids (n, 16), the persona that each has so far, features (n, 32)."""

    ids: Ids
    previous: Codes
    features: Floats

    def __len__(self) -> int:
        return len(self.features)

    def only(self, kept: Bools) -> Chunk:
        """Return the users for whom ``kept`` (n,) is true."""
        if kept.all():
            return self
        return Chunk(self.ids[kept], self.previous[kept], self.features[kept])
