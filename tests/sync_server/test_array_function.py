"""A function of the database is called in one go, and its errors are those of a cursor."""

from __future__ import annotations

import psycopg
import pytest

from sync_server.db.arrays import INTS, TEXTS
from sync_server.db.function import ArrayFunction
from sync_server.db.pool import connect

pytestmark = pytest.mark.direct

_DOUBLED = ArrayFunction("doubled", (INTS, TEXTS))


@pytest.fixture
def connection(database_url):
    with connect(database_url) as connection:
        connection.execute(
            "CREATE FUNCTION doubled(numbers int[], texts text[]) RETURNS SETOF int"
            " LANGUAGE sql AS 'SELECT n * 2 FROM unnest(numbers) AS n'"
        )
        yield connection


def test_it_returns_every_number(connection):
    assert _DOUBLED(connection, ([1, 2, 3], ["a", None])) == [2, 4, 6]
    assert _DOUBLED(connection, ([], [])) == []


def test_a_fault_of_the_statement_is_told_by_its_class(connection):
    with pytest.raises(psycopg.errors.NumericValueOutOfRange):
        _DOUBLED(connection, ([2**31 - 1], []))
    assert _DOUBLED(connection, ([4], [])) == [8]


def test_a_connection_that_was_cut_is_an_operational_error(connection, database_url):
    with connect(database_url) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])

    with pytest.raises(psycopg.OperationalError):
        _DOUBLED(connection, ([1], []))
    with pytest.raises(psycopg.OperationalError):
        _DOUBLED(connection, ([1], []))
    assert connection.broken


def test_the_number_of_arguments_is_checked(connection):
    with pytest.raises(ValueError, match="argument"):
        _DOUBLED(connection, ([1],))
