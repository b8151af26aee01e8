"""The tables whose rows are taken from a damaged file, one declaration each.

A declaration names the columns in the file's order with the letters of ``Shape``: both
how a row is found and how it is written follow from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from client_sdk._records import Shape
from client_sdk._row_checks import (
    Row,
    check_answer,
    check_assignment,
    check_config,
    check_nothing,
    check_of_user,
    check_old_answer,
    check_owned,
    check_ping,
    check_progress,
    check_run,
    check_set_aside,
    check_user,
)

__all__ = ["PINGS", "TABLES", "USERS", "Table"]

#: Rows that come back stand before all that the new file has got meanwhile.
BEFORE = 1 << 40


class Table(NamedTuple):
    """How the rows of one table are known and written."""

    shape: Shape
    #: Returns a row as this version stores it; None if it is not whole.
    check: Callable[[Row], Row | None]
    #: Takes the key and then the row, and keeps what the file has.
    insert: str
    #: How many of the first values name a row.
    unique: int
    #: Whether its rows are a user's doing, which nobody collects after an opt-out.
    is_collected: bool
    #: Whether its rows are events, which are counted.
    is_event: bool


def _table(  # noqa: PLR0913 - keyword-only, what a table declares
    name: str,
    columns: str,
    check: Callable[[Row], Row | None],
    *,
    key: str | None = "rowid",
    place: str = f"?1 - {BEFORE}",
    newer: int = 0,
    unique: int = 1,
    mark: bytes = b"",
    is_collected: bool = False,
    is_event: bool = False,
) -> Table:
    """Declare a table: ``column:letter``, separated by spaces.

    A column ``K`` is the integer key; ``key`` is what names it otherwise, None in a table
    without, and ``place`` is what is written there.
    """
    names, letters = zip(*(one.split(":") for one in columns.split()), strict=True)
    stored = [one for one, letter in zip(names, letters, strict=True) if letter != "K"]
    key = names[0] if letters[0] == "K" else key
    values = ", ".join(f"?{number}" for number in range(2, 2 + len(stored)))
    into = ", ".join([key, *stored] if key else stored)
    values = f"{place}, {values}" if key else values
    return Table(
        Shape(" ".join(letters), newer=newer, has_integer_key=bool(key), mark=mark),
        check,
        f"INSERT OR IGNORE INTO {name} ({into}) VALUES ({values})",  # noqa: S608
        unique,
        is_collected,
        is_event,
    )


USERS = _table(
    "anonymous_users",
    "user_id:U secret:S account_id:T? is_linked:I",
    check_user,
    mark=b"\x55\x63",
)
PINGS = _table(
    "pings",
    "seq:K event_id:B user_id:T tutorial_id:T step_id:T status:T duration_ms:I"
    " occurred_ms:I variant:T? persona:T? run_id:B? tutorial_version:I? checksum:I"
    " assignment:T?",
    check_ping,
    place="?1",
    newer=1,
    is_collected=True,
    is_event=True,
)
_ANSWERS = _table(
    "survey_answers",
    "submission_id:B user_id:T tutorial_id:T nps:I? comment:T persona:T? occurred_ms:I"
    " answers:T? tutorial_version:I? is_complete:I checksum:I",
    check_answer,
    is_collected=True,
    is_event=True,
)
_OLD_ANSWERS = _ANSWERS._replace(
    shape=Shape("B T T I? T T? I I"), check=check_old_answer
)
#: In the order in which they come back: a user before what is that user's.
TABLES = (
    USERS,
    _table(
        "runs",
        "run_id:B user_id:U tutorial_id:T tutorial_version:I etag:T variant:T persona:T"
        " step_id:T status:T started_ms:I moved_ms:I?",
        check_run,
        newer=1,
    ),
    _table("completed_steps", "run_id:B step_id:T", check_nothing, key=None, unique=2),
    _table(
        "assignments",
        "user_id:U experiment_id:T variant:T epoch:I assigned_by:T",
        check_assignment,
        key=None,
        unique=2,
    ),
    _table(
        "survey_windows",
        "submission_id:B user_id:U answered_ms:I",
        check_owned,
        key=None,
    ),
    _table(
        "resumes",
        "user_id:U tutorial_id:T step_id:T position:I run_id:B? is_finished:I wall_ms:I"
        " counter:I device_id:B furthest_step:T furthest_position:I is_waiting:I",
        check_of_user,
        key=None,
        unique=2,
    ),
    _table(
        "progress",
        "user_id:U tutorial_id:T etag:T body:T",
        check_progress,
        key=None,
        unique=2,
    ),
    _table(
        "pending_steps",
        "user_id:U tutorial_id:T step_id:T",
        check_of_user,
        key=None,
        unique=3,
    ),
    _table(
        "config_cache",
        "user_id:U device:T key:T tutorial_id:T etag:T body:T fresh_until_ms:I used_ms:I"
        " is_current:I confirmed_ms:I? checksum:I? is_impersonal:I",
        check_config,
        key=None,
        newer=3,
        unique=3,
    ),
    _ANSWERS,
    _OLD_ANSWERS,
    _table(
        "set_aside",
        "id:K kind:T event_id:B user_id:T body:T code:T detail:T set_aside_ms:I"
        " occurred_ms:I?",
        check_set_aside,
        newer=1,
        unique=2,
        is_collected=True,
    ),
    PINGS,
)
