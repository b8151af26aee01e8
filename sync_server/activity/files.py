"""Events from a file: JSON a line, or a table with a line of names."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID, uuid5

from client_sdk.contracts.activity import ActivityEvent
from sync_server.activity.reading import read_event, read_track
from sync_server.activity.uses import Fault, UnfitError

__all__ = ["FileError", "Line", "lines_of"]

#: Columns of a table that are no properties.
_FIELDS = ("eventId", "userId", "name", "occurredAt")
_NEEDED = _FIELDS[1:]
#: Properties that are numbers.
_NUMBERS = ("count", "members")
#: Makes a row without an id into one (RFC 9562 section 5.5); it never changes.
_ROW_IDS = UUID("2f9d1f4e-6f0c-4a55-8f0b-3b1f6f7f2c9a")


@dataclass(frozen=True, slots=True)
class Line:
    """An event in the file: the number of its line, from 1, and its JSON.

    ``fault`` says why there is no JSON.
    """

    number: int
    text: str
    fault: str = ""

    def event(self) -> ActivityEvent:
        """Return the event, in our own form or Segment's; UnfitError if there is none."""
        if self.fault:
            raise UnfitError(Fault.MALFORMED, self.fault)
        try:
            self.text.encode()
            item = json.loads(self.text)
        except UnicodeEncodeError:
            raise UnfitError(Fault.MALFORMED, "the line is not UTF-8") from None
        except (ValueError, RecursionError):
            raise UnfitError(Fault.MALFORMED, "the line is not JSON") from None
        is_track = isinstance(item, dict) and "messageId" in item
        return read_track(self.text) if is_track else read_event(self.text)


class FileError(ValueError):
    """Nothing of the file can be read; the message says why."""


def lines_of(name: str, file: BinaryIO) -> Iterator[Line]:
    """Yield the events of a file; FileError if its name or its first line fits no form."""
    reader = _READERS.get(Path(name).suffix.lower())
    if reader is None:
        raise FileError(f"the name must end in {' or '.join(_READERS)}")
    return reader(file)


def _jsonl(file: BinaryIO) -> Iterator[Line]:
    for number, text in _texts(file):
        if text.strip():
            yield Line(number, text)


def _csv(file: BinaryIO) -> Iterator[Line]:
    """Yield a row as an event: each further column is a property, empty cells are none.

    A row without ``eventId`` gets one from what it says, so that it counts once however
    often the file is read.
    """
    rows = csv.reader(text for _, text in _texts(file))
    names = [name.strip() for name in next(rows, [])]
    if missing := [name for name in _NEEDED if name not in names]:
        raise FileError(
            f"the first line must name the columns; missing: {', '.join(missing)}"
        )
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as exc:
            yield Line(rows.line_num, "", f"the row cannot be read: {exc}")
            continue
        if len(row) > len(names):
            yield Line(rows.line_num, "", "the row has more cells than columns")
        elif any(row):
            yield Line(rows.line_num, _json_of(names, row))


def _json_of(names: list[str], row: list[str]) -> str:
    cells = {name: cell for name, cell in zip(names, row, strict=False) if cell != ""}
    event: dict[str, Any] = {name: cells.pop(name) for name in _FIELDS if name in cells}
    event["properties"] = {name: _value(name, cell) for name, cell in cells.items()}
    if "eventId" not in event:
        event["eventId"] = str(uuid5(_ROW_IDS, json.dumps(event, sort_keys=True)))
    return json.dumps(event, ensure_ascii=False)


def _value(name: str, cell: str) -> float | str:
    """Return a number where numbers count; what else looks like one may be a name."""
    is_number = name in _NUMBERS and re.fullmatch(r"-?\d{1,15}(\.\d+)?", cell, re.ASCII)
    return json.loads(cell) if is_number else cell


def _texts(file: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """Yield numbered lines; bytes that are no UTF-8 become what a Line refuses."""
    for number, data in enumerate(file, start=1):
        text = data.decode("utf-8", "surrogateescape")
        yield number, text.removeprefix("\ufeff") if number == 1 else text


_READERS = {".csv": _csv, ".jsonl": _jsonl}
