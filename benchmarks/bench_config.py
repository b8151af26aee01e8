"""Config for 1,000 users beside a bare Flask route, Kinto and Unleash."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.kinto import kinto_server
from benchmarks.load import Load, require_wrk
from benchmarks.result import Result, interleave
from benchmarks.servers import Server, bare_flask, database, kazi_server, postgres
from benchmarks.unleash import unleash_server
from benchmarks.users import USERS, write_tokens_and_etags

ROUNDS = 5
#: KAZI_THREADS, as docs/settings.md gives it.
THREADS = 4
PATH = "/api/tutorial/config?tutorialId=welcome-tour"
BOUNDS = {304: 0.45, 200: 0.40}

SCRIPT = """
local users = {}
for i, line in ipairs(lines) do
  local token, etag = line:match("(%S+) (%S+)")
  local headers = {["Authorization"] = "Bearer " .. token}
  if expected == 304 then headers["If-None-Match"] = etag end
  users[i] = headers
end
local number = 0
request = function()
  number = number % #users + 1
  return wrk.format("GET", nil, users[number])
end
"""


def measure() -> list[Result]:
    """Return one result for 304, one for 200, and the memory of a worker."""
    require_wrk()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres_url = stack.enter_context(postgres())
        url = stack.enter_context(database(postgres_url, "ours"))
        ours = stack.enter_context(kazi_server(url, threads=THREADS))
        bare = stack.enter_context(bare_flask(threads=THREADS))
        kinto = stack.enter_context(kinto_server(postgres_url, threads=THREADS))
        unleash = stack.enter_context(unleash_server(postgres_url))
        users = folder / "users.txt"
        write_tokens_and_etags(users, ours.url + PATH)
        results = []
        for status in (304, 200):
            load = Load(script=SCRIPT, lines=users, status=status, environ={})
            cases: dict[str, Callable[[], float]] = {
                "config": partial(load.requests_per_second, ours.url + PATH),
                "bare route": partial(load.requests_per_second, bare.url + PATH),
                "Kinto record": kinto.conditional_get(status),
            }
            # its frontend API knows no ETag
            if unleash is not None and status == 200:
                cases["Unleash frontend"] = unleash.frontend_get()
            results.append(_result(status, cases))
        return [*results, _memory(ours, bare)]


def _result(status: int, cases: dict[str, Callable[[], float]]) -> Result:
    found = interleave(cases, rounds=ROUNDS)
    ours, limit, *peers = found.values()
    return Result(
        what=f"config {status}, {THREADS} threads, {USERS:,} users",
        unit="/s",
        ours=ours,
        limit=limit,
        peers=peers,
        bound=BOUNDS[status],
        is_upper_bound=False,
    )


def _memory(ours: Server, bare: Server) -> Result:
    found = interleave(
        {"worker": ours.worker_mb, "bare Flask": bare.worker_mb}, rounds=1
    )
    return Result(
        what="memory of a worker after that load",
        unit="MB",
        ours=found["worker"],
        limit=found["bare Flask"],
        bound=None,
    )
