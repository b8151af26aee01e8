"""What we write down is what PostgreSQL reads, for every value that a column may have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st

from sync_server.db.arrays import (
    bigint_array,
    int_array,
    text_array,
    timestamptz_array,
    uuid_array,
)
from sync_server.db.pool import connect

# hypothesis adds the offset
EARLIEST, LATEST = datetime(2, 1, 1), datetime(9998, 1, 1)  # noqa: DTZ001
OFFSETS = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])
COLUMNS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "uuid": (uuid_array, st.uuids()),
    "text": (
        text_array,
        st.text(st.characters(exclude_characters="\0", codec="utf-8")),
    ),
    "int": (int_array, st.integers(-(2**31), 2**31 - 1)),
    "bigint": (bigint_array, st.integers(-(2**63), 2**63 - 1)),
    "timestamptz": (
        timestamptz_array,
        st.datetimes(EARLIEST, LATEST, timezones=OFFSETS),
    ),
}


@pytest.fixture(scope="module")
def connection(postgres):
    with postgres.database() as url, connect(url) as connection:
        yield connection


@pytest.mark.parametrize("column", COLUMNS)
def test_every_value_arrives_as_it_was(connection, column):
    write, values = COLUMNS[column]

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.none() | values, max_size=20))
    def check(items):
        query = f"SELECT pg_typeof(%s)::text, %s::{column}[]"
        kind, read = connection.execute(query, [write(items), write(items)]).fetchone()
        assert read == items
        assert kind == f"{ALIASES.get(column, column)}[]"

    check()


ALIASES = {
    "int": "integer",
    "timestamptz": "timestamp with time zone",
}


def test_the_same_parameter_may_be_of_another_type_in_the_next_statement(connection):
    ids = [UUID(int=7)]
    for _ in range(3):
        row = connection.execute(
            "SELECT %s, %s", [uuid_array(ids), text_array(["a", None])]
        ).fetchone()
        assert row == (ids, ["a", None])
