"""An app as a process of its own, which promises events until it is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.server_process import wait_until

__all__ = ["KillableApp", "running_app"]

ROOT = Path(__file__).parents[2]


class KillableApp:
    """The child process, and what it has promised.

    A promise is a line that the child prints after the call that stored an event has
    returned: ``KIND NUMBER``, which stands for the numbers before it too, or ``KIND NAME``.
    """

    def __init__(self, script: Path, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(script), *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        #: The number that was promised last, by kind.
        self.numbers: Counter[str] = Counter()
        #: The names that were promised, by kind.
        self.names: defaultdict[str, list[str]] = defaultdict(list)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            # A kill may cut the last line short: what was not said whole does not count.
            if line.endswith("\n"):
                kind, what = line.split()
                if what.isdecimal():
                    self.numbers[kind] = int(what)
                else:
                    self.names[kind].append(what)

    def wait_for(self, kind: str, number: int, *, timeout_seconds: float = 60) -> None:
        """Return when the app has promised that number."""

        def is_there() -> bool:
            code = self.process.poll()
            assert code is None, f"the app ended with {code}"
            return self.numbers[kind] >= number

        what = f"the app gets to {number}"
        wait_until(is_there, timeout_seconds=timeout_seconds, what=what)

    def kill(self) -> None:
        """Kill with SIGKILL; afterwards everything that was said has been heard."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def running_app(script: Path, *arguments: object) -> Iterator[KillableApp]:
    """Yield a script that runs with the arguments; it is killed at the end."""
    app = KillableApp(script, *arguments)
    try:
        yield app
    finally:
        app.kill()
