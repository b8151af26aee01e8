"""Rows of an older file brought up to date by sqlite-utils, on the sync thread only.

The app's start has given the file this version's tables (_schema.py); sqlite-utils takes
300 ms to import, and rows may be many.
"""

from __future__ import annotations

from typing import Any

import sqlite_utils
from sqlite_utils import Migrations

from client_sdk._checksums import checksum
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
        stored = checksum(new) if checksum(old) == row["checksum"] else 0
        values = dict(zip(_NEW_COLUMNS, (*new, stored), strict=True))
        database["survey_answers"].insert(values, ignore=True)
    database["surveys"].drop()


@_migrations(name="0002_set_aside_age")
def _date_what_was_set_aside(database: Any) -> None:
    """Say of each event that was set aside when it happened."""
    database.execute(
        "UPDATE set_aside SET occurred_ms = json_extract(body, '$.occurred_ms')"
        " WHERE occurred_ms IS NULL"
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
