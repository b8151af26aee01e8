"""``kazi-server migrate``."""

from __future__ import annotations

import click

from sync_server.cli.database import clear_errors, load_settings, ready_database
from sync_server.db.migrations import Migrator
from sync_server.db.pool import describe

__all__ = ["migrate"]


@click.command()
@click.option(
    "--dry-run",
    is_flag=True,
    envvar="KAZI_DRY_RUN",
    show_envvar=True,
    help="Only list what would be applied.",
)
def migrate(dry_run: bool) -> None:
    """Bring the database to the state that this version needs.

    Safe to run from any number of machines at once: one migrates, the others wait.

    \b
    Examples:
      kazi-server migrate --dry-run
      KAZI_DATABASE_URL=postgresql://... kazi-server migrate
    """
    with clear_errors():
        url = ready_database(load_settings(), migrate=False)
        migrator = Migrator(url)
        names = migrator.pending() if dry_run else migrator.apply()
    verb = "would apply" if dry_run else "applied"
    for name in names:
        click.echo(f"{verb} {name}")
    if not names:
        click.echo(f"the {describe(url)} has every migration")
