"""Rows of an older file brought up to date by sqlite-utils, on the sync thread only.

The app's start has given the file this version's tables (_schema.py); sqlite-utils takes
300 ms to import, and rows may be many.
"""

from __future__ import annotations

from typing import Any

import sqlite_utils
from sqlite_utils import Migrations

from client_sdk._checksums import checksum, checksum_of_version_1
from client_sdk._device_row import read_device, write_device
from client_sdk._storage import Database

__all__ = ["upgrade_rows"]

_migrations = Migrations("kazi-tutorial")


@_migrations(name="0002_survey_answers")
def _move_answers(database: Any) -> None:
    """Move answers of version 1 to the table that also holds partial ones."""
    if "surveys" not in database.table_names():
        return
    for row in list(database["surveys"].rows):
        old = tuple(row[name] for name in _OLD_COLUMNS)
        new = (*old, None, None, 1)
        # A row that was damaged before stays recognisable as that.
        stored = checksum(new) if is_good(old, row["checksum"]) else BROKEN
        values = dict(zip(_NEW_COLUMNS, (*new, stored), strict=True))
        database["survey_answers"].insert(values, ignore=True)
    database["surveys"].drop()


@_migrations(name="0002_ping_checksums")
def _renew_checksums(database: Any) -> None:
    """Give the pings of version 1 the checksums of version 2."""
    query = f"SELECT seq, {_PING_COLUMNS}, checksum FROM pings WHERE user_id <> '-'"  # noqa: S608
    renewed = []
    for seq, *old, stored in database.execute(query).fetchall():
        # The app may have queued some before: they have the new ones already.
        if stored != checksum((*old, None)):
            is_whole = is_good(tuple(old), stored)
            renewed.append((checksum((*old, None)) if is_whole else BROKEN, seq))
    update = "UPDATE pings SET checksum = ? WHERE seq = ?"
    database.conn.executemany(update, renewed)


@_migrations(name="0002_device_checksum")
def _renew_device(database: Any) -> None:
    """Give the device a checksum, and its secret a second place."""
    write_device(database.conn, read_device(database.conn))


@_migrations(name="0002_survey_windows")
def _date_answers(database: Any) -> None:
    """Ask nobody again within 30 days whose answer waits."""
    database.execute(
        "INSERT OR IGNORE INTO survey_windows (submission_id, user_id, answered_ms)"
        " SELECT submission_id, user_id, occurred_ms FROM survey_answers"
    )


@_migrations(name="0002_set_aside_age")
def _date_what_was_set_aside(database: Any) -> None:
    """Say of each event that was set aside when it happened."""
    database.execute(
        "UPDATE set_aside SET occurred_ms = json_extract(body, '$.occurred_ms')"
        " WHERE occurred_ms IS NULL"
    )


def is_good(row: tuple[object, ...], stored: int) -> bool:
    """Tell whether a row of version 1 is as it was written."""
    return checksum_of_version_1(row) == stored


#: What no row's checksum is.
BROKEN = -1
_PING_COLUMNS = (
    "event_id, user_id, tutorial_id, step_id, status, duration_ms, occurred_ms,"
    " variant, persona, run_id, tutorial_version"
)
_OLD_COLUMNS = (
    "submission_id",
    "user_id",
    "tutorial_id",
    "nps",
    "comment",
    "persona",
    "occurred_ms",
)
_NEW_COLUMNS = (*_OLD_COLUMNS, "answers", "tutorial_version", "is_complete", "checksum")


def upgrade_rows(database: Database) -> None:
    """Bring all rows up to date; what was done before is left alone.

    sqlite3.Error where it could not: nothing is changed then, and the next sync tries
    again.
    """
    with database.lock:
        _migrations.apply(sqlite_utils.Database(database.connection))
