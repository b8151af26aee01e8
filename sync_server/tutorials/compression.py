"""gzip of a text whose long beginning is always the same and whose end is not.  Pure."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

__all__ = ["GzipHead"]

#: RFC 1952: magic number, deflate, no flags, no time, best compression, unknown system.
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
#: RFC 1951 section 3.2.4: the last block, stored as it is; padded to a byte.
_LAST_STORED = b"\x01"
_MAX_STORED = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class GzipHead:
    """The compressed beginning, made once; each end costs a checksum over itself.

    The beginning ends on a byte (a sync flush), so that an uncompressed block can follow:
    all in one member, which every client reads.
    """

    compressed: bytes
    checksum: int
    length: int

    @classmethod
    def of(cls, head: bytes) -> GzipHead:
        """Compress a beginning as well as zlib can."""
        deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        body = deflate.compress(head) + deflate.flush(zlib.Z_SYNC_FLUSH)
        return cls(
            compressed=_HEADER + body, checksum=zlib.crc32(head), length=len(head)
        )

    def finish(self, tail: bytes) -> bytes:
        """Return the whole as gzip; the end has at most 65,535 bytes."""
        size = len(tail)
        return b"".join(
            (
                self.compressed,
                _LAST_STORED,
                struct.pack("<HH", size, size ^ _MAX_STORED),
                tail,
                struct.pack(
                    "<II",
                    zlib.crc32(tail, self.checksum),
                    (self.length + size) & 0xFFFFFFFF,
                ),
            )
        )
