"""Named tuples that cost an app's start a third of what ``typing`` asks for them."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _NamedTupleType(type):
        """Makes the named tuple that a class body with annotations describes.

        ``typing.NamedTuple`` compiles every annotation, and nobody here reads one.
        """

        def __new__(cls, name: str, _: tuple[type, ...], body: dict[str, Any]) -> type:
            fields = body.get("__annotations__", {})
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults)  # noqa: PYI024
            for key, item in body.items():
                setattr(made, key, item)
            return made

    class _Base:
        """What a class names as its base to be made by _NamedTupleType."""

        def __mro_entries__(self, _: tuple[object, ...]) -> tuple[type, ...]:
            return (_MADE,)

    _MADE = type.__new__(_NamedTupleType, "NamedTuple", (), {})
    NamedTuple = _Base()
