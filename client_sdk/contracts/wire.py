"""How a Python field is named on the wire, and the base of every wire type."""

from __future__ import annotations

from typing import Any, ClassVar

from client_sdk.contracts.value import Value, value as wire

__all__ = ["Wire", "wire", "wire_name"]

#: Names that the specification fixes and that camel-casing would not give (section 2.2).
_FIXED_NAMES = {"duration_ms": "t"}


def wire_name(field_name: str) -> str:
    """Return the JSON name of a field: ``tutorial_id`` becomes ``tutorialId``."""
    if field_name in _FIXED_NAMES:
        return _FIXED_NAMES[field_name]
    head, *rest = field_name.split("_")
    return head + "".join(word.capitalize() for word in rest)


class Wire(Value):
    """Base of the contract's frozen dataclasses, made by :func:`wire`.

    ``__pydantic_config__`` is a plain dictionary, so that the device needs no pydantic
    and the server still reads names and rules from the one definition.
    """

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "alias_generator": wire_name,
        "extra": "ignore",
        "strict": True,
    }
