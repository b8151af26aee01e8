"""The command line ``kazi-server``."""

from __future__ import annotations

import click

from sync_server.cli.activity import activity
from sync_server.cli.doctor import doctor
from sync_server.cli.keys import keys
from sync_server.cli.migrate import migrate
from sync_server.cli.openapi import openapi
from sync_server.cli.personas import personas
from sync_server.cli.retention import retention
from sync_server.cli.serve import serve
from sync_server.cli.surveys import surveys
from sync_server.cli.token import token
from sync_server.cli.tutorials import tutorials
from sync_server.cli.users import users

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kazi-tutorial", prog_name="kazi-server")
def main() -> None:
    """Serve tutorials, and manage what is served.

    Every setting is an environment variable KAZI_*; docs/settings.md lists them.
    Without KAZI_DATABASE_URL an embedded PostgreSQL in KAZI_DATA_DIR is used.
    """


for command in (
    *(doctor, openapi, serve, migrate, token),
    *(tutorials, activity, surveys, personas, keys, retention, users),
):
    main.add_command(command)
