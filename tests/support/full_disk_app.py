"""An app whose disk fills up: ``python -m tests.support.full_disk_app FOLDER WHAT HOW``.

It runs in a child process, on a small disk of its own where the system lets one have it.
``HOW`` is ``disk``, or ``max_page_count`` where SQLite's own limit plays the full disk.
Prints what happened as one JSON object.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from client_sdk import TutorialClient
from client_sdk.contracts import routes
from client_sdk.testing import TEST_CONFIG, FakeServer

QUIET = replace(TEST_CONFIG, flush_at=100_000)
BALLAST = 128 * 1024


class Disk:
    """The app's disk, which can be filled and freed."""

    def __init__(self, folder: Path, client: TutorialClient, how: str) -> None:
        self._ballast = folder / "ballast"
        self._client = client
        self._is_limit = how == "max_page_count"

    def fill(self) -> None:
        """Leave no byte free."""
        if self._is_limit:
            self._limit(1)
            return
        with self._ballast.open("ab", buffering=0) as file:
            for size in (64 * 1024, 4096, 1):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        """Remove what fills it."""
        if self._is_limit:
            self._limit(1_000_000)
        self._ballast.unlink(missing_ok=True)

    def _limit(self, pages: int) -> None:
        storage = self._client._core.storage
        for database in (storage.foreground, storage.background):
            database.execute(f"PRAGMA max_page_count = {pages}")


def ping(client: TutorialClient, name: str) -> None:
    """Report one step."""
    client.ping("welcome-tour", name, "started")


def fill_up(folder: Path, how: str) -> dict[str, Any]:
    """Ping until the disk is full and on, then have it freed."""
    server = FakeServer()
    server.online = False
    client = TutorialClient(
        "http://kazi.invalid", storage_dir=folder, transport=server, config=QUIET
    )
    disk = Disk(folder, client, how)
    ping(client, "first")
    client.flush(timeout_seconds=10)
    if how == "disk":
        (folder / "ballast").write_bytes(bytes(BALLAST))
    else:
        disk.fill()
    count = 1
    while client.status().held < 300 and count < 20_000:
        ping(client, f"step-{count}")
        count += 1
    client.submit_survey("welcome-tour", nps=7)
    full = client.status()
    offline = client.flush(timeout_seconds=10)
    server.online = True
    client.flush(timeout_seconds=10)
    tight = len(server.pings)
    disk.free()
    ping(client, "last")
    freed = client.flush(timeout_seconds=10)
    status = client.status()
    client.close()
    return {
        "pinged": [f"step-{number}" for number in range(1, count)],
        "stored_when_full": full.queued_pings,
        "trouble": full.storage_trouble,
        "dropped": status.dropped,
        "held": status.held,
        "offline": offline.error,
        "arrived_while_full": tight,
        "arrived": [one["stepId"] for one in server.pings],
        "answers": len(server.surveys),
        "remaining": freed.remaining,
        "queued": status.queued,
    }


def deliver(folder: Path, how: str) -> dict[str, Any]:
    """Deliver what waits while the disk is full, and stays so."""
    server = FakeServer()
    client = TutorialClient(
        "http://kazi.invalid", storage_dir=folder, transport=server, config=QUIET
    )
    disk = Disk(folder, client, how)
    client.flush(timeout_seconds=10)
    for number in range(900):
        ping(client, f"step-{number}")
    disk.fill()
    ping(client, "refused or not")
    client.flush(timeout_seconds=30)
    # What the file refused goes where the rows that were sent have been.
    result = client.flush(timeout_seconds=30)
    requests = len(server.requests_to(routes.STEPS))
    status = client.status()
    client.close()
    return {
        "arrived": [one["stepId"] for one in server.pings],
        "requests": requests,
        "remaining": result.remaining,
        "error": result.error,
        "queued": status.queued,
        "sent": status.sent,
        "dropped": status.dropped,
    }


if __name__ == "__main__":
    work = {"fill_up": fill_up, "deliver": deliver}[sys.argv[2]]
    sys.stdout.write(json.dumps(work(Path(sys.argv[1]), sys.argv[3])))
