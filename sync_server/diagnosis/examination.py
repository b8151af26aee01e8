"""All checks of a deployment, one after the other; none changes anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import psycopg

from sync_server.clock import Clock
from sync_server.db.embedded import is_embedded_installed
from sync_server.db.pool import connect, describe, reason
from sync_server.diagnosis.capacity import capacity_results
from sync_server.diagnosis.database import Database, database_results
from sync_server.diagnosis.keys import identity_results, stored_key_results
from sync_server.diagnosis.machine import folder_results, listen_results
from sync_server.diagnosis.personas import persona_results
from sync_server.diagnosis.result import Result, fault, ok, warning
from sync_server.diagnosis.secrets import (
    key_file_results,
    secret_results,
    with_found_keys,
)
from sync_server.settings import Settings, SettingsError

__all__ = ["examine"]


def examine(
    environ: Mapping[str, str],
    *,
    unknown_variables: Iterable[str],
    database_url: Callable[[Settings], str | None],
    clock: Clock,
) -> Iterator[Result]:
    """Yield the results as they come.

    ``unknown_variables`` are lines about variables that nothing reads; ``database_url``
    says where the database is, None where there is none yet.
    """
    for line in unknown_variables:
        yield warning("settings", line, remedy="unset it, or correct its name")
    try:
        settings = Settings.from_environ(environ)
    except SettingsError as exc:
        for text in exc.faults:
            name, _, detail = text.partition(": ")
            yield fault("settings", f"{name} is wrong", remedy=detail)
        return
    yield ok("settings", "every variable can be read")
    yield from secret_results(settings)
    if settings.database_url is None:
        yield from key_file_results(settings.data_dir)
    yield from folder_results(settings)
    yield from listen_results(settings)
    yield from identity_results(settings)
    yield from _of_database(with_found_keys(settings), database_url, clock)


def _no_embedded(settings: Settings) -> Result:
    """Return what to say of an embedded PostgreSQL that was never started."""
    if is_embedded_installed():
        return warning(
            "database",
            f"no embedded PostgreSQL in {settings.data_dir} yet",
            remedy="kazi-server serve makes it; in production set KAZI_DATABASE_URL",
        )
    return fault(
        "database",
        "no KAZI_DATABASE_URL is set, and no embedded PostgreSQL is installed",
        remedy="set KAZI_DATABASE_URL",
    )


def _of_database(
    settings: Settings, database_url: Callable[[Settings], str | None], clock: Clock
) -> Iterator[Result]:
    url = database_url(settings)
    if url is None:
        yield _no_embedded(settings)
        return
    try:
        with connect(url) as connection:
            yield ok("database", f"{describe(url)} answers")
            database = Database(connection=connection, settings=settings, clock=clock)
            yield from database_results(database)
            yield from capacity_results(database, url)
            yield from stored_key_results(database)
            yield from persona_results(database)
    except psycopg.OperationalError as exc:
        yield fault(
            "database",
            f"cannot reach the {describe(url)}: {reason(exc)}",
            remedy="check that PostgreSQL runs and lets this machine in, and "
            "KAZI_DATABASE_URL",
        )
    except psycopg.Error as exc:
        yield fault(
            "database",
            f"a check failed: {type(exc).__name__}",
            remedy="grant the role access to the tables, or serve with their owner",
        )
