"""``kazi-server serve`` as a process of its own, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

__all__ = ["ServerProcess", "free_port", "running_server", "wait_until"]

START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 20.0


def free_port() -> int:
    """Return a TCP port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    condition: Callable[[], bool], *, timeout_seconds: float = 20.0, what: str
) -> None:
    """Return as soon as the condition holds; AssertionError at the deadline."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_seconds} s: {what}"
        time.sleep(0.02)


class ServerProcess:
    """A server that can be started, asked to stop, killed, and started again.

    ``environ`` holds the ``KAZI_*`` variables; those of the test run do not count.
    """

    def __init__(
        self,
        *arguments: str,
        environ: Mapping[str, str],
        log: Path,
        port: int | None = None,
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._arguments = arguments
        kept = {k: v for k, v in os.environ.items() if not k.startswith("KAZI_")}
        self._environ = {**kept, **environ, "PYTHONUNBUFFERED": "1"}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the main process."""
        assert self._process is not None
        return self._process.pid

    def output(self) -> str:
        """Return everything that was written so far."""
        return self.log.read_text("utf-8", errors="replace")

    def start(self, *, wait: bool = True) -> None:
        """Start, and wait for the first answer."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "sync_server", "serve"),
                    *("--port", str(self.port), *self._arguments),
                ],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if wait:
            self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until ``/readyz`` answers 200."""
        wait_until(
            self._is_ready,
            timeout_seconds=START_TIMEOUT_SECONDS,
            what=f"the server answers\n{self.output()}",
        )

    def kill(self) -> None:
        """End the main process and its workers at once (SIGKILL)."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(STOP_TIMEOUT_SECONDS)

    def stop(self) -> int:
        """Ask the server to stop (SIGTERM) and return its exit code."""
        return self._end(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for the end of a server that stops by itself; return its exit code."""
        assert self._process is not None
        return self._process.wait(START_TIMEOUT_SECONDS)

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        try:
            return self._process.wait(STOP_TIMEOUT_SECONDS)
        finally:
            self._process.kill()

    def _is_ready(self) -> bool:
        assert self._process is not None
        code = self._process.poll()
        assert code is None, f"the server ended with {code}\n{self.output()}"
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def running_server(
    *arguments: str, environ: Mapping[str, str], log: Path
) -> Iterator[ServerProcess]:
    """Yield a server that answers; it is stopped at the end if it still runs."""
    server = ServerProcess(*arguments, environ=environ, log=log)
    server.start()
    try:
        yield server
    finally:
        if server._process is not None and server._process.poll() is None:
            server.stop()
