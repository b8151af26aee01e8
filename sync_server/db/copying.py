"""Rows of one width between PostgreSQL and NumPy, by binary COPY.

psycopg makes Python objects of every row; here a block of rows is one array, written and
read in the format that PostgreSQL documents ("Binary Format" under COPY).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

__all__ = ["BLOCK_ROWS", "Column", "RowFormat", "smallints", "uuids", "vectors"]

#: Rows that are read or written at once: with 32 features 10 MiB.
BLOCK_ROWS = 65_536
#: Signature, flags and length of the extension in front of the first row.
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
#: In place of a row's number of fields, behind the last row.
_TRAILER = b"\xff\xff"

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column whose values all have the same width.

    ``wire`` and ``shape`` tell the numbers of one value as PostgreSQL sends them, ``head``
    the bytes in front of them; ``native`` is the type of the array.
    """

    name: str
    wire: str
    native: Any
    shape: tuple[int, ...] = ()
    head: bytes = field(default=b"", kw_only=True)

    @property
    def width(self) -> int:
        """Bytes of one value."""
        return len(self.head) + np.dtype((self.wire, self.shape)).itemsize


def uuids(name: str) -> Column:
    """Return a column of type uuid; its array has the shape (n, 16), of bytes."""
    return Column(name, "u1", np.uint8, (16,))


def smallints(name: str) -> Column:
    """Return a column of type smallint."""
    return Column(name, ">i2", np.int16)


def vectors(name: str, dimensions: int) -> Column:
    """Return a column of pgvector's type; its array has the shape (n, dimensions)."""
    head = dimensions.to_bytes(2, "big") + bytes(2)
    return Column(name, ">f4", np.float32, (dimensions,), head=head)


class RowFormat:
    """How the rows of some columns, none of them null, look in a binary COPY."""

    def __init__(self, *columns: Column) -> None:
        self._columns = columns
        parts: list[Any] = [("fields", ">i2")]
        for number, column in enumerate(columns):
            parts.append((f"width {number}", ">i4"))
            if column.head:
                parts.append((f"head {number}", f"V{len(column.head)}"))
            parts.append((f"value {number}", column.wire, column.shape))
        self._dtype = np.dtype(parts)

    def read(
        self, connection: Connection[Any], query: str, *, block_rows: int = BLOCK_ROWS
    ) -> Generator[dict[str, NDArray[Any]], None, None]:
        """Yield blocks of the query's rows, an array for each column.

        Nobody else may use the connection meanwhile.  Whoever stops early should close
        the iterator: the query is cancelled then.

        Raises:
            ValueError: A value is null or of another width.
            psycopg.Error: The query failed.
        """
        size = block_rows * self._dtype.itemsize
        data = bytearray()
        with _CopyOut(connection, query) as rows:
            for row in rows:
                data += row
                if len(data) >= size + len(_HEADER):
                    yield self._decoded(data)
        if len(data) > len(_HEADER) + len(_TRAILER):
            yield self._decoded(data)

    def write(self, connection: Connection[Any], table: str, arrays: Arrays) -> None:
        """Add rows to a table, all or none."""
        count = len(arrays[self._columns[0].name])
        blocks = (
            slice(begin, begin + BLOCK_ROWS) for begin in range(0, count, BLOCK_ROWS)
        )
        pieces = (
            self.encoded({name: array[block] for name, array in arrays.items()})
            for block in blocks
        )
        self.write_encoded(connection, table, pieces)

    def write_encoded(
        self, connection: Connection[Any], table: str, pieces: Iterable[bytes]
    ) -> None:
        """Add rows of :meth:`encoded`, of this format or of others with its columns."""
        names = ", ".join(column.name for column in self._columns)
        command = f"COPY {table} ({names}) FROM STDIN (FORMAT binary)"
        with connection.cursor() as cursor, cursor.copy(command) as copy:
            copy.write(_HEADER)
            for piece in pieces:
                copy.write(piece)
            copy.write(_TRAILER)

    def encoded(self, arrays: Arrays) -> bytes:
        """Return rows as PostgreSQL reads them."""
        values = [arrays[column.name] for column in self._columns]
        rows = np.zeros(len(values[0]), self._dtype)
        rows["fields"] = len(self._columns)
        for number, column in enumerate(self._columns):
            rows[f"width {number}"] = column.width
            if column.head:
                rows[f"head {number}"] = np.void(column.head)
            rows[f"value {number}"] = values[number]
        return rows.tobytes()

    def _decoded(self, data: bytearray) -> dict[str, NDArray[Any]]:
        """Take the whole rows off the front of the data."""
        begin = len(_HEADER) if data.startswith(_HEADER) else 0
        count = (len(data) - begin) // self._dtype.itemsize
        end = begin + count * self._dtype.itemsize
        rows = np.frombuffer(bytes(memoryview(data)[begin:end]), self._dtype)
        del data[:end]
        if data not in (b"", _TRAILER):
            raise ValueError("a row has another width than its columns")
        return {
            column.name: self._values(rows, number)
            for number, column in enumerate(self._columns)
        }

    def _values(self, rows: NDArray[Any], number: int) -> NDArray[Any]:
        column = self._columns[number]
        if np.any(rows[f"width {number}"] != column.width):
            raise ValueError(f"{column.name}: a value is null or of another width")
        return rows[f"value {number}"].astype(column.native)


class _CopyOut:
    """The pieces of ``COPY (query) TO STDOUT``: one row each, the first with the header.

    libpq's own blocking call takes half of the time of psycopg's iterator.
    """

    def __init__(self, connection: Connection[Any], query: str) -> None:
        self._connection = connection
        self._session = connection.pgconn
        self._command = f"COPY ({query}) TO STDOUT (FORMAT binary)".encode()
        self._is_over = False

    def __enter__(self) -> Iterator[Any]:
        result = self._session.exec_(self._command)
        if result.status != ExecStatus.COPY_OUT:
            raise error_from_result(result)
        return self._pieces()

    def __exit__(self, *error: object) -> None:
        if not self._is_over:
            self._connection.cancel_safe()
            for _ in self._pieces(is_wanted=False):
                pass

    def _pieces(self, *, is_wanted: bool = True) -> Iterator[Any]:
        while True:
            length, piece = self._session.get_copy_data(0)
            if length < 0:
                break
            yield piece
        self._is_over = True
        result = self._session.get_result()
        while result is not None:
            if is_wanted and result.status != ExecStatus.COMMAND_OK:
                raise error_from_result(result)
            result = self._session.get_result()
