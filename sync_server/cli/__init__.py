"""The command line ``kazi-server``."""

from __future__ import annotations

from importlib import import_module

import click

__all__ = ["main"]

#: Each is a module of this package, and in it a command of the same name.
_COMMANDS = (
    *("doctor", "openapi", "serve", "migrate", "token"),
    *("tutorials", "surveys", "keys", "retention", "users"),
)


class _Commands(click.Group):
    """Imports a command when it is asked for: one that prints a token needs no server."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"{__name__}.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kazi-tutorial", prog_name="kazi-server")
def main() -> None:
    """Serve tutorials, and manage what is served.

    Every setting is an environment variable KAZI_*; docs/settings.md lists them.
    Without KAZI_DATABASE_URL an embedded PostgreSQL in KAZI_DATA_DIR is used.
    """
