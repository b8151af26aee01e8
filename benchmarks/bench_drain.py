"""Draining 100,000 queued pings, beside one request a ping and beside bare batches."""

from __future__ import annotations

import json
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from benchmarks.events import BATCH_EVENTS, STEPS, batch_body, stored
from benchmarks.result import Measurement, Result, interleave
from benchmarks.servers import database, kazi_server, postgres
from benchmarks.users import token
from benchmarks.writers import NoNetwork
from client_sdk import ClientConfig, HttpxTransport, Request, TutorialClient
from client_sdk.contracts import routes

ROUNDS = 3
#: KAZI_THREADS, as docs/settings.md gives it.
THREADS = 4
PINGS = 100_000
#: One request a ping is measured on so many, as a rate.
SINGLE_PINGS = 2_000
DRAIN_TIMEOUT_SECONDS = 120.0
#: A device that was away sends more than these let a user send.
NO_LIMITS = {"KAZI_USER_EVENTS_PER_MINUTE": "0", "KAZI_USER_REQUESTS_PER_MINUTE": "0"}
#: The defaults, but for a queue that holds all and no sync before it is asked for.
CONFIG = ClientConfig(
    max_queued_pings=2 * PINGS,
    max_queued_bytes=2 * PINGS * 400,
    startup_delay_seconds=3600.0,
)
Connection = psycopg.Connection[Any]
Timed = Iterator[Callable[[], float]]


def measure() -> list[Result]:
    """Return one result for each limit."""
    with ExitStack() as stack:
        postgres_url = stack.enter_context(postgres())
        url = stack.enter_context(database(postgres_url, "ours"))
        server = stack.enter_context(
            kazi_server(url, threads=THREADS, settings=NO_LIMITS)
        )
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        cases = {
            "flush()": drained,
            "one request a ping": one_by_one,
            "bare batches": in_bare_batches,
        }
        found = interleave(
            {name: partial(cases[name], connection, server.url) for name in cases},
            rounds=ROUNDS,
        )
    ours, single, bare = found.values()
    return [
        _result(
            f"{PINGS:,} queued pings drained ({SINGLE_PINGS:,} singly)",
            ours,
            single,
            5.0,
        ),
        _result(f"{PINGS:,} queued pings drained, 1 connection", ours, bare, 0.5),
    ]


def drained(connection: Connection, url: str) -> float:
    """Return the pings per second of a client that comes back after a long time.

    The time begins before the network side is imported and a token minted, and ends when
    the queue is empty.
    """
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        with TutorialClient(url, storage_dir=folder, config=CONFIG) as client:
            with timed(connection, PINGS) as per_second:
                result = client.flush(timeout_seconds=DRAIN_TIMEOUT_SECONDS)
            if result.remaining:
                raise RuntimeError(f"the queue is not empty: {result}")
    return per_second()


def fill(folder: Path) -> None:
    """Queue the pings on a device without a network."""
    with TutorialClient(
        "http://kazi.invalid",
        storage_dir=folder,
        transport=NoNetwork(),
        config=CONFIG,
    ) as client:
        for number in range(PINGS):
            step, is_end = divmod(number % (2 * len(STEPS)), 2)
            status = "completed" if is_end else "started"
            client.ping("welcome-tour", STEPS[step], status, 1500 * is_end)
        if client.status().queued_pings != PINGS:
            raise RuntimeError(f"the queue is not filled: {client.status()}")


def one_by_one(connection: Connection, url: str) -> float:
    """Return the rate of one request a ping by the same HTTP client, kept alive."""
    headers = _headers()
    requests = [
        Request("POST", routes.STEP, headers=headers, body=_single_body(number))
        for number in range(SINGLE_PINGS)
    ]
    with (
        closing(HttpxTransport(url, timeout_seconds=10.0)) as transport,
        timed(connection, SINGLE_PINGS) as per_second,
    ):
        for request in requests:
            _require(transport.send(request).status, 204)
    return per_second()


def in_bare_batches(connection: Connection, url: str) -> float:
    """Return the rate of batches that are encoded already, one after the other."""
    headers = _headers()
    bodies = [batch_body().encode() for _ in range(PINGS // BATCH_EVENTS)]
    with (
        closing(HTTPConnection(urlsplit(url).netloc)) as http,
        timed(connection, PINGS) as per_second,
    ):
        for body in bodies:
            http.request("POST", routes.STEPS, body, headers)
            answer = http.getresponse()
            answer.read()
            _require(answer.status, 200)
    return per_second()


@contextmanager
def timed(connection: Connection, events: int) -> Timed:
    """Yield the rate of the block; RuntimeError unless PostgreSQL has all afterwards."""
    connection.execute("TRUNCATE tutorial_step_events")
    connection.execute("CHECKPOINT")
    begun = time.monotonic()
    seconds = 0.0
    yield lambda: events / seconds
    seconds = time.monotonic() - begun
    if (rows := stored(connection)) != events:
        raise RuntimeError(f"{rows} of {events} events are stored")


def _headers() -> dict[str, str]:
    return {"authorization": f"Bearer {token()}", "content-type": "application/json"}


def _single_body(number: int) -> bytes:
    body = {
        "tutorialId": "welcome-tour",
        "stepId": STEPS[number % len(STEPS)],
        "status": "completed",
        "t": 1500,
        "eventId": str(uuid.uuid4()),
    }
    return json.dumps(body).encode()


def _require(status: int, expected: int) -> None:
    if status != expected:
        raise RuntimeError(f"status {status} where {expected} was due")


def _result(what: str, ours: Measurement, limit: Measurement, bound: float) -> Result:
    return Result(
        what=what,
        unit="pings/s",
        ours=ours,
        limit=limit,
        bound=bound,
        is_upper_bound=False,
    )
