"""Damaged files, set aside: first until their rows are back, then for a look."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from client_sdk.contracts.named_tuple import NamedTuple

__all__ = ["Aside", "AsideFiles", "Renaming"]

#: Files of which nothing more is expected, kept for whoever wants to know what happened.
MAX_KEPT = 2


class Renaming(NamedTuple):
    """How the system renames files."""

    #: OSError where it does not; a file that is there gives way.
    rename: Callable[[Path, Path], None] = os.replace
    #: Whether a file may have another name while it is open.  Where it may, a damaged one
    #: is set aside before it is closed: closing it, SQLite would move its log into it.  It
    #: sees that the file has moved, and leaves both alone.
    takes_open_files: bool = os.name != "nt"


class Aside(NamedTuple):
    """A file whose rows are to be taken, and its log; one of them may be missing."""

    #: What names the two, as long as their rows are to be taken.
    name: Path
    file: Path
    log: Path


class AsideFiles:
    """The damaged files beside the device's file.

    The name alone says whether the rows are still to be taken from one, so that neither
    a kill nor a second damage forgets it: ``.corrupt-...`` they are, ``.salvaged-...``
    they have been.
    """

    def __init__(self, file: Path, renaming: Renaming | None = None) -> None:
        self._file = file
        self._renaming = renaming or Renaming()

    @property
    def takes_open_files(self) -> bool:
        """Whether a file can be set aside while it is open."""
        return self._renaming.takes_open_files

    def take(self) -> Path:
        """Set the file aside with its write-ahead log.

        OSError where that is forbidden; both stay at their place then.
        """
        aside = self._file.with_suffix(f".corrupt-{time.time_ns()}")
        self._rename(self._file, aside)
        self._file.with_name(self._file.name + "-shm").unlink(missing_ok=True)
        return aside

    def waiting(self) -> list[Aside]:
        """Return the files whose rows are to be taken, oldest first."""
        return [
            Aside(one, _present(one), _present(_log(one)))
            for one in self._named("corrupt")
        ]

    def note_salvaged(self, aside: Path) -> None:
        """Note that a file's rows are back, and forget those of long ago.

        OSError where it cannot have another name now.
        """
        self._rename(aside, _other_name(aside))
        for old in self._named("salvaged")[:-MAX_KEPT]:
            _remove(old)

    def reopen(self, inode: int) -> bool:
        """Have the rows taken again from a file that somebody has written to since.

        False if it is none of these; OSError where it cannot have another name now.
        """
        for one in self._named("corrupt"):
            if _is(one, inode):
                return True
        for one in self._named("salvaged"):
            if _is(one, inode):
                self._rename(one, _other_name(one))
                return True
        return False

    def forget(self) -> None:
        """Remove them all: what they hold must not come back."""
        for kind in ("corrupt", "salvaged"):
            for one in self._named(kind):
                _remove(one)

    def _rename(self, file: Path, target: Path) -> None:
        """Rename a file with its log: both, or none but where a kill comes between."""
        # The log first: were the file first, SQLite would delete the log of a file that
        # is not there.  It may hold every ping.
        with contextlib.suppress(FileNotFoundError):
            self._renaming.rename(_log(file), _log(target))
        try:
            with contextlib.suppress(FileNotFoundError):
                self._renaming.rename(file, target)
        except OSError:
            if not _log(file).exists():
                with contextlib.suppress(OSError):
                    self._renaming.rename(_log(target), _log(file))
            raise

    def _named(self, kind: str) -> list[Path]:
        """Return the files of a kind; a kill may have left one with a log alone."""
        folder, prefix = self._file.parent, f"{self._file.stem}.{kind}-"
        found = [one.name for one in folder.iterdir()] if folder.is_dir() else []
        names = {one.removesuffix("-wal") for one in found if one.startswith(prefix)}
        return [folder / name for name in sorted(names)]


def _log(file: Path) -> Path:
    return file.with_name(file.name + "-wal")


def _other_name(path: Path) -> Path:
    old, new = ".corrupt-", ".salvaged-"
    if new in path.name:
        old, new = new, old
    return path.with_name(path.name.replace(old, new))


def _present(path: Path) -> Path:
    """Return a file's path; under the other name if a kill came between two renames."""
    other = _other_name(path)
    return other if other.exists() and not path.exists() else path


def _is(path: Path, inode: int) -> bool:
    return path.is_file() and path.stat().st_ino == inode


def _remove(file: Path) -> None:
    _log(file).unlink(missing_ok=True)
    file.unlink(missing_ok=True)
