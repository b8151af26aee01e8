"""Prometheus metrics (specification section 7)."""

from __future__ import annotations

import os
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = ["Metrics"]

#: Upper bounds in seconds: a cached answer takes about 0.2 ms, a full batch about 20 ms.
_LATENCY_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5)


class Metrics:
    """The counters of one application; its own registry, so that two do not collide."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
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
        # labels() validates and locks on every call; routes are few
        self._request_counter = cache(self._requests.labels)
        self._latency_of = cache(self._latency.labels)

    def count_step(self, *, status: str, step: str) -> None:
        """Count a stored step event; ``step`` must be a known step, it is a label."""
        self._step_events.labels(status, step).inc()

    def observe_request(
        self, *, route: str, method: str, status: int, seconds: float
    ) -> None:
        """Count an answered request; ``route`` is the rule, never the path as sent."""
        self._request_counter(route, method, status).inc()
        self._latency_of(route).observe(seconds)

    def render(self) -> bytes:
        """Return the text exposition, of all worker processes if there are several."""
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            return generate_latest(registry)
        return generate_latest(self.registry)
