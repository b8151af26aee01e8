"""``kazi-server tutorials``."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from sync_server.cli.database import (
    clear_errors,
    load_settings,
    ready_database,
    require_migrations,
)
from sync_server.db.pool import connect
from sync_server.tutorials.publishing import Outcome, publish
from sync_server.tutorials.reading import read_tutorial
from sync_server.tutorials.source import ImportFaults
from sync_server.tutorials.store import TutorialStore

__all__ = ["import_demo", "tutorials"]

DEMO_FILE = "welcome-tour.yaml"


@click.group()
def tutorials() -> None:
    """Manage tutorials."""


@tutorials.command(
    "import", short_help="Publish the tutorial and the experiments of a YAML FILE."
)
@click.argument(
    "file",
    # not "exists": of a file in a closed folder click would say that there is none
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
)
@click.option(
    "--dry-run",
    is_flag=True,
    envvar="KAZI_DRY_RUN",
    show_envvar=True,
    help="Check everything, change nothing.",
)
def import_file(file: Path, dry_run: bool) -> None:
    """Publish the tutorial and the experiments of a YAML FILE; - is standard input.

    Everything is checked first, and every fault is told with its line and column; then
    all is stored in one transaction.  The same content again changes nothing; other
    content becomes the next version.

    \b
    Examples:
      kazi-server tutorials import welcome-tour.yaml --dry-run
      kazi-server tutorials import welcome-tour.yaml
    """
    with clear_errors():
        text = _read(file)
        url = ready_database(load_settings(), migrate=True)
        require_migrations(url)
        outcomes = _import(url, text, file=file.name, dry_run=dry_run)
    for outcome in outcomes:
        prefix = "would be " if dry_run else ""
        click.echo(f"{outcome.what}: {prefix}{outcome.became}")


def import_demo(url: str) -> None:
    """Publish the demo tutorial that comes with the server."""
    text = resources.files("sync_server.demo").joinpath(DEMO_FILE).read_text("utf-8")
    _import(url, text, file=DEMO_FILE, dry_run=False)


def _import(url: str, text: str, *, file: str, dry_run: bool) -> list[Outcome]:
    try:
        tutorial, source = read_tutorial(text, file=file)
        with connect(url) as connection:
            return publish(
                connection, TutorialStore(), tutorial, source, dry_run=dry_run
            )
    except ImportFaults as exc:
        count = len(exc.faults)
        raise click.ClickException(
            f"{count} fault{'s' if count > 1 else ''}, nothing was imported\n{exc}"
        ) from exc


def _read(file: Path) -> str:
    try:
        with click.open_file(str(file), encoding="utf-8") as source:
            text: str = source.read()
            return text
    except UnicodeDecodeError as exc:
        raise click.ClickException(
            f"{file.name}: not UTF-8 (byte {exc.start}); save it as UTF-8"
        ) from exc
    except OSError as exc:
        raise click.ClickException(f"cannot read {file}: {exc.strerror}") from exc
