"""SQLite's write-ahead log, read without SQLite: which frames are whole, and which not.

SQLite reads it up to the first byte that changed, takes that for the end, and writes over
what follows.  The format is section 4 of https://sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

__all__ = [
    "Frame",
    "add_checksum",
    "all_frames",
    "ended_frames",
    "page_bytes_of_log",
    "readable_end",
    "salts_of_log",
]

HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
MAGIC = 0x377F0682
PAGE_SIZES = tuple(2**power for power in range(9, 17))
_MASK = 0xFFFFFFFF


class Frame(NamedTuple):
    """One page as a transaction left it."""

    page_number: int
    image: bytes
    #: Whether it is the last one of its transaction.
    is_commit: bool
    #: Whether its checksum fits: no byte of it has changed.
    is_whole: bool


class _Header(NamedTuple):
    """What the log says of itself; a log begun anew draws other salts."""

    words: str
    page_bytes: int
    salts: bytes
    #: The checksum that the first frame's goes on from; None where it cannot be known.
    seed: tuple[int, int] | None


def all_frames(log: bytes) -> list[Frame]:
    """Return the frames of the log's present use."""
    header = _read_header(log)
    if header is None:
        return []
    size = FRAME_HEADER_BYTES + header.page_bytes
    # The last one may be cut off.
    starts = range(HEADER_BYTES, len(log) - FRAME_HEADER_BYTES, size)
    # What lies behind the last one with these salts is left of an earlier use.
    known = [n for n, at in enumerate(starts) if log[at + 8 : at + 16] == header.salts]
    frames, seed = [], header.seed or (0, 0)
    for start in starts[: known[-1] + 1] if known else ():
        number, pages, salts, first, second = struct.unpack_from(">II8sII", log, start)
        image = log[start + FRAME_HEADER_BYTES : start + size]
        is_whole = (
            # Where the header has changed, it may all be of an earlier use.
            header.seed is not None
            and salts == header.salts
            and len(image) == header.page_bytes
            and add_checksum(header.words, log[start : start + 8] + image, seed)
            == (first, second)
        )
        frames.append(Frame(number, image, pages != 0, is_whole))
        seed = (first, second)
    return frames


def ended_frames(frames: list[Frame]) -> list[Frame]:
    """Return the frames up to the last commit: others are of no transaction that ended."""
    ends = [number for number, frame in enumerate(frames, 1) if frame.is_commit]
    return frames[: ends[-1]] if ends else []


def readable_end(frames: list[Frame]) -> int:
    """Return how many frames SQLite reads: up to the last commit before a fault."""
    end = 0
    for number, frame in enumerate(frames):
        if not frame.is_whole:
            break
        if frame.is_commit:
            end = number + 1
    return end


def page_bytes_of_log(log: bytes) -> int | None:
    """Return the size of a page; None where there is no log to tell it."""
    header = _read_header(log)
    return header.page_bytes if header else None


def salts_of_log(log: bytes) -> bytes | None:
    """Return what names the log's present use; None where there is no log to tell it."""
    header = _read_header(log)
    return header.salts if header else None


def add_checksum(words: str, content: bytes, seed: tuple[int, int]) -> tuple[int, int]:
    """Return the checksum of what follows on what has the checksum ``seed``.

    ``words`` is the order of bytes, ``<`` or ``>``.
    """
    first, second = seed
    numbers = iter(struct.unpack(f"{words}{len(content) // 4}I", content))
    for one, other in zip(numbers, numbers, strict=True):
        first = (first + one + second) & _MASK
        second = (second + other + first) & _MASK
    return first, second


def _read_header(log: bytes) -> _Header | None:
    """Return the header, guessed from the first frame where it has changed."""
    if len(log) < HEADER_BYTES + FRAME_HEADER_BYTES:
        return None
    magic, _, page_bytes, *_, first, second = struct.unpack_from(">8I", log)
    words = ">" if magic & 1 else "<"
    is_whole = magic & ~1 == MAGIC and page_bytes in PAGE_SIZES
    if is_whole and add_checksum(words, log[:24], (0, 0)) == (first, second):
        return _Header(words, page_bytes, log[16:24], (first, second))
    return _guessed_header(log)


def _guessed_header(log: bytes) -> _Header:
    """Return what the frames say of a log whose header has changed.

    Those of its present use come first, and all of them have the same salts.
    """
    found = [(list(_repeated_salts(log, size)), size) for size in PAGE_SIZES]
    repeated, size = max(found, key=lambda one: len(one[0]))
    salts = repeated[0] if repeated else log[HEADER_BYTES + 8 : HEADER_BYTES + 16]
    return _Header("<", size if repeated else 1024, salts, None)


def _repeated_salts(log: bytes, page_bytes: int) -> Iterator[bytes]:
    step = FRAME_HEADER_BYTES + page_bytes
    for at in range(HEADER_BYTES + 8, len(log) - step - 8, step):
        if log[at : at + 8] == log[at + step : at + step + 8]:
            yield log[at : at + 8]
