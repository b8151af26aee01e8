"""What a process may do to the files of one folder."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "FOLDER",
    "Created",
    "Flushed",
    "Operation",
    "Removed",
    "Renamed",
    "Resized",
    "Said",
    "Written",
]

#: The name under which the folder itself is flushed.
FOLDER = "."


class Created(NamedTuple):
    """A new, empty file got its name."""

    name: str


class Removed(NamedTuple):
    """A file lost its name."""

    name: str


class Renamed(NamedTuple):
    """A file got another name, which another file may have had."""

    name: str
    new_name: str


class Written(NamedTuple):
    """Bytes were handed to the operating system."""

    name: str
    offset: int
    data: bytes


class Resized(NamedTuple):
    """A file was cut or lengthened to so many bytes."""

    name: str
    size: int


class Flushed(NamedTuple):
    """A file, or the folder's list of names, is on the disk.

    Of what had been done to it among the first ``began`` operations: a flush promises
    nothing for what another thread writes while it runs.
    """

    name: str
    began: int


class Said(NamedTuple):
    """The process wrote to its standard output."""

    text: str


Operation = Created | Removed | Renamed | Written | Resized | Flushed | Said
