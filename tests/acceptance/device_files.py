"""A device's files, opened as the SDK does when an app starts."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from client_sdk import Durability
from client_sdk._storage import Storage
from tests.support.lossy_disk import Files

__all__ = ["Contents", "Row", "contents_of", "put"]

#: A file system in memory: what is replayed need not be flushed once more.
MEMORY = Path("/dev/shm")


class Row(NamedTuple):
    """A queued ping: what is compared by itself, and all of its columns."""

    seq: int
    event_id: bytes
    name: str
    values: tuple[object, ...]


class Contents(NamedTuple):
    """What the SDK finds: what is wrong with the file, or its queue, oldest first."""

    trouble: str | None
    rows: tuple[Row, ...] = ()
    #: The number after which the next ping's follows.
    last_seq: int = 0


def put(files: Files, folder: Path) -> None:
    """Write files into a folder, as of a time before the machine was switched on again."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
        os.utime(folder / name, (0, 0))


def contents_of(files: Files, durability: Durability) -> Contents:
    """Open a folder with these files, and read what the SDK finds in it."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        put(files, Path(folder))
        return _open(Path(folder), durability)


def _open(folder: Path, durability: Durability) -> Contents:
    storage = Storage.open(folder, durability)
    try:
        trouble = storage.trouble or _damage(folder, storage)
        return Contents(trouble) if trouble else _read(storage)
    except sqlite3.Error as exc:
        return Contents(f"the file cannot be read: {exc}")
    finally:
        storage.close()


def _damage(folder: Path, storage: Storage) -> str | None:
    aside = [path.name for path in folder.iterdir() if ".corrupt-" in path.name]
    if aside:
        return f"the SDK set the file aside as {aside}"
    ((verdict, *_), *_) = storage.foreground.execute("PRAGMA integrity_check")
    return None if verdict == "ok" else str(verdict)


def _read(storage: Storage) -> Contents:
    table = storage.foreground.execute("PRAGMA table_info(pings)")
    columns = [name for _, name, *_ in table]
    found = storage.foreground.execute("SELECT * FROM pings ORDER BY seq")
    pings = [dict(zip(columns, values, strict=True)) for values in found]
    # A row without an id is no event: it keeps the last number.
    rows = tuple(_row(ping) for ping in pings if ping["event_id"])
    return Contents(None, rows, pings[-1]["seq"] if pings else 0)


def _row(ping: dict[str, object]) -> Row:
    seq, event_id = ping["seq"], ping["event_id"]
    assert isinstance(seq, int)
    assert isinstance(event_id, bytes)
    name = f"{ping['step_id']}:{ping['status']}"
    return Row(seq, event_id, name, tuple(ping.values()))
