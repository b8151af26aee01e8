"""The servers that a benchmark drives: PostgreSQL, ours, a bare Flask route."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import psycopg

from sync_server.db.embedded import start_embedded, stop_embedded

__all__ = [
    "JWT_SECRET",
    "Server",
    "bare_flask",
    "database",
    "free_port",
    "kazi_server",
    "postgres",
    "running",
]

JWT_SECRET = "the secret of a benchmark, 32 bytes and more"
START_TIMEOUT_SECONDS = 90
NONE: Mapping[str, str] = {}
#: A server that uses no more than this between two looks is idle.
_IDLE_CPU_SECONDS = 0.01
_IDLE_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that answers: where, and which process was started."""

    url: str
    pid: int

    def wait_until_idle(self) -> None:
        """Return when what a load left behind is worked off: it would slow others down."""
        used_seconds, before = self._cpu_seconds(), float("-inf")
        while used_seconds - before > _IDLE_CPU_SECONDS:
            time.sleep(_IDLE_LOOK_SECONDS)
            used_seconds, before = self._cpu_seconds(), used_seconds

    def _cpu_seconds(self) -> float:
        processes = psutil.Process(self.pid).children(recursive=True)
        times = [process.cpu_times() for process in processes]
        return float(sum(each.user + each.system for each in times))

    def worker_mb(self) -> float:
        """Return the largest worker's own memory (USS) in MB."""
        workers = psutil.Process(self.pid).children(recursive=True)
        largest: int = max(worker.memory_full_info().uss for worker in workers)
        return largest / 1e6


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Run PostgreSQL with its stock settings, fsync on, and yield its URL."""
    # Not below the checkout: as root the embedded PostgreSQL opens the parent folders.
    with tempfile.TemporaryDirectory(prefix="kazi-bench-") as name:
        folder = Path(name) / "postgres"
        url = start_embedded(folder)
        try:
            yield url
        finally:
            stop_embedded(folder)


@contextlib.contextmanager
def database(postgres_url: str, name: str) -> Iterator[str]:
    """Yield the URL of a new database; it is dropped at the end."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        parts = connection.info
        yield f"postgresql://{parts.user}@/{name}?host={parts.host}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def kazi_server(
    database_url: str, *, threads: int, settings: Mapping[str, str] = NONE
) -> Iterator[Server]:
    """Run our server with production defaults: one worker, logs, metrics, limits.

    ``settings`` are environment variables that are to be otherwise.
    """
    port = free_port()
    environ = {
        "KAZI_DATABASE_URL": database_url,
        "KAZI_JWT_SECRET": JWT_SECRET,
        "KAZI_COMMENT_KEY": base64.b64encode(bytes(32)).decode(),
        "KAZI_THREADS": str(threads),
        "KAZI_PORT": str(port),
        "KAZI_DEMO": "yes",
        **settings,
    }
    command = [sys.executable, "-m", "sync_server"]
    subprocess.run(
        [*command, "migrate"],
        env={**os.environ, **environ},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with running([*command, "serve"], port, "/readyz", environ) as server:
        yield server


@contextlib.contextmanager
def bare_flask(*, threads: int) -> Iterator[Server]:
    """Run the bare routes under the same server with as many threads."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare_flask", str(port), str(threads)]
    with running(command, port, "/api/tutorial/config", {}) as server:
        yield server


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    port: int,
    path: str,
    environ: Mapping[str, str],
    *,
    folder: Path | None = None,
) -> Iterator[Server]:
    """Run a server until the block ends; RuntimeError if it does not answer in time."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, env={**os.environ, **environ}, stdout=log, stderr=log, cwd=folder
        )
        url = f"http://127.0.0.1:{port}"
        try:
            if not _answers(url + path, process):
                log.seek(0)
                words = log.read().decode(errors="replace")[-2000:]
                raise RuntimeError(f"{process.args!r} does not answer\n{words}")
            yield Server(url=url, pid=process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(URLError, OSError), urlopen(url) as answer:
            if answer.status == 200:
                return True
        time.sleep(0.05)
    return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
