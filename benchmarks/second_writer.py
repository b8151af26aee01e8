"""Another process that writes into the same file, as an Android service does."""

from __future__ import annotations

import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.latency import Call
from benchmarks.writers import WRITERS
from client_sdk import Durability

__all__ = ["WRITES_PER_SECOND", "second_writer"]

ROOT = Path(__file__).parents[1]
#: The same for ours and for the raw insert; each writes in its own way.
WRITES_PER_SECOND = 200


@contextmanager
def second_writer(name: str, folder: Path, durability: Durability) -> Iterator[None]:
    """Have a second process write as ``name`` does until the block ends.

    RuntimeError if it failed, or wrote nothing while the block ran.
    """
    arguments = [name, str(folder), durability.value]
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.second_writer", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        if process.stdout is None or process.stdout.readline() != "writing\n":
            raise RuntimeError("the second writer does not start")
        yield
        output, _ = process.communicate()
        if process.returncode or int(output) == 0:
            raise RuntimeError(f"the second writer wrote {output or 'nothing'}")


def main(name: str, folder: str, durability: str) -> None:
    """Write until the standard input is closed, then print how often."""
    with WRITERS[name](Path(folder), Durability(durability)) as call:
        call()
        print("writing", flush=True)
        print(_write_steadily(call))


def _write_steadily(call: Call) -> int:
    written = 0
    due = time.monotonic()
    while not select.select([sys.stdin], [], [], max(due - time.monotonic(), 0.0))[0]:
        call()
        written += 1
        due += 1 / WRITES_PER_SECOND
    return written


if __name__ == "__main__":
    main(*sys.argv[1:])
