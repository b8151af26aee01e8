"""The pages of a SQLite file and its write-ahead log, read without SQLite.

The format is sections 1 and 1.5 of https://sqlite.org/fileformat2.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

from client_sdk._write_log import (
    PAGE_SIZES,
    all_frames,
    ended_frames,
    page_bytes_of_log,
)

__all__ = ["PageImages", "read_images"]

MAGIC = b"SQLite format 3\x00"
#: What files of this and of the first version of the SDK have, the larger one last: it
#: also finds rows of smaller pages.
OUR_PAGE_SIZES = (1024, 4096)


class PageImages:
    """Every page as it was last written, and what may be newer but has changed since.

    A file that is damaged has some pages in several states.  The last one whose checksum
    fits counts; the file itself has no checksums.  Pages that are free are left out, for
    what they hold was deleted, unless they were written since: a damaged tree may have
    led a new row to one of them.
    """

    def __init__(self, content: bytes, log: bytes, page_bytes: int) -> None:
        self.page_bytes = page_bytes
        #: Tells whether somebody has written since another one was read of the same file.
        self.fingerprint = crc32(log, crc32(content))
        self.current = {
            number + 1: content[at : at + page_bytes]
            for number, at in enumerate(range(0, len(content), page_bytes))
        }
        self.doubtful: list[bytes] = []
        #: What a page may be if its newest image has changed only where it does not count.
        self.newest = dict(self.current)
        is_fitting = page_bytes_of_log(log) == page_bytes
        frames = ended_frames(all_frames(log)) if is_fitting else []
        for frame in frames:
            self.newest[frame.page_number] = frame.image
            if frame.is_whole:
                self.current[frame.page_number] = frame.image
            else:
                self.doubtful.append(frame.image)
        written = {frame.page_number for frame in frames}
        self._free = set(self._free_pages()) - written

    def __iter__(self) -> Iterator[bytes]:
        """Yield the images in which rows may be, the best ones first."""
        for number in sorted(self.current.keys() - self._free):
            yield self.current[number]
        yield from self.doubtful

    def _free_pages(self) -> Iterator[int]:
        """Walk the list of free pages (section 1.5), as far as it makes sense."""
        trunk, count = self._numbers(1, 32, 2)
        for _ in range(count):
            trunk_page = trunk
            trunk, leaves = self._numbers(trunk_page, 0, 2)
            if not 0 <= leaves <= self.page_bytes // 4 - 2:
                return
            if trunk_page:
                yield trunk_page
            yield from self._numbers(trunk_page, 8, leaves)
            if not trunk:
                return

    def _numbers(self, page: int, start: int, count: int) -> list[int]:
        image = self.current.get(page, b"").ljust(start + 4 * count, b"\0")
        return [
            int.from_bytes(image[at : at + 4], "big")
            for at in range(start, start + 4 * count, 4)
        ]


def read_images(file: Path, log: Path) -> list[PageImages]:
    """Return the pages of a file; twice where nothing tells how large they are.

    OSError if the file cannot be read.
    """
    content = file.read_bytes() if file.is_file() else b""
    logged = log.read_bytes() if log.is_file() else b""
    told = page_bytes_of_log(logged) or _page_bytes(content)
    sizes = (told,) if told else OUR_PAGE_SIZES
    return [PageImages(content, logged, size) for size in sizes]


def _page_bytes(content: bytes) -> int | None:
    size = int.from_bytes(content[16:18], "big")
    size = 65536 if size == 1 else size
    return size if content.startswith(MAGIC) and size in PAGE_SIZES else None
