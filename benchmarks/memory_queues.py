"""Queues that a kill empties: posthog, segment, snowplow; run by their own Python.

``python -m benchmarks.memory_queues NAME SINK_URL COUNT ROUNDS INTERVAL_SECONDS`` prints
the latencies of the rounds as JSON; an interval of 0 is back to back, once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

from benchmarks.latency import Call, Pace, back_to_back, paced

#: What a ping says.
STEP = {"tutorialId": "welcome-tour", "stepId": "dashboard", "t": 1500}

#: The call, and what waits until everything has been sent.
Queue = tuple[Call, Callable[[], object]]


def posthog(url: str, _: int) -> Queue:
    """Return ``capture``; a thread of its own sends."""
    from posthog import Posthog

    client = Posthog("key", host=url)
    return (
        lambda: client.capture("completed", distinct_id="user", properties=STEP),
        client.shutdown,
    )


def segment(url: str, _: int) -> Queue:
    """Return ``track``; a thread of its own sends."""
    from segment.analytics.client import Client

    client = Client("key", host=url)
    return lambda: client.track("user", "completed", STEP), client.shutdown


def snowplow(url: str, count: int) -> Queue:
    """Return ``track`` with a buffer that holds all: a full one is sent by the caller."""
    from snowplow_tracker import Emitter, StructuredEvent, Tracker

    place = urlsplit(url)
    emitter = Emitter(
        place.hostname, protocol="http", port=place.port, batch_size=count + 1
    )
    tracker = Tracker("bench", emitters=emitter)

    def call() -> None:
        event = StructuredEvent(
            "welcome-tour", "completed", label="dashboard", value=1500
        )
        tracker.track(event)

    return call, tracker.flush


QUEUES = {"posthog": posthog, "segment": segment, "snowplow": snowplow}


def main(name: str, url: str, pace: Pace) -> None:
    """Measure, send what waits, and print."""
    call, drain = QUEUES[name](url, 2 * pace.calls * (pace.rounds + 1))
    if pace.interval_seconds:
        found = paced({name: call}, pace)[name]
    else:
        found = [back_to_back(call, count=pace.calls)]
    drain()
    print(json.dumps(found))


if __name__ == "__main__":
    _, name, url, count, rounds, interval_seconds = sys.argv
    main(name, url, Pace(int(count), int(rounds), float(interval_seconds)))
