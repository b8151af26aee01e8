"""What the code says of itself, in words for people who read the OpenAPI document."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection
from functools import lru_cache

from client_sdk.contracts.wire import wire_name

__all__ = ["comments_of", "prose"]

_MEMBER = re.compile(r"\s+(\w+)\s*[:=]")
_ROLE = re.compile(r":\w+:`~?(?:[\w.]*\.)?(\w+)`")
_LITERAL = re.compile(r"``(.+?)``", re.DOTALL)
#: A line break inside a paragraph, but not before an item of a list or a table's row.
_WRAP = re.compile(r"(?<!\n)\n(?!\n|[-|*] |\s{2,})")


@lru_cache
def comments_of(cls: type) -> dict[str, str]:
    """Return the ``#:`` comment above each field or member of a class, where it has one."""
    comments: dict[str, str] = {}
    pending: list[str] = []
    for line in inspect.getsource(cls).splitlines():
        text = line.strip()
        if text.startswith("#:"):
            pending.append(text.removeprefix("#:").strip())
            continue
        member = _MEMBER.match(line)
        if member and pending:
            comments[member[1]] = prose(" ".join(pending))
        pending = []
    return comments


def prose(text: str | None, fields: Collection[str] = ()) -> str:
    """Return a docstring as Markdown; names of ``fields`` become those of the wire."""

    def literal(match: re.Match[str]) -> str:
        name = match[1]
        return f"`{wire_name(name) if name in fields else name}`"

    cleaned = _ROLE.sub(r"`\1`", inspect.cleandoc(text or ""))
    return _WRAP.sub(" ", _LITERAL.sub(literal, cleaned)).replace(".  ", ". ")
