"""Moving house: the rows of one database go to another, as from memory to the file."""

from __future__ import annotations

import sqlite3

from client_sdk._device_row import read_device, write_device
from client_sdk._identity import Identity
from client_sdk._schema import RAISE_CLOCK

__all__ = ["move_rows"]

_PINGS = (
    "event_id, user_id, tutorial_id, step_id, status, duration_ms, occurred_ms, variant,"
    " persona, run_id, tutorial_version, assignment, checksum"
)
# A run that the user has before the eyes counts more than one of an earlier start.
_TABLES = (
    ("runs", "OR REPLACE"),
    ("completed_steps", "OR IGNORE"),
    ("assignments", "OR IGNORE"),
    ("survey_windows", "OR IGNORE"),
    ("resumes", "OR REPLACE"),
    ("progress", "OR IGNORE"),
    ("pending_steps", "OR IGNORE"),
    ("config_cache", "OR REPLACE"),
    ("survey_answers", "OR IGNORE"),
    ("anonymous_users", "OR IGNORE"),
)
_ADD = (
    "INSERT INTO counters (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
)
#: Counters that say something of the file itself, or of one moment.
_OWN = ("schema", "opted_out", "last_sync_ms", "checkpoints")


def move_rows(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    identity: Identity,
    *,
    is_new: bool,
) -> None:
    """Copy all rows within the target's transaction under way.

    What the user has decided counts on: who signed in or out, or opted out, while there
    was no file.  Otherwise the file knows better who the device is, unless it is new, and
    what was done by the user who stood in for it is that one's.
    """
    for table, otherwise in _TABLES:
        _copy(source, target, table, otherwise)
    pings = source.execute(
        f"SELECT {_PINGS} FROM pings WHERE user_id <> '-' ORDER BY seq"  # noqa: S608
    )
    places = ", ".join("?" * len(_PINGS.split(",")))
    insert = f"INSERT INTO pings ({_PINGS}) VALUES ({places})"  # noqa: S608
    target.executemany(insert, pings)
    _copy(source, target, "set_aside", "", without=("id",))
    for name, value in source.execute("SELECT name, value FROM counters").fetchall():
        if name not in _OWN:
            target.execute(_ADD, (name, value))
    target.execute(RAISE_CLOCK)
    known = read_device(target)
    if is_new:
        write_device(target, identity.device)
    elif identity.epoch or identity.is_opted_out:
        write_device(target, identity.device._replace(device_id=known.device_id))
    else:
        identity.stand_aside(target, known)


def _copy(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    table: str,
    otherwise: str,
    *,
    without: tuple[str, ...] = (),
) -> None:
    columns = [
        name
        for _, name, *_ in source.execute(f"PRAGMA table_info({table})")
        if name not in without
    ]
    names = ", ".join(columns)
    places = ", ".join("?" * len(columns))
    rows = source.execute(f"SELECT {names} FROM {table}")  # noqa: S608
    insert = f"INSERT {otherwise} INTO {table} ({names}) VALUES ({places})"  # noqa: S608
    target.executemany(insert, rows)
