"""Space on the disk that is kept for the day when there is none."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

__all__ = ["Reserve"]

#: As much as the file may grow by when the log of 1,000 events moves into it.
RESERVE_BYTES = 256 * 1024
#: The reserve is made where the disk has so many times its size: it must not be what
#: fills the disk.
MIN_FREE = 4


class Reserve:
    """A file of nothing, beside the device's file.

    To delete a row SQLite first writes: on a full disk nothing that was sent could be
    deleted, and the log could not move into the file and be used again.
    """

    def __init__(self, file: Path) -> None:
        self._path = file.with_suffix(".reserve")

    @property
    def is_there(self) -> bool:
        """Whether it has been made, and not been needed yet."""
        return self._path.exists()

    def keep(self) -> None:
        """Make the reserve if there is none and the disk has room; on the sync thread."""
        if self.is_there:
            return
        import shutil  # it loads what knows all kinds of archives

        with contextlib.suppress(OSError):
            if shutil.disk_usage(self._path.parent).free >= MIN_FREE * RESERVE_BYTES:
                # Not zeros: a file system may keep those as a note that they are there.
                self._path.write_bytes(os.urandom(RESERVE_BYTES))

    def give_up(self) -> bool:
        """Let the file have the space; False if there is none."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
