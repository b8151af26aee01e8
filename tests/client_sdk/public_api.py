"""The public surface as text: names, signatures, fields and members.

``python -m tests.client_sdk.public_api`` renews the file that the test compares with.
"""

import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING
from enum import Enum, EnumMeta
from pathlib import Path
from types import ModuleType
from typing import Any

import client_sdk
import client_sdk.platforms
import client_sdk.testing

SNAPSHOT = Path(__file__).with_suffix(".txt")
MODULES = (client_sdk, client_sdk.testing, client_sdk.platforms)


def describe() -> str:
    """Return the public surface of today, one name a line, members indented."""
    return "".join(f"{line}\n" for module in MODULES for line in _module(module))


def _module(module: ModuleType) -> Iterator[str]:
    yield f"# {module.__name__}"
    for name in sorted(module.__all__):
        yield from _name(name, getattr(module, name))
    yield ""


def _name(name: str, found: Any) -> Iterator[str]:
    if not inspect.isclass(found):
        if inspect.isfunction(found):
            yield f"def {name}{_signature(found)}"
        else:
            yield f"{name} = {_value(found)}"
        return
    bases = ", ".join(base.__name__ for base in found.__bases__ if base is not object)
    yield f"class {name}({bases})" if bases else f"class {name}"
    if isinstance(found, EnumMeta):
        members: list[Any] = list(found)
        yield from (f"    {member.name} = {member.value!r}" for member in members)
        return
    yield from _fields(found)
    yield from _members(found)


def _fields(found: Any) -> Iterator[str]:
    for name, field in getattr(found, "__dataclass_fields__", {}).items():
        default = "" if field.default is MISSING else f" = {_Shown(field.default)}"
        yield f"    {name}: {field.type}{default}"
    for name in getattr(found, "_fields", ()):
        hint = found.__annotations__[name]
        defaults = found._field_defaults
        default = f" = {_Shown(defaults[name])}" if name in defaults else ""
        yield f"    {name}: {getattr(hint, '__forward_arg__', hint)}{default}"


def _members(found: Any) -> Iterator[str]:
    fields = {
        *getattr(found, "__dataclass_fields__", ()),
        *getattr(found, "_fields", ()),
    }
    if getattr(found, "_is_protocol", False):
        fields.add("__init__")
    for name in sorted(vars(found)):
        member = vars(found)[name]
        if (name.startswith("_") and name != "__init__") or name in fields:
            continue
        if isinstance(member, property) and member.fget is not None:
            yield f"    {name} -> {member.fget.__annotations__['return']}"
        elif isinstance(member, classmethod | staticmethod):
            yield f"    {type(member).__name__} {name}{_signature(member.__func__)}"
        elif inspect.isfunction(member):
            is_async = "async " if inspect.iscoroutinefunction(member) else ""
            yield f"    {is_async}def {name}{_signature(member)}"


def _signature(function: Any) -> str:
    signature = inspect.signature(function)
    parameters = [
        one.replace(default=_Shown(one.default))
        if one.default is not one.empty
        else one
        for one in signature.parameters.values()
    ]
    # Without the quotes around annotations that are not evaluated.
    text = str(signature.replace(parameters=parameters))
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)


def _value(found: object) -> str:
    """Return a type's alias without the modules it is made of, and plain values."""
    alias = re.sub(r"[a-z_][\w.]*\.", "", repr(found))
    return alias if "Callable" in alias else repr(_Shown(found))


class _Shown:
    """A default in a signature: as in the source where it is short, else three dots."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __repr__(self) -> str:
        if isinstance(self._value, Enum):
            return str(f"{type(self._value).__name__}.{self._value.name}")
        is_plain = self._value is None or isinstance(
            self._value, int | float | str | tuple
        )
        return repr(self._value) if is_plain else "..."


if __name__ == "__main__":
    SNAPSHOT.write_text(describe())
