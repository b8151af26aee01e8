"""How a Python field is named on the wire, and the base of every wire type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

__all__ = ["Wire", "wire", "wire_name"]

T = TypeVar("T")

#: Names that the specification fixes and that camel-casing would not give (section 2.2).
_FIXED_NAMES = {"duration_ms": "t"}


def wire_name(field_name: str) -> str:
    """Return the JSON name of a field: ``tutorial_id`` becomes ``tutorialId``."""
    if field_name in _FIXED_NAMES:
        return _FIXED_NAMES[field_name]
    head, *rest = field_name.split("_")
    return head + "".join(word.capitalize() for word in rest)


if TYPE_CHECKING:
    # To a type checker a wire type is what it says: a frozen dataclass.
    from dataclasses import dataclass as wire
else:

    def wire(*, frozen: bool, kw_only: bool) -> Callable[[type[T]], type[T]]:
        """Return a decorator that makes a frozen dataclass, whose methods Wire has.

        ``dataclass`` compiles six methods for every class: with forty classes that took
        half of the time in which an app imports the SDK.
        """
        if not (frozen and kw_only):
            raise TypeError("a wire type is frozen and takes keywords only")
        return dataclass(
            init=False, repr=False, eq=False, match_args=False, slots=True, kw_only=True
        )


class Wire:
    """Base of the contract's frozen dataclasses, made by :func:`wire`.

    ``__pydantic_config__`` is a plain dictionary, so that the device needs no pydantic
    and the server still reads names and rules from the one definition.
    """

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "alias_generator": wire_name,
        "extra": "ignore",
        "strict": True,
    }

    if not TYPE_CHECKING:

        def __init__(self, **values: Any) -> None:
            for name, field in self.__dataclass_fields__.items():
                value = values.pop(name) if name in values else _default(self, field)
                object.__setattr__(self, name, value)
            if values:
                unknown = ", ".join(values)
                raise TypeError(f"{type(self).__name__} has no field {unknown}")

        def __setattr__(self, name: str, value: Any) -> None:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")

        def __delattr__(self, name: str) -> None:
            raise FrozenInstanceError(f"cannot delete field {name!r}")

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


def _default(value: Wire, field: Field[Any]) -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    raise TypeError(f"{type(value).__name__} needs the field {field.name}")


def _values(value: Any) -> tuple[Any, ...]:
    return tuple(getattr(value, name) for name in value.__dataclass_fields__)


def _restore(type_: type[T], values: dict[str, Any]) -> T:
    return type_(**values)
