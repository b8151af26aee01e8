"""A device whose busy apps are killed again and again behind a faulty proxy."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.device_folder import Remains, cache_the_tour, drain
from tests.support.faulty_proxy import FaultyProxy
from tests.support.killable_app import KillableApp
from tests.support.promises import Promises

__all__ = ["BusyDevice", "busy_device"]

APP = Path(__file__).parents[1] / "acceptance" / "busy_app.py"
#: When an app that has pinged enough is killed: at once, while the proxy has a request, or
#: when the app has just been given a reply.
MOMENTS = (
    lambda _: None,
    FaultyProxy.wait_for_request,
    FaultyProxy.wait_for_reply,
)


class BusyDevice:
    """One folder, and the processes that share it; each begins again when it is killed."""

    def __init__(
        self,
        folder: Path,
        proxy: FaultyProxy,
        *,
        processes: int,
        pings_per_second: float,
        seed: int,
    ) -> None:
        self._folder = folder
        self._proxy = proxy
        self._pings_per_second = pings_per_second
        self._random = random.Random(seed)
        self.promises = Promises()
        #: The most that the folder's files were seen to take, when an app was killed.
        self.largest_bytes = 0
        self._lives: dict[int, tuple[int, KillableApp]] = {}
        for process in range(processes):
            self._start(process)

    def _start(self, process: int) -> None:
        first = self.promises.next_ping(process)
        app = KillableApp(
            APP, self._proxy.url, self._folder, first, self._pings_per_second
        )
        self._lives[process] = first, app

    def kill_one(self, *, most_pings: int) -> None:
        """Kill one process after up to so many pings of its life, and start it again."""
        process = self._random.choice(sorted(self._lives))
        first, app = self._lives[process]
        pings = self._random.randrange(most_pings)
        patience = self._patience(pings)
        app.wait_for("ping", first + pings, timeout_seconds=patience)
        self._random.choice(MOMENTS)(self._proxy)
        self._kill(process)
        self._start(process)

    def wait_for(self, pings: int) -> None:
        """Return when so many pings are promised, over all lives."""
        missing = max(0, pings - self.promises.pings)
        each = -(-missing // len(self._lives))
        patience = self._patience(each)
        for first, app in self._lives.values():
            app.wait_for("ping", first + each - 1, timeout_seconds=patience)

    def _patience(self, pings: int) -> float:
        """Return how long so many pings may take, in seconds, where little gets through."""
        return 60 + 20 * pings / self._pings_per_second

    def kill_all(self) -> None:
        """Kill every process for good."""
        for process in list(self._lives):
            self._kill(process)

    def _kill(self, process: int) -> None:
        first, app = self._lives.pop(process)
        app.kill()
        self.promises.add(first, app)
        size = sum(file.stat().st_size for file in self._folder.iterdir())
        self.largest_bytes = max(self.largest_bytes, size)

    def drain(self, *, timeout_seconds: float = 120) -> Remains:
        """Deliver all that waits, through a proxy that is faultless from here on.

        What the proxy held up before is delivered too, last of all.
        """
        self._proxy.mend()
        remains = drain(self._proxy.url, self._folder, timeout_seconds=timeout_seconds)
        self._proxy.close()
        return remains


@contextmanager
def busy_device(
    folder: Path,
    proxy: FaultyProxy,
    *,
    server_url: str,
    processes: int = 1,
    pings_per_second: float,
    seed: int,
) -> Iterator[BusyDevice]:
    """Yield a device that has the tour, and whose apps run; they are killed at the end."""
    cache_the_tour(server_url, folder)
    device = BusyDevice(
        folder,
        proxy,
        processes=processes,
        pings_per_second=pings_per_second,
        seed=seed,
    )
    try:
        yield device
    finally:
        device.kill_all()
