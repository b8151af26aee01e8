"""What of the environment nobody reads: a mistyped name would be ignored in silence."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import click

from sync_server.variables import VARIABLES

__all__ = ["PREFIX", "known_variables", "unknown_variable_lines"]

PREFIX = "KAZI_"
#: Of the demo app and the benchmarks, which start servers.
_FOREIGN = ("KAZI_DEMO_", "KAZI_BENCH_")


def known_variables(command: click.Command) -> set[str]:
    """Return every setting, and the variables of a command's and its commands' options."""
    found = {variable.name for variable in VARIABLES}
    found |= {str(parameter.envvar) for parameter in command.params if parameter.envvar}
    if isinstance(command, click.Group):
        found = found.union(*(known_variables(c) for c in command.commands.values()))
    return found


def unknown_variable_lines(names: Iterable[str], known: set[str]) -> list[str]:
    """Return a line for each ``KAZI_*`` name that is none of ``known``; no values."""
    return [
        _line(name, known)
        for name in sorted(names)
        if name.startswith(PREFIX)
        and name not in known
        and not name.startswith(_FOREIGN)
    ]


def _line(name: str, known: set[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.8)
    hint = f"did you mean {close[0]}?" if close else "docs/settings.md lists all"
    return f"{name} is set, but there is no such setting; {hint}"
