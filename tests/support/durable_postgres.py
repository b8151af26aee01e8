"""A PostgreSQL that writes as in production, and that a test may kill and start again.

The fixture of :mod:`tests.support.postgres` does not wait for the disk; this one does.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from sync_server.db.embedded import start_embedded, stop_embedded

__all__ = ["DurablePostgres", "durable_postgres"]


class DurablePostgres:
    """A cluster of its own, with every setting that keeps data at its default."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = start_embedded(folder)

    def start(self) -> None:
        """Start again; returns when it takes connections, recovery included."""
        assert start_embedded(self.folder) == self.url

    def kill(self) -> None:
        """End the postmaster and all its children at once (SIGKILL)."""
        first_line = (self.folder / "postmaster.pid").read_text().split("\n", 1)[0]
        postmaster = psutil.Process(int(first_line))
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        _, alive = psutil.wait_procs(family, timeout=20)
        assert alive == []

    def stop(self) -> None:
        """Stop as an operator would."""
        stop_embedded(self.folder)


@contextmanager
def durable_postgres() -> Iterator[DurablePostgres]:
    """Yield a running one in a temporary folder on the disk."""
    # not under pytest's own folder: as root, PostgreSQL's user must reach it
    root = Path(tempfile.mkdtemp(prefix="kazi-durable-"))
    try:
        postgres = DurablePostgres(root / "postgres")
        yield postgres
        postgres.stop()
    finally:
        shutil.rmtree(root, ignore_errors=True)
