"""What commands need before they start: settings, and a database that answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
import psycopg

from sync_server.cli.environment import known_variables, unknown_variable_lines
from sync_server.db.embedded import EmbeddedPostgresError, start_embedded
from sync_server.db.migrations import (
    MigrationLockError,
    MigrationRightsError,
    Migrator,
    named,
)
from sync_server.db.pool import connect, describe, reason
from sync_server.listening import ListenError
from sync_server.settings import Settings, SettingsError

__all__ = [
    "EMBEDDED_FOLDER",
    "clear_errors",
    "load_settings",
    "ready_database",
    "require_answer",
    "require_migrations",
    "warn_of_unknown_variables",
]

#: Folder of the embedded PostgreSQL inside the data folder.
EMBEDDED_FOLDER = "postgres"


def load_settings(**overrides: object) -> Settings:
    """Return the settings of the environment; options that were given come first."""
    given = {name: str(value) for name, value in overrides.items() if value is not None}
    return Settings.from_environ({**os.environ, **given})


def warn_of_unknown_variables() -> None:
    """Name every ``KAZI_*`` variable that nothing reads, on standard error."""
    root = click.get_current_context().find_root().command
    for line in unknown_variable_lines(os.environ, known_variables(root)):
        click.echo(f"Warning: {line}", err=True)


#: What an operator can mend.
_OPERATORS = (
    SettingsError,
    EmbeddedPostgresError,
    MigrationLockError,
    MigrationRightsError,
    ListenError,
)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn what an operator can mend into one clear line and exit code 1."""
    try:
        yield
    except _OPERATORS as exc:
        raise click.ClickException(str(exc)) from exc


def ready_database(settings: Settings, *, migrate: bool) -> str:
    """Return the URL of a database that answers.

    The embedded one is started, and migrated if wanted; another one only has to be there.
    """
    if settings.database_url is None:
        url = start_embedded(settings.data_dir / EMBEDDED_FOLDER)
        if migrate:
            Migrator(url).apply()
        return url
    require_answer(settings.database_url)
    return settings.database_url


def require_answer(url: str) -> None:
    """ClickException unless the database takes a connection."""
    try:
        connect(url).close()
    except psycopg.Error as exc:
        raise click.ClickException(
            f"cannot reach the {describe(url)}: {reason(exc)} (check KAZI_DATABASE_URL)"
        ) from exc


def require_migrations(url: str) -> None:
    """ClickException if the database lacks a migration of this code."""
    missing = Migrator(url).pending()
    if missing:
        raise click.ClickException(
            f"the {describe(url)} lacks the migrations {named(missing)}; "
            "run: kazi-server migrate"
        )
