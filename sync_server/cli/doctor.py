"""``kazi-server doctor``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import click

from sync_server.cli.database import EMBEDDED_FOLDER
from sync_server.cli.environment import known_variables, unknown_variable_lines
from sync_server.clock import system_clock
from sync_server.db.embedded import EmbeddedPostgresError, start_embedded
from sync_server.diagnosis.examination import examine
from sync_server.diagnosis.result import Level, Result, fault
from sync_server.settings import Settings

__all__ = ["doctor"]

_COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.FAULT: "red"}
_LEVEL_WIDTH = max(len(level) for level in Level)
_NAME_WIDTH = 18


@click.command()
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="KAZI_DOCTOR_JSON",
    show_envvar=True,
    help="Print one JSON object instead of lines.",
)
def doctor(as_json: bool) -> None:
    """Check this deployment and say what to do; changes nothing.

    Run it as the user that serves, with the same environment.  The exit code is 1 if there
    is a fault, 0 if there are only warnings.

    \b
    Examples:
      kazi-server doctor
      kazi-server doctor --json
    """
    results = []
    for result in _results():
        results.append(result)
        if not as_json:
            _print(result)
    is_healthy = all(result.level is not Level.FAULT for result in results)
    if as_json:
        click.echo(_as_json(results, is_healthy=is_healthy))
    else:
        click.echo(_summary(results))
    if not is_healthy:
        raise click.exceptions.Exit(1)


def _results() -> Iterator[Result]:
    root = click.get_current_context().find_root().command
    try:
        yield from examine(
            os.environ,
            unknown_variables=unknown_variable_lines(os.environ, known_variables(root)),
            database_url=_database_url,
            clock=system_clock,
        )
    except EmbeddedPostgresError as exc:
        yield fault(
            "database",
            str(exc),
            remedy="or set KAZI_DATABASE_URL to another PostgreSQL",
        )


def _database_url(settings: Settings) -> str | None:
    """Return where the database is; an embedded one is started, but never made."""
    if settings.database_url is not None:
        return settings.database_url
    folder = settings.data_dir / EMBEDDED_FOLDER
    return start_embedded(folder) if folder.exists() else None


def _print(result: Result) -> None:
    level = click.style(f"{result.level:{_LEVEL_WIDTH}}", fg=_COLOURS[result.level])
    click.echo(f"{level}  {result.name:{_NAME_WIDTH}}  {result.detail}")
    if result.remedy:
        click.echo(f"{'':{_LEVEL_WIDTH}}  {'':{_NAME_WIDTH}}  -> {result.remedy}")


def _summary(results: list[Result]) -> str:
    counts = [
        (sum(result.level is level for result in results), level)
        for level in (Level.FAULT, Level.WARNING)
    ]
    told = [
        f"{count} {level}{'s' if count > 1 else ''}" for count, level in counts if count
    ]
    return f"{len(results)} checks: {', '.join(told) or 'all is well'}"


def _as_json(results: list[Result], *, is_healthy: bool) -> str:
    checks = [
        {
            "name": result.name,
            "level": result.level.value,
            "detail": result.detail,
            "remedy": result.remedy,
        }
        for result in results
    ]
    return json.dumps({"healthy": is_healthy, "checks": checks}, ensure_ascii=False)
