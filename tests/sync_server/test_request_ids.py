"""Every request has an id of its own, however many threads are answering at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sync_server.logs import RequestLog
from sync_server.metrics import Metrics
from sync_server.telemetry import Telemetry

THREADS = 8
EACH = 2_000


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Let threads take turns as often as the interpreter can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty_threads")
def test_threads_never_stand_in_each_others_way_nor_share_an_id():
    telemetry = Telemetry(metrics=Metrics(), log=RequestLog("critical"))

    def begin_many(_thread: int) -> list[str]:
        return [telemetry.begin({}).request_id for _ in range(EACH)]

    with ThreadPoolExecutor(THREADS) as threads:
        ids = [
            each for some in threads.map(begin_many, range(THREADS)) for each in some
        ]

    assert len(set(ids)) == THREADS * EACH
