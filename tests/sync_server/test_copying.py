"""Arrays go into PostgreSQL and come back as they were, block by block."""

from __future__ import annotations

import numpy as np
import psycopg
import pytest

from sync_server.db.copying import RowFormat, smallints, uuids, vectors
from sync_server.db.pool import connect

FORMAT = RowFormat(uuids("id"), smallints("n"), vectors("v", 3))


@pytest.fixture
def connection(database_url):
    with connect(database_url) as connection:
        connection.execute("CREATE TABLE copied (id uuid, n smallint, v vector(3))")
        yield connection


def arrays(count):
    rng = np.random.default_rng(1)
    return {
        "id": rng.integers(0, 256, (count, 16), np.uint8),
        "n": np.arange(count, dtype=np.int16) - 3,
        "v": rng.normal(size=(count, 3)).astype(np.float32),
    }


def read(connection, **options):
    query = "SELECT id, n, v FROM copied ORDER BY n"
    blocks = list(FORMAT.read(connection, query, **options))
    sizes = [len(block["n"]) for block in blocks]
    if not blocks:
        return sizes, {}
    return sizes, {
        name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]
    }


@pytest.mark.parametrize("block_rows", [1, 3, 7, 8, 100])
def test_what_is_written_is_read(connection, block_rows):
    written = arrays(7)
    FORMAT.write(connection, "copied", written)

    sizes, found = read(connection, block_rows=block_rows)

    assert sum(sizes) == 7
    assert max(sizes) <= block_rows + 1
    for name, values in written.items():
        assert found[name].dtype == values.dtype
        assert np.array_equal(found[name], values)


def test_it_is_what_postgresql_understands(connection):
    FORMAT.write(connection, "copied", arrays(2))

    assert connection.execute(
        "SELECT count(DISTINCT id), min(n), max(n), min(vector_dims(v)) FROM copied"
    ).fetchone() == (2, -3, -2, 3)


def test_an_empty_table_has_no_blocks(connection):
    assert read(connection) == ([], {})


@pytest.mark.parametrize("values", ["null, '[1,2,3]'", "1, null"])
def test_a_null_is_refused(connection, values):
    FORMAT.write(connection, "copied", arrays(5))
    connection.execute(f"INSERT INTO copied SELECT gen_random_uuid(), {values}")

    with pytest.raises(ValueError, match="width"):
        read(connection)

    assert connection.execute("SELECT count(*) FROM copied").fetchone() == (6,)


def test_a_query_that_fails_at_the_end_raises_its_error(connection):
    FORMAT.write(connection, "copied", arrays(5))
    query = "SELECT id, CAST(1 / (n - 1) AS smallint), v FROM copied ORDER BY n"

    with pytest.raises(psycopg.errors.DivisionByZero):
        list(FORMAT.read(connection, query))

    assert read(connection)[0] == [5]


def test_who_stops_early_may_go_on_with_the_connection(connection):
    FORMAT.write(connection, "copied", arrays(1_000))
    blocks = FORMAT.read(connection, "SELECT id, n, v FROM copied", block_rows=10)

    next(blocks)
    blocks.close()

    assert sum(read(connection)[0]) == 1_000


def test_rows_that_postgresql_refuses_leave_none(connection):
    written = arrays(5)
    written["v"][4, 0] = np.nan

    with pytest.raises(psycopg.errors.DataException):
        FORMAT.write(connection, "copied", written)

    assert read(connection) == ([], {})
