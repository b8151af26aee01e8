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
        self._first_pings = [0] * processes
        self._apps = [self._start(process) for process in range(processes)]

    def _start(self, process: int) -> KillableApp:
        first = self.promises.next_ping(process)
        self._first_pings[process] = first
        return KillableApp(
            APP, self._proxy.url, self._folder, first, self._pings_per_second
        )

    def kill_one(self, *, most_pings: int) -> None:
        """Kill one process after up to so many pings of its life, and start it again."""
        process = self._random.randrange(len(self._apps))
        pings = self._random.randrange(most_pings)
        self._apps[process].wait_for("ping", self._first_pings[process] + pings)
        self._random.choice(MOMENTS)(self._proxy)
        self._kill(process)
        self._apps[process] = self._start(process)

    def wait_for(self, pings: int) -> None:
        """Return when so many pings are promised, over all lives."""
        missing = max(0, pings - self.promises.pings)
        each = -(-missing // len(self._apps))
        patience = 60 + 10 * each / self._pings_per_second
        for first, app in zip(self._first_pings, self._apps, strict=True):
            app.wait_for("ping", first + each - 1, timeout_seconds=patience)

    def kill_all(self) -> None:
        """Kill every process for good."""
        for process in range(len(self._apps)):
            self._kill(process)

    def _kill(self, process: int) -> None:
        app = self._apps[process]
        app.kill()
        self.promises.add(self._first_pings[process], app)

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
