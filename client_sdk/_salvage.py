"""What can still be read of a damaged file, and how it comes back into a new one.

A row counts where its checksum fits; one of a table without checksums where every value
is of its kind and place.  The worst that can happen is that a row comes back which had
been sent already: the server knows its id.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import groupby, islice
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from client_sdk._checksums import checksum, checksum_of_version_1
from client_sdk._device_row import DeviceRow, new_device
from client_sdk._page_images import PageImages
from client_sdk._records import Found, Shape, Value
from client_sdk._schema import RAISE_CLOCK
from client_sdk.contracts.identity import is_secret, user_id_of_secret

__all__ = ["restore_rows", "salvage_device"]

#: Rows written by one transaction: the app's threads must not wait long for it.
CHUNK = 200
#: Rows that come back stand before all that the new file has got meanwhile.
BEFORE = 1 << 40

Row = tuple[Value, ...]
Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]


class _Table(NamedTuple):
    """How the rows of one table are known and written."""

    shape: Shape
    #: Returns a row as this version stores it; None if it is not whole.
    check: Callable[[Row], Row | None]
    #: Takes the key and then the row.
    insert: str
    #: How many of the first values name a row.
    unique: int = 1
    #: Whether its rows are a user's doing, which nobody collects after an opt-out.
    is_collected: bool = False
    #: Whether its rows are events, which are counted.
    is_event: bool = False


def salvage_device(sources: Iterable[PageImages]) -> DeviceRow | None:
    """Return who the device was, of all that is left; None if nothing is.

    The secret stands in two places.  One of them is enough for the user; with both, all
    else can be told to be whole, too.
    """
    sources = list(sources)
    rows = [f.values for images in sources for f in _DEVICE.find(images)]
    users = _anonymous_users(sources)
    is_opted_out = int(_has_opted_out(sources))
    secrets: list[Value] = [secret for _, secret, *_ in users]
    whole = _whole_device(rows, secrets)
    if whole is not None:
        return whole._replace(is_opted_out=whole.is_opted_out or is_opted_out)
    if users:
        _, secret, account_id, _ = users[-1]
        return new_device()._replace(
            secret=secret, account_id=account_id, is_opted_out=is_opted_out
        )
    return new_device()._replace(is_opted_out=1) if is_opted_out else None


def restore_rows(sources: Iterable[PageImages], transaction: Transaction) -> int:
    """Write what is whole into the present file; return how many events came back.

    sqlite3.Error where it refuses: doing it all again does no harm.
    """
    sources, events = list(sources), 0
    for table in _TABLES:
        for images in sources:
            found = _whole_rows(images, table)
            while chunk := list(islice(found, CHUNK)):
                with transaction() as connection:
                    events += _write(connection, table, chunk)
    with transaction() as connection:
        _restore_counters(sources, connection)
        connection.execute(RAISE_CLOCK)
    return events


def restore_lost(
    images: Iterable[bytes], page_bytes: int, connection: sqlite3.Connection
) -> None:
    """Write the events of pages that SQLite did not read, in the transaction under way."""
    pages = PageImages(b"", b"", page_bytes)
    for image in images:
        for table in _TABLES:
            if table.is_event:
                rows = _checked(table.shape.find_in(image, pages), table)
                _write(connection, table, list(rows))


def _whole_device(rows: list[Row], secrets: list[Value]) -> DeviceRow | None:
    for row in rows:
        _, device_id, secret, account_id, *newer = row
        is_opted_out, stored = (*newer, None, None)[:2]
        for one in (secret, *secrets):
            known = DeviceRow(device_id, one, account_id, is_opted_out or 0)  # type: ignore[arg-type]
            is_of_version_1 = stored is None and one == secret and is_secret(str(one))
            if is_of_version_1 or checksum(tuple(known)) == stored:
                return known
    return None


def _anonymous_users(
    sources: list[PageImages],
) -> list[tuple[str, str, str | None, int]]:
    """Return the anonymous users, in the order in which they came."""
    found = {
        one.values[0]: one
        for images in sources
        for one in _USERS.shape.find(images)
        if _is_anonymous_user(one.values)
    }
    in_order = sorted(found.values(), key=lambda one: one.key or 0)
    return [one.values for one in in_order]  # type: ignore[misc]


def _has_opted_out(sources: list[PageImages]) -> bool:
    return any(
        found.values == ("opted_out", 1)
        for images in sources
        for found in _OPTED_OUT.find(images)
    )


def _whole_rows(images: PageImages, table: _Table) -> Iterator[Row]:
    """Yield the rows that are whole with their keys, each once, oldest first."""
    rows = _checked(table.shape.find(images), table)
    # What is found first is the newest.
    unique = {row[1 : 1 + table.unique]: row for row in reversed(list(rows))}
    in_order = sorted(unique.values(), key=_by_key)
    yield from _with_own_numbers(in_order) if table is _PINGS else in_order


def _with_own_numbers(rows: list[Row]) -> Iterator[Row]:
    """Leave a number that two rows have to the one whose it is: the other's has changed.

    Ids grow as numbers do, but where the clock was set back.
    """
    last: bytes = b""
    for number, same in groupby(rows, key=itemgetter(0)):
        claimants = [(row, row[1]) for row in same]
        later = [
            row for row, name in claimants if isinstance(name, bytes) and name > last
        ]
        owner = later[0] if later else claimants[0][0]
        yield from (row if row is owner else (None, *row[1:]) for row, _ in claimants)
        if number is not None and isinstance(owner[1], bytes):
            last = owner[1]


def _by_key(row: Row) -> tuple[bool, int, str]:
    """Order rows as they were written; of two with one number the older is the first."""
    key, name = row[0], row[1]
    age = name.hex() if isinstance(name, bytes) else ""
    return (False, key, age) if isinstance(key, int) else (True, 0, age)


def _checked(found: Iterable[Found], table: _Table) -> Iterator[Row]:
    for key, values in found:
        whole = table.check(values)
        if whole is not None:
            yield key, *whole


def _write(connection: sqlite3.Connection, table: _Table, rows: list[Row]) -> int:
    """Write rows that the file has not, and return how many of them are events."""
    if table.is_collected and _is_opted_out(connection):
        return 0
    written = 0
    for row in rows:
        numbered = (_free_number(connection, row), *row[1:]) if table is _PINGS else row
        written += connection.execute(table.insert, numbered).rowcount
    if not table.is_event:
        return 0
    connection.execute(_ADD, ("recovered", written))
    return written


def _free_number(connection: sqlite3.Connection, row: Row) -> Value:
    """Return a ping's own number, or None where it is gone or another one has it."""
    if not isinstance(row[0], int) or row[0] < 1:
        return None
    query = "SELECT event_id FROM pings WHERE seq = ?"
    taken = connection.execute(query, (row[0],)).fetchone()
    return row[0] if taken is None or taken[0] == row[1] else None


def _is_opted_out(connection: sqlite3.Connection) -> bool:
    ((is_opted_out,),) = connection.execute("SELECT is_opted_out FROM device")
    return bool(is_opted_out)


def _restore_counters(
    sources: list[PageImages], connection: sqlite3.Connection
) -> None:
    known: dict[str, int] = {}
    for images in sources:
        for _, (name, value) in _COUNTERS.find(images):
            if name in _MERGED and isinstance(value, int):
                known[str(name)] = max(known.get(str(name), 0), value)
    for name, count in known.items():
        connection.execute(_MERGED[name], (name, count))


def _check_ping(values: Row) -> Row | None:
    _, *fields, stored = values[:13]
    assignment = values[13] if len(values) > 13 else None
    row = (*fields, assignment)
    whole = checksum(row)
    if stored in (whole, checksum_of_version_1(tuple(fields))):
        return (*row, whole)
    return None


def _check_answer(values: Row) -> Row | None:
    return values if checksum(values[:-1]) == values[-1] else None


def _check_old_answer(values: Row) -> Row | None:
    *fields, stored = values
    if checksum_of_version_1(tuple(fields)) != stored:
        return None
    row = (*fields, None, None, 1)
    return (*row, checksum(row))


def _check_set_aside(values: Row) -> Row | None:
    _, kind, _, _, body, *_ = values
    is_known = kind in ("ping", "survey") and _is_json(body)
    return (*values[1:], *(None,) * (9 - len(values))) if is_known else None


def _check_config(values: Row) -> Row | None:
    row = (*values, *(None,) * (12 - len(values)))
    body, stored = str(row[5]), row[10]
    is_whole = stored in (None, zlib.crc32(body.encode())) and _is_json(body)
    return (*row[:11], row[11] or 0) if is_whole else None


def _check_run(values: Row) -> Row | None:
    is_known = values[8] in ("running", "survey", "finished", "skipped")
    return (*values, *(None,) * (11 - len(values))) if is_known else None


def _check_user(values: Row) -> Row | None:
    return values if _is_anonymous_user(values) else None


def _is_anonymous_user(values: Row) -> bool:
    user_id, secret, *_ = values
    return is_secret(str(secret)) and str(user_id_of_secret(str(secret))) == user_id


def _check_assignment(values: Row) -> Row | None:
    user_id, *_, assigned_by = values
    is_known = assigned_by in ("device", "server")
    return values if is_known and _is_user(user_id) else None


def _check_of_user(values: Row) -> Row | None:
    return values if _is_user(values[0]) else None


def _check_progress(values: Row) -> Row | None:
    user_id, tutorial_id, _, body = values
    # Not the tag of all of it: with that the server would not send what is lost.
    is_whole = tutorial_id != "" and _is_user(user_id) and _is_json(body)
    return values if is_whole else None


def _check_owned(values: Row) -> Row | None:
    return values if _is_user(values[1]) else None


def _check_nothing(values: Row) -> Row | None:
    return values


def _is_user(user_id: Value) -> bool:
    try:
        return user_id == "" or str(UUID(str(user_id))) == user_id
    except ValueError:
        return False


def _is_json(text: Value) -> bool:
    try:
        json.loads(str(text))
    except ValueError:
        return False
    return True


def _insert(table: str, columns: str, *, key: str | None = None) -> str:
    """Return a statement that keeps what the file has; the key counts before all."""
    names = ", ".join(([key] if key else []) + columns.split())
    places = ", ".join(f"?{n + 2}" for n in range(len(columns.split())))
    place = f"?1 - {BEFORE}, {places}" if key else places
    return f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({place})"  # noqa: S608


# The app's start waits for these three.
_DEVICE = Shape("K B S T? I I?", newer=2, mark=b"\x00\x2c\x63")
_OPTED_OUT = Shape("T I", mark=b"opted_out")
_COUNTERS = Shape("T I")
_ADD = (
    "INSERT INTO counters (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
)
_RAISE = (
    "INSERT INTO counters (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)"
)
_ADDED = ("sent", "set_aside", "evicted", "evicted_surveys", "forgotten", "recovered")
_MERGED = {**dict.fromkeys(_ADDED, _ADD), "last_sync_ms": _RAISE}
_PINGS = _Table(
    Shape("K B T T T T I I T? T? B? I? I T?", newer=1),
    _check_ping,
    "INSERT OR IGNORE INTO pings (seq, event_id, user_id, tutorial_id, step_id, status,"
    " duration_ms, occurred_ms, variant, persona, run_id, tutorial_version, assignment,"
    " checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    is_collected=True,
    is_event=True,
)
_ANSWER_COLUMNS = (
    "submission_id user_id tutorial_id nps comment persona occurred_ms answers"
    " tutorial_version is_complete checksum"
)
_USERS = _Table(
    Shape("U S T? I", mark=b"\x55\x63"),
    _check_user,
    _insert("anonymous_users", "user_id secret account_id is_linked", key="rowid"),
)
_TABLES = (
    _USERS,
    _Table(
        Shape("B U T I T T T T T I I?", newer=1),
        _check_run,
        _insert(
            "runs",
            "run_id user_id tutorial_id tutorial_version etag variant persona step_id"
            " status started_ms moved_ms",
            key="rowid",
        ),
    ),
    _Table(
        Shape("B T", has_integer_key=False),
        _check_nothing,
        _insert("completed_steps", "run_id step_id"),
        unique=2,
    ),
    _Table(
        Shape("U T T I T", has_integer_key=False),
        _check_assignment,
        _insert("assignments", "user_id experiment_id variant epoch assigned_by"),
        unique=2,
    ),
    _Table(
        Shape("B U I", has_integer_key=False),
        _check_owned,
        _insert("survey_windows", "submission_id user_id answered_ms"),
    ),
    _Table(
        Shape("U T T I B? I I I B T I I", has_integer_key=False),
        _check_of_user,
        _insert(
            "resumes",
            "user_id tutorial_id step_id position run_id is_finished wall_ms counter"
            " device_id furthest_step furthest_position is_waiting",
        ),
        unique=2,
    ),
    _Table(
        Shape("U T T T", has_integer_key=False),
        _check_progress,
        _insert("progress", "user_id tutorial_id etag body"),
        unique=2,
    ),
    _Table(
        Shape("U T T", has_integer_key=False),
        _check_of_user,
        _insert("pending_steps", "user_id tutorial_id step_id"),
        unique=3,
    ),
    _Table(
        Shape("U T T T T T I I I I? I? I", newer=3, has_integer_key=False),
        _check_config,
        _insert(
            "config_cache",
            "user_id device key tutorial_id etag body fresh_until_ms used_ms is_current"
            " confirmed_ms checksum is_impersonal",
        ),
        unique=3,
    ),
    _Table(
        Shape("B T T I? T T? I T? I? I I"),
        _check_answer,
        _insert("survey_answers", _ANSWER_COLUMNS, key="rowid"),
        is_collected=True,
        is_event=True,
    ),
    _Table(
        Shape("B T T I? T T? I I"),
        _check_old_answer,
        _insert("survey_answers", _ANSWER_COLUMNS, key="rowid"),
        is_collected=True,
        is_event=True,
    ),
    _Table(
        Shape("K T B T T T T I I?", newer=1),
        _check_set_aside,
        _insert(
            "set_aside",
            "kind event_id user_id body code detail set_aside_ms occurred_ms",
            key="id",
        ),
        unique=2,
        is_collected=True,
    ),
    _PINGS,
)
