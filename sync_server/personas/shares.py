"""The users of a refit in several processes, of this machine or of a Dask cluster.

Each worker reads its share of the users over a connection of its own, keeps it, and
writes it.  Only sums, samples and models travel.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import reduce
from typing import Any

from distributed import Client, LocalCluster, Security

from sync_server.personas.chunk import Reals
from sync_server.personas.clustering import Sums
from sync_server.personas.gathered import Counts, Sample, Tally
from sync_server.personas.model import Model
from sync_server.personas.rotation import Rotation
from sync_server.personas.scaling import Scaling
from sync_server.personas.share import Share
from sync_server.personas.users import Tick

__all__ = ["NoCertificateError", "Shares", "cluster"]

#: Dask's own settings, all names of files.
_TLS = ", ".join(
    f"DASK_DISTRIBUTED__COMM__TLS__{name}"
    for name in ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY")
)


class NoCertificateError(ValueError):
    """Dask cannot speak TLS as it is configured; the message says what is missing."""


class Shares:
    """One :class:`Share` on each worker; every answer is that of all together.

    An error of a worker is raised here, and ends the refit.
    """

    def __init__(self, client: Any, url: str, rotation: Rotation) -> None:
        addresses = list(client.scheduler_info(n_workers=-1)["workers"])
        futures = [
            client.submit(
                Share,
                url,
                rotation,
                number,
                len(addresses),
                actor=True,
                workers=[address],
            )
            for number, address in enumerate(addresses)
        ]
        self._shares = [future.result() for future in futures]

    def close(self) -> None:
        """Let the users go."""
        self._ask("close")
        self._shares = []

    def read(self, tick: Tick) -> None:
        """Read the users, all workers at once."""
        self._ask("read")
        tick(self.counts().users)

    def counts(self) -> Counts:
        """Return how many users there are, and the moments of their logarithms."""
        answers: list[Counts] = self._ask("counts")
        return reduce(Counts.merged, answers)

    def sample(self, share: float, scaling: Scaling, *, seed: int) -> Sample:
        """Return about that share of the users with enough data, by their ids."""
        answers: list[Sample] = self._ask("sample", share, scaling, seed=seed)
        return reduce(Sample.merged, answers)

    def sums(self, scaling: Scaling, centres: Reals) -> Sums:
        """Return what a step of Lloyd needs of the users with enough data."""
        answers: list[Sums] = self._ask("sums", scaling, centres)
        return reduce(Sums.merged, answers)

    def tally(self, model: Model) -> Tally:
        """Return what becomes of the users with enough data."""
        answers: list[Tally] = self._ask("tally", model)
        return reduce(Tally.merged, answers)

    def write(
        self,
        model: Model | None,
        scaling: Scaling,
        *,
        version: int,
        at: datetime,
        tick: Tick,
    ) -> None:
        """Add the personas to those that are to be served, all workers at once."""
        self._ask("write", model, scaling, version=version, at=at)
        tick(self.counts().users)

    def _ask(self, method: str, *arguments: Any, **named: Any) -> list[Any]:
        calls: list[Callable[..., Any]] = [
            getattr(share, method) for share in self._shares
        ]
        asked = [call(*arguments, **named) for call in calls]
        return [answer.result() for answer in asked]


@contextmanager
def cluster(workers: str) -> Iterator[Any]:
    """Yield a client of so many processes of this machine, or of a Dask scheduler.

    ``workers`` is a number, or an address as ``tls://scheduler:8786``.

    Raises:
        OSError: Nobody answers there.
        NoCertificateError: The address wants TLS, and Dask is told no certificate.
    """
    if not workers.isdigit():
        # Dask says it by a TypeError out of its depths
        is_told = Security().get_connection_args("client").get("ssl_context")  # type: ignore[no-untyped-call]
        if workers.startswith("tls://") and not is_told:
            raise NoCertificateError(f"Dask needs certificates for tls://; set {_TLS}")
        with Client(workers, timeout="10s") as client:  # type: ignore[no-untyped-call]
            yield client
        return
    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=int(workers),
            threads_per_worker=1,
            # whatever port is free: somebody else may have a cluster here
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
            # that a worker had to be told twice to end is no news
            silence_logs=logging.ERROR,
        ) as local,
        Client(local) as client,  # type: ignore[no-untyped-call]
    ):
        yield client
