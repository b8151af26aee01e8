"""A device's file, opened so that nothing in its folder changes."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from client_sdk._storage import FILE_NAME

__all__ = ["PATH", "as_date", "find_file", "open_read_only", "reading"]

#: The argument of every command that looks into a file.
PATH = click.Path(path_type=Path)


def find_file(path: Path) -> Path:
    """Return the file in a folder, or the file itself; ClickException if there is none."""
    file = path / FILE_NAME if path.is_dir() else path
    if not file.is_file():
        raise click.ClickException(
            f"{file} does not exist; give the app's storage folder or the file in it"
        )
    return file


@contextlib.contextmanager
def open_read_only(file: Path) -> Iterator[sqlite3.Connection]:
    """Open the file of a running app, or a copy of one, with its log or without.

    Beside the file of an app that runs, or that was killed, are a log and its index:
    SQLite reads the three as they are.  A copy may lack the index, which SQLite would
    have to write, or the log, and then it would make both: a copy is evidence, and the
    folder may be one that cannot be written.
    """
    log, index = (file.with_name(file.name + suffix) for suffix in ("-wal", "-shm"))
    if index.exists():
        yield from _opened(file, "mode=ro")
    elif not log.exists():
        yield from _opened(file, "mode=ro&immutable=1")
    else:
        with tempfile.TemporaryDirectory(prefix="kazi-sdk-") as folder:
            for each in (file, log):
                shutil.copy(each, folder)
            yield from _opened(Path(folder) / file.name, "mode=ro")


def _opened(file: Path, how: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?{how}", uri=True)
    try:
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a device's file; ClickException if it is none of ours, or damaged."""
    try:
        with open_read_only(file) as connection:
            yield connection
    except (sqlite3.Error, LookupError) as exc:
        raise click.ClickException(f"{file} is not a tutorial SDK file: {exc}") from exc


def as_date(epoch_ms: int) -> str:
    """Return the time as ISO 8601 in UTC."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="seconds")
