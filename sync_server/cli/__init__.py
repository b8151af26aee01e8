"""The command line ``kazi-server``."""

from __future__ import annotations

import click

from sync_server.cli.migrate import migrate
from sync_server.cli.openapi import openapi
from sync_server.cli.serve import serve
from sync_server.cli.token import token
from sync_server.cli.tutorials import tutorials

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kazi-tutorial", prog_name="kazi-server")
def main() -> None:
    """Serve tutorials, and manage what is served.

    Every setting is an environment variable KAZI_*; docs/settings.md lists them.
    Without KAZI_DATABASE_URL an embedded PostgreSQL in KAZI_DATA_DIR is used.
    """


for command in (openapi, serve, migrate, token, tutorials):
    main.add_command(command)
