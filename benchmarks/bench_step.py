"""A single durable ping beside a bare Flask route that only reads the body."""

from __future__ import annotations

import secrets
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psycopg

from benchmarks.events import stored
from benchmarks.load import Load, require_wrk
from benchmarks.result import Result, interleave
from benchmarks.servers import bare_flask, database, kazi_server, postgres
from benchmarks.users import USERS, write_tokens

ROUNDS = 5
THREADS = 8
PATH = "/api/tutorial/step"

SCRIPT = """
local round = os.getenv("KAZI_BENCH_ROUND")
local headers = {}
for i, token in ipairs(lines) do
  headers[i] = {
    Authorization = "Bearer " .. token, ["Content-Type"] = "application/json"
  }
end
local body = '{"tutorialId":"welcome-tour","stepId":"week","status":"%s","t":1500,'
  .. '"eventId":"019aa1d4-%s-7000-8000-%012x"}'
local number = 0
request = function()
  number = number + 1
  local status = number % 2 == 0 and "completed" or "started"
  return wrk.format(
    "POST", nil, headers[number % #lines + 1], body:format(status, round, number)
  )
end
"""


def measure() -> list[Result]:
    """Return the result."""
    require_wrk()
    with ExitStack() as stack:
        tokens = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "tokens.txt"
        url = stack.enter_context(database(stack.enter_context(postgres()), "ours"))
        ours = stack.enter_context(kazi_server(url, threads=THREADS))
        bare = stack.enter_context(bare_flask(threads=THREADS))
        write_tokens(tokens)
        found = interleave(
            {
                "step": partial(steps_per_second, ours.url, url, tokens),
                "bare route": partial(_rate, bare.url, tokens),
            },
            rounds=ROUNDS,
        )
    return [
        Result(
            what=f"step, durable, {THREADS} threads, {USERS:,} users",
            unit="/s",
            ours=found["step"],
            limit=found["bare route"],
            bound=0.45,
            is_upper_bound=False,
        )
    ]


def steps_per_second(url: str, database_url: str, tokens: Path) -> float:
    """Return the rate; RuntimeError unless every answered ping is in PostgreSQL."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("TRUNCATE tutorial_step_events")
        connection.execute("CHECKPOINT")
        rate = _rate(url, tokens)
        rows = stored(connection)
    # wrk rounds its seconds, and does not count what it still waits for at the end
    if rows < rate * 2.9:
        raise RuntimeError(f"{rows} pings are stored, at {rate} answers a second")
    return rate


def _rate(url: str, tokens: Path) -> float:
    environ = {"KAZI_BENCH_ROUND": secrets.token_hex(2)}
    load = Load(script=SCRIPT, lines=tokens, status=204, environ=environ)
    return load.requests_per_second(url + PATH)
