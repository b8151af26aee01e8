"""Rows found in the bytes of a page, whatever has become of the page's own structure.

A row begins with the types of its values, which look like nothing else in the file.  The
format is sections 1.6 and 2.1 of https://sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from client_sdk._page_images import PageImages

__all__ = ["Found", "Shape", "Value"]

Value = int | str | bytes | None

_TEXT_OF = {
    # The integer key of a table, which stands before the row and is NULL within.
    "K": rb"\x00",
    "I": rb"[\x01-\x06\x08\x09]",
    "T": rb"(?:[\x0d-\x7f]|[\x80-\xff]{1,2}[\x00-\x7f])",
    # A user id: a UUID as text, or nothing.
    "U": rb"[\x55\x0d]",
    # 43 characters, as a secret has them.
    "S": rb"\x63",
    # 16 bytes, as ids have them.
    "B": rb"\x2c",
}
_PYTHON_TYPES = {"I": int, "T": str, "U": str, "S": str, "B": bytes, "K": int}
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


class Found(NamedTuple):
    """A row, and its integer key where the table has one and it can be read."""

    key: int | None
    values: tuple[Value, ...]


class Shape:
    """What the rows of one table look like.

    ``columns`` names the type of each value by a letter, with ``?`` where it may be NULL,
    separated by spaces.  The last ``newer`` ones are missing in older rows.  ``mark`` is
    in all of them and in few others: it spares looking closely at a page without it.
    """

    def __init__(
        self,
        columns: str,
        *,
        newer: int = 0,
        has_integer_key: bool = True,
        mark: bytes = b"",
    ) -> None:
        self._mark = mark
        self._columns = columns.split()
        types = [_type_pattern(one) for one in self._columns]
        old = self._fewest = len(types) - newer
        optional = b"".join(b"(?:" + one for one in types[old:]) + b")?" * newer
        header = b"".join(types[:old]) + optional
        longest = 1 + 3 * len(types)
        first = re.escape(bytes([1 + old])) + b"-" + re.escape(bytes([longest]))
        # The lookahead lets a row begin within what only looks like one.
        self._expression = b"(?=([" + first + b"])(" + header + b"))"
        self._has_integer_key = has_integer_key

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        return re.compile(self._expression, re.DOTALL)

    def find(self, images: PageImages) -> Iterator[Found]:
        """Yield the rows of this shape in all images; whether they are whole is not known."""
        for image in images:
            if self._mark in image:
                yield from self.find_in(image, images)

    def find_in(self, image: bytes, images: PageImages) -> Iterator[Found]:
        """Yield the rows of this shape in one image."""
        for match in self._pattern.finditer(image):
            start, header_bytes = match.start(), match.group(1)[0]
            try:
                types = _types(image[start + 1 : start + header_bytes])
            except LookupError:
                continue
            size = header_bytes + sum(_value_bytes(one) for one in types)
            key = self._key(start, size, image)
            for payload in self._payloads(start, size, image, images):
                values = self._values(payload[header_bytes:], types)
                if values is not None:
                    yield Found(key, values)

    def _values(self, body: bytes, types: list[int]) -> tuple[Value, ...] | None:
        if not self._fewest <= len(types) <= len(self._columns):
            return None
        try:
            values = tuple(_values(body, types))
        except ValueError:
            return None
        return values if all(map(_fits, self._columns, values)) else None

    def _payloads(
        self, start: int, size: int, image: bytes, images: PageImages
    ) -> Iterator[bytes]:
        """Yield a row's bytes, with those that had no place on its page.

        They are several where these others have been in several states.
        """
        local = _local_bytes(size, images.page_bytes, is_table=self._has_integer_key)
        payload = image[start : start + local]
        if local == size and len(payload) == size:
            yield payload
            return
        pointer = image[start + local : start + local + 4]
        for pages in (images.current, images.newest):
            rest = _overflow(pointer, size - local, pages)
            if len(payload) + len(rest) == size:
                yield payload + rest

    def _key(self, start: int, size: int, image: bytes) -> int | None:
        """Return the key before a row, if the row's size stands before that."""
        if not self._has_integer_key:
            return None
        begin = start - 1
        while begin > 0 and image[begin - 1] >= 0x80 and start - begin < 9:
            begin -= 1
        told = _varint(size)
        if begin < len(told) or image[begin - len(told) : begin] != told:
            return None
        key, _ = _read_varint(image, begin)
        return key - (1 << 64) if key >> 63 else key


def _type_pattern(column: str) -> bytes:
    pattern = _TEXT_OF[column[0]]
    return b"(?:\\x00|" + pattern + b")" if column.endswith("?") else pattern


def _fits(column: str, value: Value) -> bool:
    if value is None:
        return column.endswith("?") or column == "K"
    return isinstance(value, _PYTHON_TYPES[column[0]])


def _types(header: bytes) -> list[int]:
    types, at = [], 0
    while at < len(header):
        value, at = _read_varint(header, at)
        types.append(value)
    return types


def _value_bytes(code: int) -> int:
    if code >= 12:
        return (code - 12) // 2
    return _INTEGER_BYTES.get(code, 0)


def _values(body: bytes, types: list[int]) -> Iterator[Value]:
    at = 0
    for code in types:
        end = at + _value_bytes(code)
        yield _value(body[at:end], code)
        at = end


def _value(content: bytes, code: int) -> Value:
    if code == 0:
        return None
    if code in (8, 9):
        return code - 8
    if code in _INTEGER_BYTES:
        return int.from_bytes(content, "big", signed=True)
    if code < 12:
        raise ValueError("no value of ours has this type")
    return content.decode() if code % 2 else content


def _local_bytes(size: int, usable: int, *, is_table: bool) -> int:
    """Return how much of a row stands on its page (section 1.6)."""
    longest = usable - 35 if is_table else (usable - 12) * 64 // 255 - 23
    if size <= longest:
        return size
    shortest = (usable - 12) * 32 // 255 - 23
    fitting = shortest + (size - shortest) % (usable - 4)
    return fitting if fitting <= longest else shortest


def _overflow(pointer: bytes, size: int, pages: dict[int, bytes]) -> bytes:
    """Follow the pages of the rest of a row (section 1.6) as far as they are there."""
    content = b""
    while len(content) < size:
        page = pages.get(int.from_bytes(pointer, "big"), b"")
        if len(page) <= 4:
            break
        pointer = page[:4]
        content += page[4 : 4 + size - len(content)]
    return content


def _varint(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def _read_varint(content: bytes, at: int) -> tuple[int, int]:
    """Return an integer of up to nine bytes and where it ends; IndexError at the end."""
    value = 0
    for _ in range(8):
        byte = content[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at
    return value << 8 | content[at], at + 1
