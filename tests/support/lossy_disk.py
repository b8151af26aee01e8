"""A disk that loses its power: what may be left of files that were not flushed.

What was flushed (fsync or fdatasync of that file) is there.  Of everything else each sector
may be there or not, whatever was written before or after it, in this file or another.
Assumed is what SQLite assumes of a disk:

- A sector is old or new, never a mixture, and writing it leaves its neighbours alone
  (SQLite's "powersafe overwrite").
- Names (files made, removed, renamed) reach the disk in their order, as the journals of
  ext4, F2FS and APFS keep it, and surely once the folder is flushed.  The flush of a file
  is not taken to save its name.  The folder itself is there: an app's folder is older
  than the SDK's file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from itertools import count
from random import Random
from typing import NamedTuple

from tests.support.disk_operations import (
    FOLDER,
    Created,
    Flushed,
    Operation,
    Removed,
    Renamed,
    Resized,
    Written,
)

__all__ = ["LOSSES", "SECTOR_BYTES", "Crash", "Files", "Loss"]

#: The sectors of old and of new disks.
SECTOR_BYTES = (512, 4096)

#: What the folder holds, by name.
Files = dict[str, bytes]
_Naming = Created | Removed | Renamed


class _Fate(Enum):
    KEPT = "kept"
    LOST = "lost"
    #: The file has grown, but what was to stand there does not: there is what the disk
    #: had there before.
    GARBLED = "garbled"


class _Piece(NamedTuple):
    """What reaches the disk at once or not at all: a part of a sector, or a new size."""

    file: int
    offset: int
    data: bytes | None


Loss = Callable[[Random, Sequence[_Piece]], list[_Fate]]


def _all_lost(_draw: Random, pieces: Sequence[_Piece]) -> list[_Fate]:
    return [_Fate.LOST] * len(pieces)


def _all_kept(_draw: Random, pieces: Sequence[_Piece]) -> list[_Fate]:
    return [_Fate.KEPT] * len(pieces)


def _cut(draw: Random, pieces: Sequence[_Piece]) -> list[_Fate]:
    """In order, up to somewhere in the midst of a write."""
    end = draw.randint(0, len(pieces))
    return [_Fate.KEPT if i < end else _Fate.LOST for i in range(len(pieces))]


def _late_first(draw: Random, pieces: Sequence[_Piece]) -> list[_Fate]:
    """In the opposite order: the last writes, without those before them."""
    return _cut(draw, pieces)[::-1]


def _one_file(draw: Random, pieces: Sequence[_Piece]) -> list[_Fate]:
    """All of one file, nothing of the others."""
    kept = draw.choice(sorted({piece.file for piece in pieces} or {0}))
    return [_Fate.KEPT if piece.file == kept else _Fate.LOST for piece in pieces]


def _scattered(draw: Random, pieces: Sequence[_Piece]) -> list[_Fate]:
    """Each as it happens, with odds that differ from one loss to the next."""
    odds = draw.random()
    weights = [odds, 1 - odds, 0.1]
    return draw.choices(list(_Fate), weights, k=len(pieces))


#: The ways to lose what was not flushed, by name.
LOSSES: dict[str, Loss] = {
    "all lost": _all_lost,
    "all kept": _all_kept,
    "cut": _cut,
    "late first": _late_first,
    "one file": _one_file,
    "scattered": _scattered,
}


class Crash:
    """The power goes after the first so many of the operations."""

    def __init__(self, operations: Sequence[Operation], *, sector_bytes: int) -> None:
        self._sector_bytes = sector_bytes
        #: What is on the disk for certain: the names of files, and their bytes by number.
        self._names: dict[str, int] = {}
        self._contents: dict[int, bytearray] = {}
        self._unflushed_names: list[tuple[_Naming, int]] = []
        self._unflushed: list[_Piece] = []
        self._replay(operations)

    def files(self, loss: str, draw: Random) -> Files:
        """Return what the folder may hold when the power is back."""
        fates = LOSSES[loss](draw, self._unflushed)
        contents = {file: bytearray(data) for file, data in self._contents.items()}
        for piece, fate in zip(self._unflushed, fates, strict=True):
            _settle(contents[piece.file], piece, fate, draw)
        names = dict(self._names)
        for naming, file in self._unflushed_names[: self._named(loss, draw)]:
            _rename(names, naming, file)
        return {name: bytes(contents[file]) for name, file in names.items()}

    def _named(self, loss: str, draw: Random) -> int:
        most = len(self._unflushed_names)
        certain = {"all lost": 0, "all kept": most}
        return certain[loss] if loss in certain else draw.randint(0, most)

    def _replay(self, operations: Sequence[Operation]) -> None:
        """Sort what was done into what is flushed and what is not."""
        files = _files_of(operations)
        flushed: dict[int, int] = {}
        for operation, file in zip(operations, files, strict=True):
            if isinstance(operation, Flushed):
                flushed[file] = max(operation.began, flushed.get(file, 0))
        for at, (operation, file) in enumerate(zip(operations, files, strict=True)):
            if isinstance(operation, _Naming):
                self._name(operation, file, is_flushed=at < flushed.get(_FOLDER, 0))
            elif isinstance(operation, Written | Resized):
                self._write(operation, file, is_flushed=at < flushed.get(file, 0))

    def _name(self, naming: _Naming, file: int, *, is_flushed: bool) -> None:
        self._contents.setdefault(file, bytearray())
        if is_flushed:
            _rename(self._names, naming, file)
        else:
            self._unflushed_names.append((naming, file))

    def _write(self, write: Written | Resized, file: int, *, is_flushed: bool) -> None:
        pieces = _pieces(write, file, self._sector_bytes)
        if not is_flushed:
            self._unflushed += pieces
            return
        for piece in pieces:
            _apply(self._contents[file], piece, piece.data)


#: The number of the folder, as a file.
_FOLDER = 0


def _files_of(operations: Sequence[Operation]) -> list[int]:
    """Return which file each operation is about: a name may be given anew."""
    numbers = count(_FOLDER + 1)
    names = {FOLDER: _FOLDER}
    files = []
    for operation in operations:
        if isinstance(operation, Created):
            names[operation.name] = next(numbers)
        file = names.get(getattr(operation, "name", FOLDER), _FOLDER)
        files.append(file)
        if isinstance(operation, Removed | Renamed):
            _rename(names, operation, file)
    return files


def _rename(names: dict[str, int], naming: _Naming, file: int) -> None:
    if isinstance(naming, Created):
        names[naming.name] = file
        return
    names.pop(naming.name, None)
    if isinstance(naming, Renamed):
        names[naming.new_name] = file


def _pieces(write: Written | Resized, file: int, sector_bytes: int) -> list[_Piece]:
    if isinstance(write, Resized):
        return [_Piece(file, write.size, None)]
    pieces = []
    begin, end = write.offset, write.offset + len(write.data)
    while begin < end:
        stop = min(end, (begin // sector_bytes + 1) * sector_bytes)
        data = write.data[begin - write.offset : stop - write.offset]
        pieces.append(_Piece(file, begin, data))
        begin = stop
    return pieces


def _settle(content: bytearray, piece: _Piece, fate: _Fate, draw: Random) -> None:
    if fate is _Fate.KEPT:
        _apply(content, piece, piece.data)
    elif fate is _Fate.GARBLED and piece.data and piece.offset >= len(content):
        _apply(content, piece, draw.randbytes(len(piece.data)))


def _apply(content: bytearray, piece: _Piece, data: bytes | None) -> None:
    if data is None:
        del content[piece.offset :]
    content.extend(bytes(max(0, piece.offset - len(content))))
    if data is not None:
        content[piece.offset : piece.offset + len(data)] = data
