"""Config 304 and 200 beside a bare Flask route under the same server and threads.

One worker, the default number of threads, 16 connections, the tokens of 1,000 users,
request logs and metrics on: what an installation does.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx

from benchmarks.result import Result, interleave
from client_sdk.contracts.identity import encode_secret

ROUNDS = 5
USERS = 1_000
CONNECTIONS = 16
SECONDS = 3
#: KAZI_THREADS, as docs/settings.md gives it.
THREADS = 4
CONFIG = "/api/tutorial/config?tutorialId=welcome-tour"

SCRIPT = """
local lines = {}
for line in io.lines(os.getenv("KAZI_BENCH_USERS")) do
  local token, etag = line:match("(%S+) (%S+)")
  lines[#lines + 1] = {token = token, etag = etag}
end
local number = 0
request = function()
  number = number % #lines + 1
  local headers = {["Authorization"] = "Bearer " .. lines[number].token}
  if os.getenv("KAZI_BENCH_ETAG") == "yes" then
    headers["If-None-Match"] = lines[number].etag
  end
  return wrk.format("GET", nil, headers)
end
local expected = tonumber(os.getenv("KAZI_BENCH_STATUS"))
wrong = 0
response = function(status) if status ~= expected then wrong = wrong + 1 end end
local threads = {}
setup = function(thread) threads[#threads + 1] = thread end
done = function()
  local all = 0
  for _, thread in ipairs(threads) do all = all + (thread:get("wrong") or 0) end
  print("wrong " .. all)
end
"""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], url: str, environ: dict[str, str]) -> Iterator[None]:
    """Run a server until the block ends; RuntimeError if it does not answer in 60 s."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, env={**os.environ, **environ}, stdout=log, stderr=log
        )
        try:
            _wait_for(url, process)
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url).status_code == 200:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not answer")


def make_users(base_url: str, file: Path) -> None:
    """Sign up 1,000 anonymous users and note each one's token and ETag."""
    lines = []
    with httpx.Client(base_url=base_url) as client:
        for _ in range(USERS):
            secret = {"secret": encode_secret(os.urandom(32))}
            token = client.post("/api/tutorial/anonymous", json=secret).json()["token"]
            answer = client.get(CONFIG, headers={"authorization": f"Bearer {token}"})
            lines.append(f"{token} {answer.headers['etag']}")
    file.write_text("\n".join(lines) + "\n")


def requests_per_second(base_url: str, status: int, *, folder: Path) -> float:
    """Return what wrk measures; RuntimeError if an answer was another than expected."""
    script = folder / "users.lua"
    script.write_text(SCRIPT)
    environ = {
        **os.environ,
        "KAZI_BENCH_USERS": str(folder / "users.txt"),
        "KAZI_BENCH_ETAG": "yes" if status == 304 else "no",
        "KAZI_BENCH_STATUS": str(status),
    }
    load = ["-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script)]
    output = subprocess.run(
        ["wrk", *load, base_url + CONFIG],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if found is None or "wrong 0" not in output or "Socket errors" in output:
        raise RuntimeError(f"wrk saw other answers than {status}:\n{output}")
    return float(found[1])


def measure() -> list[Result]:
    """Return one result for 304 and one for 200."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    ours, bare = free_port(), free_port()
    # Not below the checkout: as root the embedded PostgreSQL opens the parent folders.
    with tempfile.TemporaryDirectory(prefix="kazi-bench-") as name:
        folder = Path(name)
        server = [
            sys.executable,
            "-m",
            "sync_server",
            "serve",
            "--demo",
            "--port",
            str(ours),
        ]
        limit = [sys.executable, "-m", "benchmarks.bare_flask", str(bare), str(THREADS)]
        environ = {"KAZI_DATA_DIR": str(folder / "data"), "KAZI_THREADS": str(THREADS)}
        ours_url, bare_url = f"http://127.0.0.1:{ours}", f"http://127.0.0.1:{bare}"
        with (
            running(server, f"{ours_url}/readyz", environ),
            running(limit, f"{bare_url}/api/tutorial/config", {}),
        ):
            make_users(ours_url, folder / "users.txt")
            return [
                _result(ours_url, bare_url, status, folder) for status in (304, 200)
            ]


def _result(ours_url: str, bare_url: str, status: int, folder: Path) -> Result:
    found = interleave(
        {
            "config": partial(requests_per_second, ours_url, status, folder=folder),
            "bare route": partial(requests_per_second, bare_url, status, folder=folder),
        },
        rounds=ROUNDS,
    )
    return Result(
        what=f"config {status}, {THREADS} threads, {USERS:,} users",
        unit="/s",
        ours=found["config"],
        limit=found["bare route"],
        bound=0.30,
        is_upper_bound=False,
    )
