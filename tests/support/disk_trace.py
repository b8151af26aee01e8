"""What a process does to the files of one folder, as ``strace`` sees it, in order.

Seen are the system calls.  A file that is written through a mapping is not: SQLite maps
its ``-shm``, an index of the log that it builds anew after a loss of power, so that file
is left out here.  Any other mapping or call that would go unseen raises.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support.disk_operations import (
    FOLDER,
    Created,
    Flushed,
    Operation,
    Removed,
    Renamed,
    Resized,
    Said,
    Written,
)

__all__ = ["operations_of", "record"]

_OPENING = ("open", "openat", "creat")
_RENAMING = ("rename", "renameat", "renameat2")
_REMOVING = ("unlink", "unlinkat")
_FLUSHING = ("fsync", "fdatasync")
#: Calls that would change a file in a way that is not read here: they are refused.
_OTHERS = (
    *("writev", "pwritev", "pwritev2", "sendfile", "splice", "copy_file_range"),
    *("truncate", "fallocate", "sync_file_range", "link", "linkat"),
)
_TRACED = (
    *_OPENING,
    *_RENAMING,
    *_REMOVING,
    *_FLUSHING,
    *("write", "pwrite64", "ftruncate", "mmap"),
    *_OTHERS,
)
_STRACE = (
    "strace",
    "--follow-forks",
    "--seccomp-bpf",  # other calls run at full speed
    "--quiet=all",
    "--decode-fds=path",
    "--strings-in-hex=all",
    "--string-limit=1000000",
    # A question mark: not every processor's Linux has all of them.
    f"--trace={','.join(f'?{name}' for name in _TRACED)}",
)


def record(
    command: Sequence[str], folder: Path, *, environ: Mapping[str, str]
) -> list[Operation]:
    """Run a command to its end and return what it did in ``folder``.

    CalledProcessError if the command fails; ValueError if files are there already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty: what is there was not recorded")
    with tempfile.NamedTemporaryFile(mode="r") as log:
        strace = [*_STRACE, f"--output={log.name}", "--", *command]
        subprocess.run(strace, env=environ, stdout=subprocess.DEVNULL, check=True)
        return operations_of(log, folder)


def operations_of(lines: Iterable[str], folder: Path) -> list[Operation]:
    """Return the operations on files of ``folder`` that a trace holds.

    ValueError where a call changed such a file in a way that is not understood here.
    """
    reader = _TraceReader(folder)
    for call, began in _whole_calls(lines, reader.operations):
        reader.read(call, began)
    return reader.operations


class _Call(NamedTuple):
    name: str
    arguments: list[str]
    result: str


_LINE = re.compile(r"(\d+) +(.*)")
_UNFINISHED = " <unfinished ...>"
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)")
_CALL = re.compile(r"(\w+)\((.*)\) += (\S+)")


def _whole_calls(
    lines: Iterable[str], operations: Sequence[Operation]
) -> Iterator[tuple[_Call, int]]:
    """Yield every call when it returns, with how many operations were done as it began.

    A call that another thread's interrupts stands on two lines.
    """
    halves: dict[str, tuple[str, int]] = {}
    for line in lines:
        match = _LINE.match(line)
        assert match is not None, line
        thread, text = match.groups()
        if text.endswith(_UNFINISHED):
            halves[thread] = text.removesuffix(_UNFINISHED), len(operations)
            continue
        began = len(operations)
        if resumed := _RESUMED.match(text):
            half, began = halves.pop(thread)
            text = half + resumed[1]
        if call := _CALL.match(text):
            yield _Call(call[1], call[2].split(", "), call[3]), began


class _TraceReader:
    def __init__(self, folder: Path) -> None:
        self.operations: list[Operation] = []
        self._folder = folder.resolve()
        self._names: set[str] = set()

    def read(self, call: _Call, began: int) -> None:
        """Add what a call did; one that failed did nothing."""
        if call.result.startswith(("-1", "?")):
            return
        if call.name in _OPENING:
            self._open(call)
        elif call.name in _RENAMING + _REMOVING:
            self._name(call)
        elif call.name == "write" and call.arguments[0].startswith("1<"):
            self.operations.append(Said(_bytes(call.arguments[1]).decode()))
        else:
            self._change(call, began)

    def _open(self, call: _Call) -> None:
        name = self._name_of(_path(call.result))
        if name is None or name == FOLDER:
            return
        flags = call.arguments[1:]
        if any("O_CREAT" in one for one in flags) and name not in self._names:
            self._names.add(name)
            self.operations.append(Created(name))
        elif call.name == "creat" or any("O_TRUNC" in one for one in flags):
            raise ValueError(f"{name} was emptied by {call.name}")

    def _name(self, call: _Call) -> None:
        paths = list(_named_paths(call))
        names = [name for path in paths if (name := self._name_of(path))]
        if not names:
            return
        if len(names) < len(paths):
            raise ValueError(f"{call.name} moved a file into the folder or out of it")
        self._names.discard(names[0])
        if call.name in _REMOVING:
            self.operations.append(Removed(names[0]))
        else:
            self._names.add(names[1])
            self.operations.append(Renamed(names[0], names[1]))

    def _change(self, call: _Call, began: int) -> None:
        name = self._changed_name(call)
        if name is None:
            return
        arguments = call.arguments
        if call.name == "pwrite64":
            data = _bytes(arguments[1])[: int(call.result)]
            self.operations.append(Written(name, int(arguments[3]), data))
        elif call.name == "ftruncate":
            self.operations.append(Resized(name, int(arguments[1])))
        elif call.name in _FLUSHING:
            self.operations.append(Flushed(name, began))
        elif call.name != "mmap" or {"PROT_WRITE", "MAP_SHARED"} <= _words(arguments):
            raise ValueError(f"{call.name} changes {name} unseen")

    def _changed_name(self, call: _Call) -> str | None:
        # Quoted is a path in these calls, and data in the others.
        has_path = call.name in ("truncate", "link", "linkat")
        arguments = [one for one in call.arguments if has_path or "<" in one]
        names = (self._name_of(_path(argument)) for argument in arguments)
        return next(filter(None, names), None)

    def _name_of(self, path: Path | None) -> str | None:
        """Return a file's name within the folder; None for one that is elsewhere."""
        if path == self._folder:
            return FOLDER
        if path is None or path.parent != self._folder:
            return None
        # Of the log's index and of the reserved space nothing is ever read again.
        if path.name.endswith(("-shm", ".reserve")):
            return None
        return path.name


def _words(arguments: Sequence[str]) -> set[str]:
    return {word for argument in arguments for word in argument.split("|")}


def _named_paths(call: _Call) -> Iterator[Path]:
    """Yield the paths that a call was given, each by the folder that it is relative to."""
    base = Path()
    for argument in call.arguments:
        path = _path(argument)
        if path is not None and argument.startswith('"'):
            yield base / path
        elif path is not None:
            base = path


def _path(argument: str) -> Path | None:
    """Return the path of an argument: quoted, or of an open file in angle brackets."""
    match = _PATH.search(argument)
    return Path(_bytes(match[0]).decode(errors="replace")) if match else None


_PATH = re.compile(r'(?:^"|<)(?:\\x[0-9a-f]{2})+')


def _bytes(text: str) -> bytes:
    if text.endswith("..."):
        raise ValueError("strace has cut the data short")
    return bytes.fromhex(text.strip('"<>').replace("\\x", ""))
