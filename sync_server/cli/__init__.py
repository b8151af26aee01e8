"""The command line ``kazi-server``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import cast

import click

__all__ = ["main"]

#: What a shell says of a program that Ctrl-C ended; as in ``__main__``, which imports nothing.
_INTERRUPTED = 130

#: Each is a module of this package, and in it a command of the same name.
_NAMES = (
    *("doctor", "openapi", "serve", "migrate", "token"),
    *("tutorials", "activity", "surveys", "personas"),
    *("keys", "retention", "users"),
)


class _Commands(Mapping[str, click.Command]):
    """Imports a command when it is asked for: one that prints a token needs no server."""

    def __getitem__(self, name: str) -> click.Command:
        if name not in _NAMES:
            raise KeyError(name)
        try:
            module = import_module(f"{__name__}.{name}")
        except KeyboardInterrupt:
            # click would say that something was aborted, and nothing has begun
            sys.exit(_INTERRUPTED)
        command: click.Command = getattr(module, name)
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


@click.group(
    # no command is added later, which alone would need a mapping that can be changed
    commands=cast("MutableMapping[str, click.Command]", _Commands()),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="kazi-tutorial", prog_name="kazi-server")
def main() -> None:
    """Serve tutorials, and manage what is served.

    Every setting is an environment variable KAZI_*; docs/settings.md lists them.
    Without KAZI_DATABASE_URL an embedded PostgreSQL in KAZI_DATA_DIR is used.
    """
