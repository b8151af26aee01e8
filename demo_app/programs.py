"""The two programs of the demo, server and app, as processes of their own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

__all__ = ["App", "Program", "ProgramError", "Server", "free_port"]

START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 15.0


class ProgramError(RuntimeError):
    """A program does not do what it is there for; the message has its last words."""


def free_port() -> int:
    """Return a TCP port of this machine that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _environment(**changes: str) -> dict[str, str]:
    """Return ours without the settings of another server, and with the changes."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KAZI_")}
    return {**kept, **changes}


class Program:
    """One process group, with its output in a file."""

    def __init__(self, *arguments: str, log: Path, environment: dict[str, str]) -> None:
        self._arguments = [sys.executable, "-m", *arguments]
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self.log = log

    def start(self) -> None:
        """Start the process as the leader of its own group."""
        self._output = self.log.open("ab")
        self._process = subprocess.Popen(  # noqa: S603
            self._arguments,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def is_alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def wait(self) -> int:
        """Wait until the process has ended by itself; return its exit code."""
        return self._process.wait() if self._process else 0

    def kill(self) -> None:
        """End the whole group at once, without a word to it (SIGKILL)."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the process to end, and end it if it does not."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_TIMEOUT_SECONDS)
        self._end(signal.SIGKILL)

    def last_words(self, lines: int = 25) -> str:
        """Return the end of what the program wrote."""
        if not self.log.exists():
            return ""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            # the group outlives its leader where a worker hangs
            os.killpg(process.pid, number)
        process.wait()
        if self._output is not None:
            self._output.close()


class Server(Program):
    """``kazi-server serve --demo`` with an embedded PostgreSQL.

    ``data`` is the folder of its data, None for the server's own choice.
    """

    def __init__(self, data: Path | None, *, port: int, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        chosen = {"KAZI_DATA_DIR": str(data)} if data else {}
        super().__init__(
            *("sync_server", "serve", "--demo", "--port", str(port)),
            log=log,
            environment=_environment(**chosen),
        )

    def wait_until_ready(self) -> None:
        """Wait until the server says that it can work; ProgramError if it ends first."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self._answers("/readyz"):
            if not self.is_alive or time.monotonic() > deadline:
                raise ProgramError(f"the server did not start:\n{self.last_words()}")
            time.sleep(0.05)

    def wait_until_gone(self) -> None:
        """Make sure that nobody listens any more: a connection must be refused."""
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            except ConnectionRefusedError:
                return
            except OSError:
                pass
            time.sleep(0.02)
        raise ProgramError(f"something still answers on port {self._port}")

    def _answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(self.url + path, timeout=2) as answer:  # noqa: S310
                return int(answer.status) == 200
        except (OSError, urllib.error.URLError):
            return False


class App(Program):
    """``python -m demo_app``; further environment variables as keyword arguments."""

    def __init__(
        self, storage: Path, *, server: str, log: Path, **variables: str
    ) -> None:
        super().__init__(
            *("demo_app", "--server", server, "--storage", str(storage)),
            log=log,
            environment=_environment(KIVY_NO_FILELOG="1", **variables),
        )
