"""Jobs that arrive together are written together, and each gets what is its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from sync_server.events.combining import Combiner
from tests.support.server_process import wait_until

JOBS = 40


class Ledger:
    """What was written, in which company; a write can be held up."""

    def __init__(self) -> None:
        self.writes: list[list[int]] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.most_at_once = 0
        self._running = 0
        self._lock = threading.Lock()

    def write(self, jobs: Sequence[int]) -> list[int]:
        with self._lock:
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
            self.writes.append(list(jobs))
        assert self.may_go_on.wait(20)
        with self._lock:
            self._running -= 1
        if 13 in jobs:
            raise ValueError("unlucky")
        if 99 in jobs:
            raise ConnectionError("gone")
        return [job * 2 for job in jobs]


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def combiner_of(
    ledger: Ledger,
    *,
    writers: int = 1,
    max_jobs: int = 64,
    patience_seconds: float = 60,
):
    return Combiner[int, int](
        ledger.write,
        writers=writers,
        max_jobs=max_jobs,
        patience_seconds=patience_seconds,
        shared_faults=(ConnectionError,),
    )


def submit_together(
    combiner: Combiner[int, int], ledger: Ledger, first: int, others: Sequence[int]
) -> Callable[[int], int]:
    """Submit the others while the first is being written; return how to learn results."""
    ledger.may_go_on.clear()
    with ThreadPoolExecutor(len(others) + 1) as threads:
        results = {first: threads.submit(combiner.submit, first)}
        wait_until(lambda: len(ledger.writes) > 0, what="the first is being written")
        results |= {job: threads.submit(combiner.submit, job) for job in others}
        wait_until(
            lambda: len(combiner._waiting) == len(others), what="the others wait"
        )
        ledger.may_go_on.set()
    return lambda job: results[job].result()


def test_a_job_alone_is_written_at_once(ledger):
    assert combiner_of(ledger).submit(4) == 8
    assert ledger.writes == [[4]]


def test_jobs_that_wait_share_the_next_write(ledger):
    result = submit_together(combiner_of(ledger), ledger, 0, range(20, 20 + JOBS))

    assert [result(job) for job in range(20, 20 + JOBS)] == [
        job * 2 for job in range(20, 20 + JOBS)
    ]
    assert ledger.writes[0] == [0]
    assert len(ledger.writes) == 2


def test_a_write_takes_no_more_than_its_most(ledger):
    combiner = combiner_of(ledger, max_jobs=4)

    result = submit_together(combiner, ledger, 0, range(20, 30))

    assert [result(job) for job in range(20, 30)] == [j * 2 for j in range(20, 30)]
    assert [len(jobs) for jobs in ledger.writes] == [1, 4, 4, 2]


def test_a_fault_meets_only_the_job_that_has_it(ledger):
    result = submit_together(combiner_of(ledger), ledger, 0, [12, 13, 14])

    assert [result(12), result(14)] == [24, 28]
    with pytest.raises(ValueError, match="unlucky"):
        result(13)


def test_a_fault_of_the_database_meets_all_and_is_not_tried_again_for_each(ledger):
    result = submit_together(combiner_of(ledger), ledger, 0, [98, 99])

    for job in (98, 99):
        with pytest.raises(ConnectionError, match="gone"):
            result(job)
    assert len(ledger.writes) == 2


def test_after_a_fault_the_next_job_is_written(ledger):
    combiner = combiner_of(ledger)
    with pytest.raises(ConnectionError):
        combiner.submit(99)

    assert combiner.submit(1) == 2


def test_a_job_is_written_beside_a_write_that_lasts_too_long(ledger):
    combiner = combiner_of(ledger, writers=2, patience_seconds=0.01)
    ledger.may_go_on.clear()

    with ThreadPoolExecutor(3) as threads:
        results = [threads.submit(combiner.submit, job) for job in (1, 2, 3)]
        wait_until(lambda: len(ledger.writes) == 2, what="a second write begins")
        ledger.may_go_on.set()

    assert [result.result() for result in results] == [2, 4, 6]
    assert ledger.most_at_once == 2


@pytest.mark.parametrize("patience_seconds", [0.0001, 60])
@pytest.mark.parametrize("writers", [1, 2, 3])
def test_under_load_every_job_is_written_once(ledger, writers, patience_seconds):
    combiner = combiner_of(
        ledger, writers=writers, max_jobs=5, patience_seconds=patience_seconds
    )
    numbers = range(100, 1100)

    with ThreadPoolExecutor(16) as threads:
        results = list(threads.map(combiner.submit, numbers))

    assert results == [number * 2 for number in numbers]
    assert sorted(job for jobs in ledger.writes for job in jobs) == list(numbers)
    assert ledger.most_at_once <= writers
    assert not combiner._waiting
    assert combiner._running == 0
