"""A device's file, where each of its rows lies in it, and ways to damage it.

The places are found by writing each row as SQLite's format says and looking for these
bytes: without the SDK, whose reading is what is tested.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from client_sdk._storage import FILE_NAME

__all__ = ["DAMAGES", "Damage", "DeviceCopy", "Span"]

LOG_HEADER, FRAME_HEADER, PAGE = 32, 24, 1024
#: What of a longer row surely stands together on its page.
LOCAL = 100


class Span(NamedTuple):
    """Bytes of one of the two files."""

    file: str
    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        """Tell whether they share a byte."""
        is_same = self.file == other.file
        return is_same and self.start < other.end and other.start < self.end


class DeviceCopy:
    """The file as a process left it, with its log and the log's index; never changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content = {
            name: (folder / name).read_bytes() if (folder / name).exists() else b""
            for name in (FILE_NAME, FILE_NAME + "-wal")
        }
        index = folder / (FILE_NAME + "-shm")
        #: How far the log had come; it is never damaged.
        self.index = index.read_bytes() if index.exists() else b""

    @property
    def end_of_log(self) -> Span:
        """The last transaction of the log."""
        name = FILE_NAME + "-wal"
        log, size = self.content[name], FRAME_HEADER + PAGE
        known = [
            at
            for at in range(LOG_HEADER, len(log) - size + 1, size)
            if log[at + 8 : at + 16] == log[16:24]
        ]
        return Span(name, known[-1], len(log)) if known else Span(name, 0, 0)

    def rows(
        self, table: str, *, key: str | None = "rowid"
    ) -> dict[object, list[Span]]:
        """Return where each row lies as it was last written, by its first column of 16
        bytes, or its first column."""
        copy = self.folder / "reading"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for name, content in self.content.items():
            (copy / name).write_bytes(content)
        connection = sqlite3.connect(copy / FILE_NAME)
        try:
            columns = f"{key}, *" if key else "NULL, *"
            found = connection.execute(f"SELECT {columns} FROM {table}").fetchall()
            integer_key = table in ("pings", "device", "set_aside")
        finally:
            connection.close()
        places: dict[object, list[Span]] = {}
        for number, *values in found:
            row = next((v for v in values if isinstance(v, bytes)), values[0])
            record = _record([None, *values[1:]] if integer_key else values)
            prefix = _varint(len(record)) + (b"" if number is None else _varint(number))
            places[row] = list(self._places(prefix + record))
        return places

    def _places(self, cell: bytes) -> Iterator[Span]:
        """Yield where a cell was last written: as a whole, or its pieces of two pages."""
        whole = self._last(cell)
        if whole is not None:
            yield whole
            return
        local = max(n for n in range(LOCAL, len(cell)) if self._last(cell[:n]))
        # The number of the next page stands behind the first piece, and before the others.
        for piece, before, behind in (
            (cell[:local], 0, 4),
            *((one, 4, 0) for one in _pieces(cell[local:])),
        ):
            place = self._last(piece)
            assert place is not None, "a row is not where it should be"
            yield Span(place.file, place.start - before, place.end + behind)
            if place.file != FILE_NAME:
                # The log says before a page which one it is.
                frame = (place.start - LOG_HEADER) // (FRAME_HEADER + PAGE)
                start = LOG_HEADER + frame * (FRAME_HEADER + PAGE)
                yield Span(place.file, start, start + 4)

    def _last(self, sought: bytes) -> Span | None:
        log = self.content[FILE_NAME + "-wal"]
        size = FRAME_HEADER + PAGE
        salts = log[16:24]
        ends = range(LOG_HEADER + size, len(log) + 1, size)
        for end in reversed(ends):
            at = log.find(sought, end - PAGE, end)
            if at >= 0 and log[end - size + 8 : end - size + 16] == salts:
                return Span(FILE_NAME + "-wal", at, at + len(sought))
        at = self.content[FILE_NAME].find(sought)
        return Span(FILE_NAME, at, at + len(sought)) if at >= 0 else None


class Damage(NamedTuple):
    """What was done to which bytes."""

    kind: str
    span: Span

    def apply(self, source: DeviceCopy, folder: Path, random: Random) -> None:
        """Write the files into the folder with the damage done."""
        folder.mkdir()
        for name, content in source.content.items():
            if content or name == FILE_NAME:
                (folder / name).write_bytes(self._changed(name, content, random))
        if source.index:
            (folder / (FILE_NAME + "-shm")).write_bytes(source.index)

    def _changed(self, name: str, content: bytes, random: Random) -> bytes:
        if name != self.span.file:
            return content
        start, end = self.span.start, self.span.end
        if self.kind == "truncate":
            return content[:start]
        old = content[start:end]
        if self.kind == "zero header":
            new = bytes(len(old))
        elif self.kind == "byte":
            new = bytes([old[0] ^ random.randrange(1, 256)])
        else:
            new = random.randbytes(len(old))
        return content[:start] + new + content[end:]


def _any_byte(source: DeviceCopy, random: Random) -> Span:
    sizes = {name: len(content) for name, content in source.content.items()}
    at = random.randrange(sum(sizes.values()))
    for name, size in sizes.items():
        if at < size:
            return Span(name, at, at + 1)
        at -= size
    raise AssertionError("no byte was drawn")


def _some_bytes(source: DeviceCopy, random: Random) -> Span:
    name, at, _ = _any_byte(source, random)
    return Span(name, at, min(at + 16, len(source.content[name])))


def _page(source: DeviceCopy, random: Random) -> Span:
    name, at, _ = _any_byte(source, random)
    start = at // PAGE * PAGE
    return Span(name, start, min(start + PAGE, len(source.content[name])))


def _end(source: DeviceCopy, random: Random) -> Span:
    name, at, _ = _any_byte(source, random)
    return Span(name, at, len(source.content[name]))


def _header(source: DeviceCopy, random: Random) -> Span:
    return Span(FILE_NAME, 0, random.randrange(1, 101))


def _log(source: DeviceCopy, random: Random) -> Span:
    name = FILE_NAME + "-wal"
    size = len(source.content[name])
    return Span(name, random.randrange(size) if size else 0, size)


DAMAGES: dict[str, Callable[[DeviceCopy, Random], Span]] = {
    "byte": _any_byte,
    "16 bytes": _some_bytes,
    "page": _page,
    "truncate": _end,
    "zero header": _header,
    "garbage log": _log,
}


def _record(values: list[object]) -> bytes:
    """Return a row in SQLite's record format (section 2.1 of its file format)."""
    types, body = b"", b""
    for value in values:
        code, content = _encoded(value)
        types += _varint(code)
        body += content
    return _varint(len(types) + 1) + types + body


def _encoded(value: object) -> tuple[int, bytes]:
    if value is None:
        return 0, b""
    if isinstance(value, bytes):
        return 12 + 2 * len(value), value
    if isinstance(value, str):
        return 13 + 2 * len(value.encode()), value.encode()
    assert isinstance(value, int)
    if value in (0, 1):
        return 8 + value, b""
    for code, size in enumerate((1, 2, 3, 4, 6, 8), start=1):
        if -(1 << 8 * size - 1) <= value < 1 << 8 * size - 1:
            return code, value.to_bytes(size, "big", signed=True)
    raise AssertionError("no integer of ours is so large")


def _varint(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def _pieces(rest: bytes) -> Iterator[bytes]:
    """Yield what stands on each overflow page, behind the number of the next."""
    for at in range(0, len(rest), PAGE - 4):
        yield rest[at : at + PAGE - 4]
