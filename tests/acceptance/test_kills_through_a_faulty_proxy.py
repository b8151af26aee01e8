"""Apps killed at any moment, on a network that cannot be trusted, lose and double nothing.

The order is held without exception.  Every request begins with the oldest event that has
no receipt, and the server stores a request's events one after the other; so whichever of
two requests comes late, what it may still add lies behind all that is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.busy_device import busy_device
from tests.support.faulty_proxy import FAULTS, FaultyProxy, Timing, faulty_proxy
from tests.support.promises import judge
from tests.support.server_process import ServerProcess

#: The app gives up after 0.3 s.
TIMING = Timing(longest_delay=0.1, stall=0.5)
SEED = 20261125


@pytest.fixture
def proxy(server: ServerProcess) -> Iterator[FaultyProxy]:
    with faulty_proxy(server.port, seed=SEED, timing=TIMING) as proxy:
        yield proxy


def count_repeated(server: ServerProcess) -> float:
    """Return how many events the server was sent although it had them."""
    metrics = httpx.get(f"{server.url}/metrics").text
    name = r'tutorial_event_deliveries_total\{outcome="duplicate"\} (.*)'
    (number,) = re.findall(name, metrics)
    return float(number)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("processes", "kills"), [(1, 20), (2, 12)], ids=["one process", "two processes"]
)
def test_no_kill_loses_doubles_or_reorders_an_event(
    server: ServerProcess,
    proxy: FaultyProxy,
    database_url: str,
    tmp_path: Path,
    processes: int,
    kills: int,
):
    with busy_device(
        tmp_path / "device",
        proxy,
        server_url=server.url,
        processes=processes,
        pings_per_second=300,
        seed=SEED,
    ) as device:
        for _ in range(kills):
            device.kill_one(most_pings=600)
        # a slow machine has had fewer exchanges by then than there are faults
        while not set(proxy.counts) >= FAULTS:
            device.kill_one(most_pings=600)
        device.kill_all()
        remains = device.drain()

    verdict = judge(database_url, device.promises, remains)
    assert verdict.is_clean, verdict
    assert count_repeated(server) > 0
    assert device.promises.pings >= kills
    assert device.promises.completed
    assert device.promises.answers
