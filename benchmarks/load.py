"""Load by wrk: 16 connections, requests told by a Lua script, every status counted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CONNECTIONS", "SECONDS", "Load", "require_wrk"]

CONNECTIONS = 16
SECONDS = 3

#: Counts the answers that are not as expected; an error would look fast otherwise.
_COUNTING = """
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
lines = {}
for line in io.lines(os.getenv("KAZI_BENCH_LINES")) do lines[#lines + 1] = line end
"""


def require_wrk() -> None:
    """SystemExit if wrk is missing."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A kind of request: a Lua ``request`` function over ``lines``, and the status."""

    script: str
    lines: Path
    status: int
    environ: Mapping[str, str]

    def requests_per_second(self, url: str) -> float:
        """Return wrk's rate; RuntimeError if an answer had another status."""
        output = self.send(url)
        found = re.search(r"Requests/sec:\s+([\d.]+)", output)
        if found is None or "wrong 0\n" not in output or "Socket errors" in output:
            raise RuntimeError(f"wrk saw other answers than {self.status}:\n{output}")
        return float(found[1])

    def send(self, url: str) -> str:
        """Send for :data:`SECONDS` and return what wrk says, whatever was answered."""
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(_COUNTING + self.script)
            script.flush()
            return self._run(Path(script.name), url)

    def _run(self, script: Path, url: str) -> str:
        environ = {
            **os.environ,
            **self.environ,
            "KAZI_BENCH_LINES": str(self.lines),
            "KAZI_BENCH_STATUS": str(self.status),
        }
        return subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script, url],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
