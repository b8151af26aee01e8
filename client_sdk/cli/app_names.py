"""The names that a function of the app says it registers."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from client_sdk.cli.tour_names import NameKind, Names

__all__ = ["names_from"]

_KINDS = {kind.plural: kind for kind in NameKind}


def names_from(place: str, names: Names) -> None:
    """Add what ``module:function`` returns; BadParameter says what is wrong with it.

    That is a dictionary of ``targets``, ``conditions``, ``events`` and ``hooks``, each
    some names or a dictionary by name, or the names of targets alone.
    """
    module_name, _, attribute = place.partition(":")
    if not module_name or not attribute:
        raise _fault(f"{place!r} is not of the form module:function")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = getattr(importlib.import_module(module_name), attribute)
        told = found() if callable(found) else found
    except Exception as exc:
        raise _fault(f"{place}: {type(exc).__name__}: {exc}") from exc
    by_kind = told if isinstance(told, Mapping) else {NameKind.TARGET.plural: told}
    for key, some in by_kind.items():
        if key not in _KINDS:
            raise _fault(f"{place}: {key!r} is not one of {', '.join(_KINDS)}")
        names.add(_KINDS[key], _strings(some, f"{place}: {key}"))


def _strings(value: object, place: str) -> list[str]:
    if isinstance(value, Iterable) and not isinstance(value, str):
        items = list(value)
        if all(isinstance(each, str) for each in items):
            return items
    raise _fault(f"{place} are no names but {value!r:.60}")


def _fault(detail: str) -> click.BadParameter:
    return click.BadParameter(detail, param_hint="--app")
