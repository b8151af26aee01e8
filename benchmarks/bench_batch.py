"""Batches of 500 pings over HTTP beside binary COPY into the same table."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.events import BATCH_EVENTS, COLUMNS, batch_body, fill, rows, stored
from benchmarks.kinto import kinto_server
from benchmarks.load import SECONDS, Load, require_wrk
from benchmarks.result import Measurement, Result, interleave
from benchmarks.servers import database, kazi_server, postgres
from benchmarks.users import write_tokens

ROUNDS = 5
#: KAZI_THREADS, as docs/settings.md gives it.
THREADS = 4
Connection = psycopg.Connection[Any]
FULL_TABLE = 10_000_000
COPY = f"COPY tutorial_step_events ({', '.join(COLUMNS)}) FROM STDIN (FORMAT binary)"

#: The same body for every user in turn: the key of an event begins with its user.
SCRIPT = """
local file = io.open(os.getenv("KAZI_BENCH_BODY"))
local body = file:read("*a")
local number = 0
request = function()
  number = number + 1
  assert(number <= #lines, "every user has sent the body")
  return wrk.format("POST", nil, {
    Authorization = "Bearer " .. lines[number], ["Content-Type"] = "application/json"
  }, body)
end
"""


def measure() -> list[Result]:
    """Return one result for an empty table and one for ten million rows."""
    require_wrk()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres_url = stack.enter_context(postgres())
        url = stack.enter_context(database(postgres_url, "ours"))
        ours = stack.enter_context(kazi_server(url, threads=THREADS))
        kinto = stack.enter_context(kinto_server(postgres_url, threads=THREADS))
        write_tokens(folder / "tokens.txt")
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        http = partial(over_http, ours.url, connection, folder)
        copy = partial(by_copy, connection)
        empty = interleave(
            {
                "batches": partial(_emptied, connection, http),
                "COPY": partial(_emptied, connection, copy),
                "Kinto batches": kinto.batch_write,
            },
            rounds=ROUNDS,
        )
        fill(connection, FULL_TABLE)
        full = interleave({"batches": http, "COPY": copy}, rounds=ROUNDS)
    return [_result("empty table", empty), _result(f"{FULL_TABLE:,} rows", full)]


def over_http(url: str, connection: Connection, folder: Path) -> float:
    """Return the events per second that are in PostgreSQL afterwards."""
    body = folder / "body.json"
    body.write_text(batch_body())
    environ = {"KAZI_BENCH_BODY": str(body)}
    tokens = folder / "tokens.txt"
    load = Load(script=SCRIPT, lines=tokens, status=200, environ=environ)
    connection.execute("CHECKPOINT")
    before = stored(connection)
    load.requests_per_second(f"{url}/api/tutorial/steps")
    return (stored(connection) - before) / SECONDS


def by_copy(connection: Connection) -> float:
    """Return the rows per second of COPY, a transaction for each 500."""
    source = rows()
    connection.execute("CHECKPOINT")
    before = stored(connection)
    begun = time.monotonic()
    while time.monotonic() < begun + SECONDS:
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.set_types(list(COLUMNS.values()))
            for row in islice(source, BATCH_EVENTS):
                copy.write_row(row)
    seconds = time.monotonic() - begun
    return (stored(connection) - before) / seconds


def _emptied(connection: Connection, measured: Callable[[], float]) -> float:
    connection.execute("TRUNCATE tutorial_step_events")
    return measured()


def _result(table: str, found: dict[str, Measurement]) -> Result:
    ours, limit, *peers = found.values()
    return Result(
        what=f"batches of {BATCH_EVENTS}, {THREADS} threads, {table}",
        unit=" events/s",
        ours=ours,
        limit=limit,
        peers=peers,
        bound=0.60,
        is_upper_bound=False,
    )
