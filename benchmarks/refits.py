"""One refit in a process of its own: ``python -m benchmarks.refits ours|bare|fill URL [N]``.

``N`` is how many users to make, or how many workers share a refit (0: this process alone).

It prints a line of JSON: seconds, and the most memory (resident) that the process had.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import psycopg

from sync_server.clock import system_clock
from sync_server.db.copying import Column, RowFormat, uuids, vectors
from sync_server.db.pool import connect
from sync_server.personas.chunk import CHUNK_USERS
from sync_server.personas.refit import Refit
from sync_server.personas.rotation import Rotation
from tests.support.populations import population

_FEATURES = RowFormat(
    uuids("user_id"), Column("last_day", ">i4", np.int32), vectors("features", 32)
)
_VECTORS = RowFormat(uuids("user_id"), vectors("features", 32))


def ours(url: str, workers: int) -> None:
    """Compute, write and serve everybody's personas, alone or by several workers."""
    rotation = Rotation(bytes(32))
    if not workers:
        _serve(Refit(url, rotation, clock=system_clock))
        return
    from sync_server.personas.shares import Shares, cluster

    with cluster(str(workers)) as client:
        shares = partial(Shares, client, url, rotation)
        _serve(Refit(url, rotation, clock=system_clock, users=shares))


def _serve(refit: Refit) -> None:
    outcome = refit.run()
    if not outcome.is_served:
        raise RuntimeError(f"it was not served: {outcome.faults}")


def bare(url: str, _: int) -> None:
    """Copy the vectors out, run KMeans once, copy them back; nothing else."""
    from sklearn.cluster import KMeans

    with connect(url) as connection:
        blocks = list(
            _VECTORS.read(connection, "SELECT user_id, features FROM user_features")
        )
        ids = np.concatenate([block["user_id"] for block in blocks])
        features = np.concatenate([block["features"] for block in blocks])
        del blocks
        KMeans(4, n_init=1, random_state=0).fit(features)
        connection.execute(
            "DROP TABLE IF EXISTS bare; CREATE TABLE bare (user_id uuid, features vector(32))"
        )
        _VECTORS.write(connection, "bare", {"user_id": ids, "features": features})


def fill(url: str, users: int) -> None:
    """Make the features of so many users, chunk by chunk."""
    rng = np.random.default_rng(1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE user_features")
        for begin in range(0, users, CHUNK_USERS):
            count = min(CHUNK_USERS, users - begin)
            some = population(count, rng, separation=0.7, spread=0.7)
            arrays: dict[str, Any] = {
                "user_id": some.ids,
                "last_day": np.full(count, 9_000, np.int32),
                "features": some.features,
            }
            _FEATURES.write(connection, "user_features", arrays)
        connection.execute("VACUUM ANALYZE user_features")


_CASES: dict[str, Callable[[str, int], None]] = {
    "ours": ours,
    "bare": bare,
    "fill": fill,
}


def main(case: str, url: str, number: str = "0") -> None:
    """Run one case and print what it cost."""
    begun = time.perf_counter()
    _CASES[case](url, int(number))
    seconds = time.perf_counter() - begun
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "memory_mb": kilobytes * 1024 / 1e6}))


if __name__ == "__main__":
    main(*sys.argv[1:])
