"""What we write down is what PostgreSQL reads, for every value that a column may have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from psycopg.pq import ExecStatus, Format

from sync_server.db.arrays import BIGINTS, INTS, TEXTS, TIMES, UUIDS, ArrayType
from sync_server.db.pool import connect
from tests.support.effort import examples

# hypothesis adds the offset
EARLIEST, LATEST = datetime(2, 1, 1), datetime(9998, 1, 1)  # noqa: DTZ001
OFFSETS = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])
COLUMNS: dict[str, tuple[ArrayType, st.SearchStrategy[Any]]] = {
    "uuid": (UUIDS, st.uuids()),
    "text": (
        TEXTS,
        st.text(st.characters(exclude_characters="\0", codec="utf-8")),
    ),
    "int": (INTS, st.integers(-(2**31), 2**31 - 1)),
    "bigint": (BIGINTS, st.integers(-(2**63), 2**63 - 1)),
    "timestamptz": (
        TIMES,
        st.datetimes(EARLIEST, LATEST, timezones=OFFSETS),
    ),
}


@pytest.fixture(scope="module")
def connection(postgres):
    with postgres.database() as url, connect(url) as connection:
        yield connection


@pytest.mark.parametrize("column", COLUMNS)
def test_every_value_arrives_as_it_was(connection, column):
    written_as, values = COLUMNS[column]
    connection.execute(f"CREATE TEMP TABLE ours_{column} (read {column}[])")

    @settings(max_examples=examples(60))
    @given(st.lists(st.none() | values, max_size=20))
    def check(items):
        connection.execute(f"TRUNCATE ours_{column}")
        done = connection.pgconn.exec_params(
            f"INSERT INTO ours_{column} VALUES ($1)".encode(),
            [written_as.write(items)],
            [written_as.oid],
            [Format.BINARY],
        )
        assert done.status == ExecStatus.COMMAND_OK, done.get_error_message()
        ((read,),) = connection.execute(f"SELECT read FROM ours_{column}").fetchall()
        assert read == items

    check()
