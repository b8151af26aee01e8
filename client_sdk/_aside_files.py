"""Damaged files, set aside: first until their rows are back, then for a look."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

__all__ = ["AsideFiles"]

#: Files of which nothing more is expected, kept for whoever wants to know what happened.
MAX_KEPT = 2


class AsideFiles:
    """The damaged files beside the device's file.

    The name alone says whether the rows are still to be taken from one, so that neither
    a kill nor a second damage forgets it: ``.corrupt-...`` they are, ``.salvaged-...``
    they have been.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def take(self) -> Path:
        """Set the file aside with its write-ahead log; OSError if that is forbidden."""
        aside = self._file.with_suffix(f".corrupt-{time.time_ns()}")
        # The log first: were the file first, SQLite would delete the log of a file that
        # is not there.  It may hold every ping.
        with contextlib.suppress(FileNotFoundError):
            self._beside("-wal").rename(_log(aside))
        with contextlib.suppress(FileNotFoundError):
            self._file.rename(aside)
        self._beside("-shm").unlink(missing_ok=True)
        return aside

    def waiting(self) -> list[tuple[Path, Path]]:
        """Return the files with their logs whose rows are to be taken, oldest first."""
        return [(one, _log(one)) for one in self._named("corrupt")]

    def note_salvaged(self, aside: Path) -> None:
        """Note that a file's rows are back, and forget those of long ago."""
        done = aside.with_name(aside.name.replace(".corrupt-", ".salvaged-"))
        with contextlib.suppress(FileNotFoundError):
            _log(aside).rename(_log(done))
        with contextlib.suppress(FileNotFoundError):
            aside.rename(done)
        for old in self._named("salvaged")[:-MAX_KEPT]:
            _remove(old)

    def reopen(self, inode: int) -> bool:
        """Have the rows taken again from a file that somebody has written to since.

        False if it is none of these.
        """
        for one in (*self._named("salvaged"), *self._named("corrupt")):
            if one.is_file() and one.stat().st_ino == inode:
                back = one.with_name(one.name.replace(".salvaged-", ".corrupt-"))
                with contextlib.suppress(FileNotFoundError):
                    _log(one).rename(_log(back))
                one.rename(back)
                return True
        return False

    def forget(self) -> None:
        """Remove them all: what they hold must not come back."""
        for kind in ("corrupt", "salvaged"):
            for one in self._named(kind):
                _remove(one)

    def _named(self, kind: str) -> list[Path]:
        """Return the files of a kind; a kill may have left one with a log alone."""
        folder, prefix = self._file.parent, f"{self._file.stem}.{kind}-"
        found = [one.name for one in folder.iterdir()] if folder.is_dir() else []
        names = {one.removesuffix("-wal") for one in found if one.startswith(prefix)}
        return [folder / name for name in sorted(names)]

    def _beside(self, suffix: str) -> Path:
        return self._file.with_name(self._file.name + suffix)


def _log(file: Path) -> Path:
    return file.with_name(file.name + "-wal")


def _remove(file: Path) -> None:
    _log(file).unlink(missing_ok=True)
    file.unlink(missing_ok=True)
