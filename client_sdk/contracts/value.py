"""Frozen dataclasses that cost an app's start next to nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from inspect import get_annotations
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

__all__ = ["Value", "value"]

T = TypeVar("T")


if TYPE_CHECKING:
    # To a type checker a value is what it says: a frozen dataclass.
    from dataclasses import dataclass as value
else:

    def value(*, frozen: bool, kw_only: bool) -> Callable[[type[T]], type[T]]:
        """Return a decorator that makes a frozen dataclass, whose methods Value has.

        ``dataclass`` compiles six methods for every class: with forty classes that took
        half of the time in which an app imports the SDK.  The fields, too, are read only
        when somebody needs them: most classes of an app's start it never uses.
        """
        if not (frozen and kw_only):
            raise TypeError("a value is frozen and takes keywords only")

        def mark(type_: type[T]) -> type[T]:
            type_.__dataclass_fields__ = _UNREAD
            return type_

        return mark


class _Unread:
    """Stands for the fields of a class until they are asked for."""

    def __get__(self, value: object | None, type_: type) -> dict[str, Field[Any]]:
        found = {name: f for base in type_.__bases__ for name, f in _fields(base)}
        found.update((f.name, f) for f in _read(type_))
        # Two threads may both come here: they find the same, and the later one stays.
        type_.__dataclass_fields__ = found  # type: ignore[attr-defined]
        return found


_UNREAD = _Unread()


@dataclass(init=False, repr=False, eq=False, match_args=False)
class _Sample:
    """Shows what ``dataclass`` makes of a field."""

    value: int = 0


def _read(type_: type) -> Iterator[Field[Any]]:
    """Yield the fields of a class as ``dataclass`` would, in a fraction of its time."""
    sample: Any = fields(_Sample)[0]
    for name, annotation in get_annotations(type_).items():
        default = type_.__dict__.get(name, MISSING)
        found: Any = default if isinstance(default, Field) else field(default=default)
        found.name, found.type, found.kw_only = name, annotation, True
        # By this ``dataclasses`` tells a field from what else may be annotated.
        found._field_type = sample._field_type  # noqa: SLF001
        yield found


def _fields(type_: type) -> Iterable[tuple[str, Field[Any]]]:
    return getattr(type_, "__dataclass_fields__", {}).items()


class Value:
    """Base of the frozen dataclasses made by :func:`value`."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    if not TYPE_CHECKING:

        def __init__(self, **values: Any) -> None:
            for name, field in self.__dataclass_fields__.items():
                given = values.pop(name) if name in values else _default(self, field)
                object.__setattr__(self, name, given)
            if values:
                unknown = ", ".join(values)
                raise TypeError(f"{type(self).__name__} has no field {unknown}")
            self.__post_init__()

        def __setattr__(self, name: str, value: Any) -> None:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")

        def __delattr__(self, name: str) -> None:
            raise FrozenInstanceError(f"cannot delete field {name!r}")

        def __post_init__(self) -> None:
            """Refuse values that cannot be right: for classes that have such."""

    def __eq__(self, other: object) -> bool:
        """Tell whether the other is of the same type and has the same values."""
        if other.__class__ is not self.__class__:
            return NotImplemented
        return _values(self) == _values(other)

    def __hash__(self) -> int:
        """Return the hash of all values; TypeError where one has none."""
        return hash((self.__class__, _values(self)))

    def __repr__(self) -> str:
        """Return the type and all fields with their values."""
        pairs = zip(self.__dataclass_fields__, _values(self), strict=True)
        body = ", ".join(f"{name}={value!r}" for name, value in pairs)
        return f"{type(self).__qualname__}({body})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Have copies and pickles made by the constructor: fields cannot be set."""
        values = dict(zip(self.__dataclass_fields__, _values(self), strict=True))
        return _restore, (type(self), values)


def _default(value: Value, field: Field[Any]) -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    raise TypeError(f"{type(value).__name__} needs the field {field.name}")


def _values(value: Any) -> tuple[Any, ...]:
    return tuple(getattr(value, name) for name in value.__dataclass_fields__)


def _restore(type_: type[T], values: dict[str, Any]) -> T:
    return type_(**values)
