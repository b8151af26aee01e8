"""Where a command writes what was asked for: a file that is whole, or standard output."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

__all__ = ["count_of_texts", "opened"]


def count_of_texts(count: int) -> str:
    """Return how many comments and free texts, in words."""
    return "1 comment or text" if count == 1 else f"{count:,} comments and texts"


@contextmanager
def opened(path: Path | None) -> Iterator[TextIO]:
    """Yield standard output, or a file, its owner's alone, that appears when it is whole.

    What is no plain file, as ``/dev/null`` or a pipe, is written to and never replaced.

    Raises:
        ClickException: It cannot be written, or the disk is full.
    """
    try:
        if path is None:
            yield sys.stdout
            # here, where a full disk can still be told
            sys.stdout.flush()
        elif path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="") as file:
                yield file
        else:
            with _whole(path.resolve()) as file:
                yield file
    except OSError as exc:
        if exc.errno == errno.EPIPE:  # "| head" has read enough; click ends in silence
            raise
        where = path or "standard output"
        raise click.ClickException(f"cannot write {where}: {exc.strerror}") from exc


@contextmanager
def _whole(path: Path) -> Iterator[TextIO]:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
