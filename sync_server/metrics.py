"""Prometheus metrics (specification section 7), added up over all worker processes."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

__all__ = ["Metrics", "PersonasSince", "PoolState"]

#: Upper bounds in seconds: a cached answer takes about 0.2 ms, a full batch about 20 ms.
_LATENCY_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5)
#: Where prometheus_client keeps the values of all workers, if there are several.
_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
#: Methods that count under their own name (RFC 9110 section 9.3, RFC 5789): a client may
#: make up any other, and each would be a series that no process ever forgets.
_METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
)
_OTHER_METHOD = "other"
#: Seconds between two looks at the pool: each takes its lock.
_POOL_LOOK_SECONDS = 1.0

#: Returns connections open, connections free, requests waiting for one.
PoolState = Callable[[], tuple[int, int, int]]
#: Returns when the personas that are served were computed, in seconds since 1970; 0 if
#: there are none, None if nobody can tell.
PersonasSince = Callable[[], float | None]


class Metrics:
    """The counters of one application; its own registry, so that two do not collide."""

    def __init__(
        self,
        *,
        pool_state: PoolState | None = None,
        personas_since: PersonasSince | None = None,
    ) -> None:
        self.registry = CollectorRegistry()
        self._pool_state = pool_state
        self._personas_since = personas_since
        self._next_pool_look = 0.0
        self._step_events = Counter(
            "tutorial_step_events",
            "Step events that were stored.",
            ["status", "step"],
            registry=self.registry,
        )
        self._requests = Counter(
            "http_requests",
            "Requests answered.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._latency = Histogram(
            "http_request_duration_seconds",
            "Time from a request's arrival to its answer.",
            ["route"],
            buckets=_LATENCY_BUCKETS,
            registry=self.registry,
        )
        deliveries = Counter(
            "tutorial_event_deliveries",
            "Step events that arrived: stored, or known already.",
            ["outcome"],
            registry=self.registry,
        )
        self._accepted = deliveries.labels("accepted")
        self._duplicates = deliveries.labels("duplicate")
        self._rejections = Counter(
            "tutorial_event_rejections",
            "Step events that were refused, by the problem's code.",
            ["code"],
            registry=self.registry,
        )
        self._device_assignments = Counter(
            "tutorial_device_assignments",
            "Assignments that devices made by themselves: computed again, and right or not.",
            ["outcome"],
            registry=self.registry,
        )
        self._surveys = Counter(
            "tutorial_survey_answers",
            "Survey answers that arrived, by what became of them.",
            ["outcome"],
            registry=self.registry,
        )
        self._activity = Counter(
            "product_activity_events",
            "Events of product activity that arrived: stored, or known already.",
            ["outcome"],
            registry=self.registry,
        )
        self._activity_faults = Counter(
            "product_activity_faults",
            "Events of product activity that were refused or clipped, by the reason.",
            ["reason"],
            registry=self.registry,
        )
        self._pool_gauges = self._gauges_of_pool()
        self._personas_computed = Gauge(
            "kazi_personas_computed_time_seconds",
            "When the personas that are served were computed, in seconds since 1970.",
            registry=self.registry,
            # a rollback leads to an earlier one: not the greatest is right
            multiprocess_mode="livemostrecent",
        )
        self._describe_process()
        # labels() validates and locks on every call; routes are few
        self._step_counter = cache(self._step_events.labels)
        self._request_counter = cache(self._requests.labels)
        self._latency_of = cache(self._latency.labels)

    def count_steps(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Count stored step events by status and step, a known one: both are labels."""
        for (status, step), count in counts.items():
            self._step_counter(status, step).inc(count)

    def count_deliveries(self, *, accepted: int, duplicates: int) -> None:
        """Count step events that are stored now, and those that were before."""
        if accepted:
            self._accepted.inc(accepted)
        if duplicates:
            self._duplicates.inc(duplicates)

    def count_rejections(self, codes: Iterable[str]) -> None:
        """Count refused step events, one for each problem code."""
        for code in codes:
            self._rejections.labels(code).inc()

    def count_device_assignment(self, *, is_valid: bool) -> None:
        """Count an assignment that a device made by itself."""
        self._device_assignments.labels("valid" if is_valid else "invalid").inc()

    def count_survey(self, outcome: str) -> None:
        """Count a survey answer: ``stored``, or the code of its refusal."""
        self._surveys.labels(outcome).inc()

    def count_activity(self, *, stored: int, known: int) -> None:
        """Count events of product activity that are stored now, or were before."""
        self._activity.labels("stored").inc(stored)
        self._activity.labels("known").inc(known)

    def count_activity_faults(self, faults: Iterable[tuple[str, int]]) -> None:
        """Count events of product activity that are not as they were sent, by reason."""
        for reason, count in faults:
            self._activity_faults.labels(reason).inc(count)

    def observe_request(
        self, *, route: str, method: str, status: int, seconds: float
    ) -> None:
        """Count an answered request; ``route`` is the rule, never the path as sent."""
        known = method if method in _METHODS else _OTHER_METHOD
        self._request_counter(route, known, status).inc()
        self._latency_of(route).observe(seconds)
        if time.monotonic() > self._next_pool_look:
            self._look_at_pool()

    def render(self) -> bytes:
        """Return the text exposition, of all worker processes if there are several."""
        self._look_at_pool()
        self._look_at_personas()
        folder = os.environ.get(_FOLDER_VARIABLE)
        if folder is None:
            return generate_latest(self.registry)
        _forget_dead_workers(Path(folder))
        registry = CollectorRegistry()
        registry.register(_WorkersCollector(folder))
        return generate_latest(registry)

    def _gauges_of_pool(self) -> tuple[Gauge, ...]:
        return tuple(
            Gauge(
                f"database_pool_{what}",
                about,
                registry=self.registry,
                multiprocess_mode="livesum",
            )
            for what, about in (
                ("connections", "Connections to PostgreSQL that are open."),
                ("available", "Open connections that nobody uses."),
                ("waiting", "Requests that wait for a connection."),
            )
        )

    def _look_at_pool(self) -> None:
        if self._pool_state is None:
            return
        self._next_pool_look = time.monotonic() + _POOL_LOOK_SECONDS
        for gauge, value in zip(self._pool_gauges, self._pool_state(), strict=True):
            gauge.set(value)

    def _look_at_personas(self) -> None:
        since = self._personas_since() if self._personas_since else None
        if since is not None:
            self._personas_computed.set(since)

    def _describe_process(self) -> None:
        """Say which version runs, how many workers live, and since when the youngest."""
        Gauge(
            "kazi_build_info",
            "Always 1; the labels say what runs.",
            ["version", "python"],
            registry=self.registry,
            multiprocess_mode="livemax",
        ).labels(version("kazi-tutorial"), platform.python_version()).set(1)
        Gauge(
            "kazi_workers",
            "Worker processes that live.",
            registry=self.registry,
            multiprocess_mode="livesum",
        ).set(1)
        Gauge(
            "kazi_worker_start_time_seconds",
            "When the youngest worker started, in seconds since 1970.",
            registry=self.registry,
            multiprocess_mode="livemax",
        ).set(time.time())


class _WorkersCollector(Collector):
    """Adds up the files of all workers, but for those that are empty yet.

    prometheus_client makes a file and gives it its size a moment later, and cannot read it
    in between; of a worker that is killed right then it stays empty for ever.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def collect(self) -> Iterable[Metric]:
        files = [str(path) for path in self._folder.glob("*.db") if _has_size(path)]
        return MultiProcessCollector.merge(files)  # type: ignore[no-any-return, no-untyped-call]


def _has_size(path: Path) -> bool:
    # another worker may be dropping the same
    with suppress(FileNotFoundError):
        return path.stat().st_size > 0
    return False


def _forget_dead_workers(folder: Path) -> None:
    """Drop the gauges of workers that died.

    Their counters stay, or the sums would go back.
    """
    for path in folder.glob("gauge_live*_*.db"):
        match = re.search(r"_(\d+)\.db$", path.name)
        if match and not _lives(int(match[1])):
            # another worker may be dropping the same
            with suppress(FileNotFoundError):
                mark_process_dead(int(match[1]), str(folder))  # type: ignore[no-untyped-call]


def _lives(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
