"""Calls with one wrong argument, of every public method."""

import inspect
from typing import Any

import pytest


class Hostile:
    """Raises whenever somebody looks at it."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("do not compare me")

    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        raise ValueError("do not look at me")

    def __repr__(self) -> str:
        raise ValueError("do not show me")


class Agreeable:
    """Equals whatever it is compared with, and is not to be found in any table."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        raise ValueError("do not look me up")


#: Nothing of this is right anywhere.
A_FRACTION = 7.5
WRONG = [
    A_FRACTION,
    b"bytes",
    object(),
    ["list"],
    {"a": 1},
    "nul\0",
    -1,
    float("nan"),
    Hostile(),
    Agreeable(),
]
KEPT = {"status", "close"}  # allowed at any time
#: Not the host app's: the client calls them.
INTERNAL = {"unlock_after_fork", "switch_user", "reload", "reload_progress", "save"}
#: A right value for every parameter of the public methods.
RIGHT: dict[str, Any] = {
    "tutorial_id": "welcome-tour",
    "step_id": "intro",
    "status": "started",
    "duration_ms": 1,
    "nps": 9,
    "comment": "",
    "complete": True,
    "was_shown": True,
    "persona": None,
    "answers": (),
    "token_provider": lambda: "token",
    "wipe": False,
    "timeout_seconds": 0.1,
    "listener": lambda event: None,
    "on_done": lambda result: None,
    "restart": False,
    "step_ids": (),
    "to": "team",
}


def public_methods(type_: type) -> list[str]:
    return [
        name
        for name, member in vars(type_).items()
        if not name.startswith("_") and inspect.isfunction(member)
    ]


def wrong_calls(type_: type) -> list[Any]:
    """One call for every parameter of every method and every wrong value."""
    return [
        pytest.param(method, name, value, id=f"{method}-{name}-{i}")
        for method in public_methods(type_)
        for name in list(inspect.signature(getattr(type_, method)).parameters)[1:]
        for i, value in enumerate(WRONG)
        if not (name == "timeout_seconds" and value is A_FRACTION)
        if not (name == "step_ids" and isinstance(value, list | dict))
    ]


def arguments(type_: type, method: str) -> dict[str, Any]:
    names = list(inspect.signature(getattr(type_, method)).parameters)[1:]
    return {name: RIGHT[name] for name in names}


def call_with(target: object, method: str, name: str, value: object) -> object:
    given = arguments(type(target), method) | {name: value}
    return getattr(target, method)(**given)
