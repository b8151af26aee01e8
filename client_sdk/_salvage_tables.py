"""The tables whose rows are taken from a damaged file, one declaration each.

A declaration names the columns in the file's order with the letters of ``Shape``: both
how a row is found and how it is written follow from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

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
from client_sdk.contracts.value import Value, value

__all__ = ["PINGS", "TABLES", "USERS", "Table"]

#: Rows that come back stand before all that the new file has got meanwhile.
BEFORE = 1 << 40


@value(frozen=True, kw_only=True)
class Table(Value):
    """How the rows of one table are known and written."""

    name: str
    #: ``column:letter``, separated by spaces; one of ``K`` is the integer key.
    columns: str
    #: The letters alone of rows that an older version wrote in another way.
    letters: str | None = None
    #: Returns a row as this version stores it; None if it is not whole.
    check: Callable[[Row], Row | None]
    #: What names the integer key otherwise; None in a table that has none.
    key: str | None = "rowid"
    #: What is written as the key, of which ``?1`` is the damaged file's.
    place: str = f"?1 - {BEFORE}"
    #: How many of the last columns older rows have not.
    newer: int = 0
    #: How many of the first values name a row.
    unique: int = 1
    #: What is in all rows and in little else.
    mark: bytes = b""
    #: Whether its rows are a user's doing, which nobody collects after an opt-out.
    is_collected: bool = False
    #: Whether its rows are events, which are counted.
    is_event: bool = False

    @cached_property
    def shape(self) -> Shape:
        """What the rows look like."""
        letters = self.letters or " ".join(letter for _, letter in self._columns)
        has_key = self.key is not None
        return Shape(letters, newer=self.newer, has_integer_key=has_key, mark=self.mark)

    @cached_property
    def insert(self) -> str:
        """The statement that takes the key and then a checked row.

        It keeps what the file has.
        """
        named = {letter: name for name, letter in self._columns}
        names = [name for name, letter in self._columns if letter != "K"]
        places = [f"?{number}" for number in range(2, 2 + len(names))]
        if key := named.get("K", self.key):
            names, places = [key, *names], [self.place, *places]
        into, values = ", ".join(names), ", ".join(places)
        return f"INSERT OR IGNORE INTO {self.name} ({into}) VALUES ({values})"  # noqa: S608

    @property
    def _columns(self) -> list[tuple[str, str]]:
        pairs = (column.split(":") for column in self.columns.split())
        return [(name, letter) for name, letter in pairs]


USERS = Table(
    name="anonymous_users",
    columns="user_id:U secret:S account_id:T? is_linked:I",
    check=check_user,
    mark=b"\x55\x63",
)
PINGS = Table(
    name="pings",
    columns=(
        "seq:K event_id:B user_id:T tutorial_id:T step_id:T status:T duration_ms:I"
        " occurred_ms:I variant:T? persona:T? run_id:B? tutorial_version:I? checksum:I"
        " assignment:T?"
    ),
    check=check_ping,
    place="?1",
    newer=1,
    is_collected=True,
    is_event=True,
)
_ANSWERS = Table(
    name="survey_answers",
    columns=(
        "submission_id:B user_id:T tutorial_id:T nps:I? comment:T persona:T? occurred_ms:I"
        " answers:T? tutorial_version:I? is_complete:I checksum:I"
    ),
    check=check_answer,
    is_collected=True,
    is_event=True,
)
#: In the order in which they come back: a user before what is that user's.
TABLES = (
    USERS,
    Table(
        name="runs",
        columns=(
            "run_id:B user_id:U tutorial_id:T tutorial_version:I etag:T variant:T persona:T"
            " step_id:T status:T started_ms:I moved_ms:I?"
        ),
        check=check_run,
        newer=1,
    ),
    Table(
        name="completed_steps",
        columns="run_id:B step_id:T",
        check=check_nothing,
        key=None,
        unique=2,
    ),
    Table(
        name="assignments",
        columns="user_id:U experiment_id:T variant:T epoch:I assigned_by:T",
        check=check_assignment,
        key=None,
        unique=2,
    ),
    Table(
        name="survey_windows",
        columns="submission_id:B user_id:U answered_ms:I",
        check=check_owned,
        key=None,
    ),
    Table(
        name="resumes",
        columns=(
            "user_id:U tutorial_id:T step_id:T position:I run_id:B? is_finished:I wall_ms:I"
            " counter:I device_id:B furthest_step:T furthest_position:I is_waiting:I"
        ),
        check=check_of_user,
        key=None,
        unique=2,
    ),
    Table(
        name="progress",
        columns="user_id:U tutorial_id:T etag:T body:T",
        check=check_progress,
        key=None,
        unique=2,
    ),
    Table(
        name="pending_steps",
        columns="user_id:U tutorial_id:T step_id:T",
        check=check_of_user,
        key=None,
        unique=3,
    ),
    Table(
        name="config_cache",
        columns=(
            "user_id:U device:T key:T tutorial_id:T etag:T body:T fresh_until_ms:I used_ms:I"
            " is_current:I confirmed_ms:I? checksum:I? is_impersonal:I"
        ),
        check=check_config,
        key=None,
        newer=3,
        unique=3,
    ),
    _ANSWERS,
    replace(_ANSWERS, letters="B T T I? T T? I I", check=check_old_answer),
    Table(
        name="set_aside",
        columns=(
            "id:K kind:T event_id:B user_id:T body:T code:T detail:T set_aside_ms:I"
            " occurred_ms:I?"
        ),
        check=check_set_aside,
        newer=1,
        unique=2,
        is_collected=True,
    ),
    PINGS,
)
