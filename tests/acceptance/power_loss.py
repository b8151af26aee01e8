"""The proof by power loss: an app's writes are recorded, and cut after each of them.

``python -m tests.acceptance.power_loss`` cuts after every single operation; the tests in
test_power_loss.py take all the flushes and some of the others.
"""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import UUID

from client_sdk import Durability
from tests.acceptance.device_files import Contents, Row, contents_of
from tests.support.disk_operations import Flushed, Operation, Said
from tests.support.disk_trace import record
from tests.support.lossy_disk import LOSSES, SECTOR_BYTES, Crash, Files

__all__ = ["Checker", "Fault", "History", "all_points", "record_app", "some_points"]

APP = Path(__file__).parent / "pinging_app.py"
SEED = 20261125


def record_app(storage: Path, durability: Durability, *options: str) -> list[Operation]:
    """Return all that the app of pinging_app.py does to its folder."""
    command = [sys.executable, str(APP), str(storage), durability.value, *options]
    environ = {**os.environ, "PYTHONPATH": str(APP.parents[2])}
    return record(command, storage, environ=environ)


def all_points(operations: Sequence[Operation]) -> list[int]:
    """Return every length that a prefix of the operations may have."""
    return list(range(len(operations) + 1))


def some_points(operations: Sequence[Operation], sample: int) -> list[int]:
    """Return the prefixes around every flush, and so many of the others."""
    flushes = [i for i, one in enumerate(operations) if isinstance(one, Flushed)]
    around = {point for i in flushes for point in (i, i + 1)}
    others = sorted(set(all_points(operations)) - around)
    draw = Random(SEED)
    return sorted(around.union(draw.sample(others, min(sample, len(others)))))


class Stored(NamedTuple):
    """An event as the server has it."""

    seq: int
    event_id: bytes
    name: str


class History:
    """What had been said when the power went."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        #: Names of the events whose calls had returned, in order.
        self.promised: list[str] = []
        self.stored: list[Stored] = []
        #: How many of the promised were promised before the last flush of the log began,
        #: and before the last sync ended.
        self.flushed = self.synced = 0
        promised_by = [0]
        for operation in operations:
            if isinstance(operation, Said):
                self._hear(operation.text.split())
            elif isinstance(operation, Flushed) and operation.name.endswith("-wal"):
                self.flushed = promised_by[operation.began]
            promised_by.append(len(self.promised))

    def promised_by(self, durability: Durability) -> list[str]:
        """Return the names of the events that must survive the loss of power."""
        if durability is Durability.POWER_LOSS:
            return self.promised
        return self.promised[: max(self.flushed, self.synced)]

    def _hear(self, words: Sequence[str]) -> None:
        if words[0] == "promised":
            self.promised += words[1:]
        elif words[0] == "stored":
            self.stored.append(Stored(int(words[1]), UUID(words[2]).bytes, words[3]))
        elif words[0] == "synced":
            self.synced = len(self.promised)


class Fault(NamedTuple):
    """A broken promise: which, after how many operations, and how the rest was lost."""

    kind: str
    point: int
    loss: str
    detail: str


class _Aftermath(NamedTuple):
    """A crash, what had been said before it, and what is found after it."""

    point: int
    loss: str
    history: History
    found: Contents


class Checker:
    """Cuts one app's operations and checks what is left against what was said.

    ``power_loss`` promises every event whose call has returned.  ``process`` promises those
    before the last flush of the log, and with it all before the last sync that ended,
    online or not: what is lost beyond is the end of the queue, never its middle.
    """

    def __init__(self, operations: Sequence[Operation], durability: Durability) -> None:
        self._operations = operations
        self._durability = durability
        self._order = History(operations).promised
        self._seen: dict[bytes, Contents] = {}
        self._crashed: dict[int, list[_Aftermath]] = {}
        self._written = self._written_rows()

    @property
    def distinct(self) -> int:
        """How many different folders were looked at."""
        return len(self._seen)

    def faults(
        self, points: Iterable[int], promise: Durability | None = None
    ) -> list[Fault]:
        """Return what is broken of a promise, the app's own one, by crashes at points."""
        return [
            Fault(kind, point, loss, detail)
            for point, loss, history, found in self._crashes(points)
            for kind, detail in self._compare(
                history, found, promise or self._durability
            )
        ]

    def renumbered(self, points: Iterable[int]) -> list[tuple[int, str]]:
        """Return the crashes after which a ping gets a number that the server knows."""
        return [
            (point, loss)
            for point, loss, history, found in self._crashes(points)
            if found.last_seq < max((one.seq for one in history.stored), default=0)
        ]

    def files_after(self, point: int, loss: str) -> Files:
        """Return what a crash leaves; always the same for the same arguments."""
        return self._crash(point).files(loss, Random(f"{SEED} {point} {loss}"))

    def _crash(self, point: int) -> Crash:
        sector_bytes = SECTOR_BYTES[point % len(SECTOR_BYTES)]
        return Crash(self._operations[:point], sector_bytes=sector_bytes)

    def _crashes(self, points: Iterable[int]) -> Iterator[_Aftermath]:
        for point in points:
            if point not in self._crashed:
                self._crashed[point] = list(self._crash_at(point))
            yield from self._crashed[point]

    def _crash_at(self, point: int) -> Iterator[_Aftermath]:
        history, crash = History(self._operations[:point]), self._crash(point)
        for loss in LOSSES:
            files = crash.files(loss, Random(f"{SEED} {point} {loss}"))
            yield _Aftermath(point, loss, history, self._open(files))

    def _compare(
        self, history: History, found: Contents, promise: Durability
    ) -> Iterator[tuple[str, str]]:
        if found.trouble is not None:
            yield "corrupt", found.trouble
            return
        for row in found.rows:
            if self._written.get(row.event_id) != row:
                yield "changed", f"{row.name} is not as it was written"
        queued = [row.name for row in found.rows]
        known = {*queued, *(event.name for event in history.stored)}
        first = self._order[: len(known)]
        if set(first) != known or queued != [
            one for one in first if one in set(queued)
        ]:
            yield "hole", f"{sorted(known)} are not the first events in their order"
        lost = [one for one in history.promised_by(promise) if one not in known]
        if lost:
            yield "lost", f"{lost[0]} and {len(lost) - 1} more"

    def _written_rows(self) -> dict[bytes, Row]:
        """Return every row as it stood in the file when it was promised."""
        points = [i for i, one in enumerate(self._operations) if isinstance(one, Said)]
        found = (self._open(self.files_after(i, "all kept")) for i in points)
        return {row.event_id: row for contents in found for row in contents.rows}

    def _open(self, files: Files) -> Contents:
        digest = sha256(repr(sorted(files.items())).encode()).digest()
        if digest not in self._seen:
            self._seen[digest] = contents_of(files, self._durability)
        return self._seen[digest]


def main() -> None:
    """Cut after every operation of every kind of app; AssertionError if a promise breaks."""
    logging.disable(logging.ERROR)  # the SDK tells of every damaged file
    for durability, *options in (
        (Durability.POWER_LOSS,),
        (Durability.PROCESS,),
        (Durability.PROCESS, "--never-flush"),
    ):
        with TemporaryDirectory() as folder:
            operations = record_app(Path(folder) / "device", durability, *options)
        checker = Checker(operations, durability)
        points = all_points(operations)
        faults = checker.faults(points)
        print(  # noqa: T201 - what the caller reads
            f"{durability.value} {' '.join(options)}: {len(operations)} operations,"
            f" {len(points) * len(LOSSES)} crashes,"
            f" {checker.distinct} different folders,"
            f" faults {dict(Counter(fault.kind for fault in faults))},"
            f" numbers to be given twice after {len(checker.renumbered(points))}"
        )
        assert bool(faults) == ("--never-flush" in options), faults[:5]


if __name__ == "__main__":
    main()
