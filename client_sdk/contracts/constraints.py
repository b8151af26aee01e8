"""Bounds that a field's type carries, told the same way to both sides.

The device asks a constraint for its ``fault``; pydantic asks it to narrow the schema,
from which the server also generates its OpenAPI document.  annotated-types would do the
same, and costs an app's start as much as half of the standard library it needs; named
tuples instead of plain classes, a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

__all__ = ["AtLeast", "AtMost", "Instant", "Length", "Satisfies"]

#: pydantic's core schema is a plain dictionary.
Schema = dict[str, Any]
Handler = Callable[[Any], Schema]


class AtLeast:
    """The number is not below ``bound``."""

    __slots__ = ("bound",)

    def __init__(self, bound: int) -> None:
        self.bound: int = bound

    def fault(self, value: int) -> str | None:
        """Return what is wrong with a value, or None."""
        return f"{value} is below {self.bound}" if value < self.bound else None

    def __get_pydantic_core_schema__(self, source: Any, handler: Handler) -> Schema:
        """Narrow pydantic's schema of the number."""
        return _narrowed(handler(source), ge=self.bound)


class AtMost:
    """The number is not above ``bound``."""

    __slots__ = ("bound",)

    def __init__(self, bound: int) -> None:
        self.bound: int = bound

    def fault(self, value: int) -> str | None:
        """Return what is wrong with a value, or None."""
        return f"{value} is above {self.bound}" if value > self.bound else None

    def __get_pydantic_core_schema__(self, source: Any, handler: Handler) -> Schema:
        """Narrow pydantic's schema of the number."""
        return _narrowed(handler(source), le=self.bound)


class Length:
    """The text has, or the array holds, ``least`` to ``most`` items."""

    __slots__ = ("least", "most")

    def __init__(self, least: int, most: int | None = None) -> None:
        self.least: int = least
        self.most: int | None = most

    def fault(self, value: Any) -> str | None:
        """Return what is wrong with a value, or None."""
        length = len(value)
        if length < self.least:
            return f"the length is {length}, at least {self.least} is needed"
        if self.most is not None and length > self.most:
            return f"the length is {length}, at most {self.most} is allowed"
        return None

    def __get_pydantic_core_schema__(self, source: Any, handler: Handler) -> Schema:
        """Narrow pydantic's schema of the text or array.

        An array is judged up to its first fault: one with a million bad items must not
        cost a million errors.
        """
        schema = _narrowed(handler(source), min_length=self.least)
        if schema["type"] == "tuple":
            schema["fail_fast"] = True
        return schema if self.most is None else _narrowed(schema, max_length=self.most)


class Satisfies:
    """The value passes a predicate; ``rule`` says in words what it asks for.

    ``pattern`` says it to a machine: an ECMA-262 regular expression for JSON Schema.  The
    predicate decides, for it may know more than a pattern can say.  Where the same values
    come again and again, a server remembers ``remembered`` good ones.
    """

    __slots__ = ("pattern", "predicate", "remembered", "rule")

    def __init__(
        self,
        predicate: Callable[[Any], bool],
        rule: str,
        pattern: str | None = None,
        remembered: int = 0,
    ) -> None:
        self.predicate: Callable[[Any], bool] = predicate
        self.rule: str = rule
        self.pattern: str | None = pattern
        self.remembered: int = remembered

    def fault(self, value: Any) -> str | None:
        """Return what is wrong with a value, or None."""
        return None if self.predicate(value) else self.rule

    def __get_pydantic_core_schema__(self, source: Any, handler: Handler) -> Schema:
        """Have pydantic ask the predicate after its own checks."""
        check: Callable[[Any], Any] = self._checked
        if self.remembered:
            check = lru_cache(self.remembered)(check)
        return {
            "type": "function-after",
            "function": {"type": "no-info", "function": check},
            "schema": handler(source),
        }

    def __get_pydantic_json_schema__(self, schema: Any, handler: Handler) -> Schema:
        """Tell the rule in the OpenAPI document too."""
        described = handler(schema)
        if self.pattern is not None:
            described["pattern"] = self.pattern
        return described

    def _checked(self, value: Any) -> Any:
        if not self.predicate(value):
            raise ValueError(self.rule)
        return value


class Instant:
    """The time says its UTC offset; without one it names no instant.

    The server turns it to UTC, because PostgreSQL refuses offsets of 16 hours and more,
    which RFC 3339 allows.
    """

    __slots__ = ("rule",)

    def __init__(
        self, rule: str = "the time needs a UTC offset, as in 2026-01-31T08:30:00Z"
    ) -> None:
        self.rule: str = rule

    def fault(self, value: datetime) -> str | None:
        """Return what is wrong with a value, or None."""
        return None if value.utcoffset() is not None else self.rule

    def __get_pydantic_core_schema__(self, source: Any, handler: Handler) -> Schema:
        """Have pydantic give the same instant in UTC."""
        return {
            "type": "function-after",
            "function": {"type": "no-info", "function": self._in_utc},
            "schema": handler(source),
        }

    def _in_utc(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError(self.rule)
        try:
            # also where the offset is none: times of one zone object compare much faster
            return value.astimezone(UTC)
        except OverflowError:
            raise ValueError("the time is not in the years 1 to 9999 of UTC") from None


def _narrowed(schema: Schema, **bounds: int) -> Schema:
    """Return the schema with bounds, under the predicates that stand around it."""
    if schema["type"] == "function-after":
        return {**schema, "schema": _narrowed(schema["schema"], **bounds)}
    return {**schema, **bounds}
