"""Writes that wait for each other share one: a statement and a commit for all of them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

__all__ = ["Combiner"]

Job = TypeVar("Job")
Result = TypeVar("Result")


class Combiner(Generic[Job, Result]):
    """Hands jobs that arrive while a write is under way to the next write, together.

    ``write`` takes jobs and returns a result for each, in order, all or nothing, and at
    most ``max_jobs`` at once.  Nobody waits for company: a job that meets no other is
    written at once, alone.  Writes follow each other, because larger ones cost less; but a
    job that has waited for ``patience_seconds`` is written beside the write that lasts so
    long, while fewer than ``writers`` run.  An error meets every job of a write if it is
    one of ``shared_faults``; after any other each job is written alone, so that it meets
    only the one that has it.

    The threads that wait take turns at writing (flat combining: Hendler, Incze, Shavit
    and Tzafrir, SPAA 2010); there is no thread of its own to start, to fork or to stop.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Job]], Sequence[Result]],
        *,
        writers: int,
        max_jobs: int,
        patience_seconds: float,
        shared_faults: tuple[type[Exception], ...] = (),
    ) -> None:
        self._write = write
        self._max_jobs = max_jobs
        self._shared_faults = shared_faults
        self._lock = threading.Lock()
        self._writers = writers
        self._patience_seconds = patience_seconds
        self._running = 0
        #: Not empty only while a write runs.
        self._waiting: deque[_Call[Job, Result]] = deque()

    def submit(self, job: Job) -> Result:
        """Return the job's result once it is written; raise what ``write`` raised."""
        call = _Call[Job, Result](job)
        with self._lock:
            leads = not self._running
            if leads:
                self._running += 1
            else:
                self._waiting.append(call)
        if leads or self._wait_to_lead(call):
            self._lead(call)
        return call.outcome()

    def _wait_to_lead(self, call: _Call[Job, Result]) -> bool:
        """Return True when it is the call's turn to write, False when it is written."""
        while not call.wait(self._patience_seconds):
            with self._lock:
                # a call that is not among them is being written, or was told to lead
                if self._running < self._writers and call in self._waiting:
                    self._waiting.remove(call)
                    self._running += 1
                    return True
        return call.leads

    def _lead(self, call: _Call[Job, Result]) -> None:
        """Write the call and those that wait, then let the next one lead."""
        with self._lock:
            count = min(self._max_jobs - 1, len(self._waiting))
            calls = [call, *(self._waiting.popleft() for _ in range(count))]
        try:
            self._run(calls)
        finally:
            self._pass_on()
            for companion in calls[1:]:
                companion.wake(leads=False)

    def _pass_on(self) -> None:
        with self._lock:
            if not self._waiting:
                self._running -= 1
                return
            successor = self._waiting.popleft()
        successor.wake(leads=True)

    def _run(self, calls: Sequence[_Call[Job, Result]]) -> None:
        try:
            results = self._write([call.job for call in calls])
        except Exception as exc:  # noqa: BLE001  (it is raised where it belongs)
            if len(calls) > 1 and not isinstance(exc, self._shared_faults):
                for call in calls:
                    self._run([call])
                return
            for call in calls:
                call.error = exc
            return
        for call, result in zip(calls, results, strict=True):
            call.results = (result,)


class _Call(Generic[Job, Result]):
    """A job, the thread that waits for it, and what became of it."""

    __slots__ = ("_awake", "error", "job", "leads", "results")

    def __init__(self, job: Job) -> None:
        self.job = job
        self.error: Exception | None = None
        self.results: tuple[Result, ...] = ()
        self.leads = False
        self._awake = threading.Lock()
        self._awake.acquire()

    def wait(self, seconds: float) -> bool:
        """Return whether the wait was ended in time."""
        return self._awake.acquire(timeout=seconds)

    def wake(self, *, leads: bool) -> None:
        """End the wait."""
        self.leads = leads
        self._awake.release()

    def outcome(self) -> Result:
        """Return the result; raise the error if there is none."""
        if self.error is not None:
            raise self.error
        (result,) = self.results
        return result
