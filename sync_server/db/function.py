"""Calls a function in the database that takes arrays, at the least cost for other threads.

A cursor of psycopg gives up the interpreter's lock at each of its calls of libpq.  With eight
threads somebody else has it when the cursor wants it back: one statement waited for its
turns for longer than PostgreSQL took.  libpq's own blocking call gives it up once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection, OperationalError
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGresult

from sync_server.db.arrays import ArrayType

__all__ = ["ArrayFunction"]


class ArrayFunction:
    """A function ``name(array, ...)`` that returns a set of whole numbers."""

    def __init__(self, name: str, types: Sequence[ArrayType]) -> None:
        self._types = tuple(types)
        self._oids = [type_.oid for type_ in types]
        self._formats = [Format.BINARY] * len(types)
        places = ", ".join(f"${number}" for number in range(1, len(types) + 1))
        self._command = f"SELECT {name}({places})".encode()

    def __call__(
        self, connection: Connection[Any], columns: Sequence[Sequence[Any]]
    ) -> list[int]:
        """Return the numbers; psycopg's errors as a cursor raises them.

        The connection must be in autocommit, and nobody else may use it meanwhile.
        """
        values = [
            type_.write(column)
            for type_, column in zip(self._types, columns, strict=True)
        ]
        session = connection.pgconn
        result = session.exec_params(self._command, values, self._oids, self._formats)
        if result.status != ExecStatus.TUPLES_OK:
            raise _error(connection, result)
        return [int(result.get_value(row, 0) or 0) for row in range(result.ntuples)]


def _error(connection: Connection[Any], result: PGresult) -> Exception:
    """Return what a cursor would raise."""
    if connection.pgconn.status == ConnStatus.BAD:
        return OperationalError(result.get_error_message())
    return error_from_result(result)
