"""``kazi-server users``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import click

from client_sdk.contracts.codec import format_timestamp
from client_sdk.contracts.identity import is_canonical_uuid
from sync_server.cli.database import (
    clear_errors,
    load_settings,
    ready_database,
    require_migrations,
)
from sync_server.cli.output import opened
from sync_server.clock import system_clock
from sync_server.crypto import CommentCipher
from sync_server.db.pool import Pool, open_pool
from sync_server.keys import with_keys
from sync_server.privacy.audit import COMMAND_LINE, AuditLog
from sync_server.privacy.erasure import Erasure
from sync_server.privacy.export import Export
from sync_server.privacy.traces import Traces
from sync_server.settings import Settings

__all__ = ["users"]

#: Seconds for which a command may hold its connection: nobody waits for its answer.
_STATEMENT_TIMEOUT_SECONDS = 3_600.0


def _user_id(_context: click.Context, _argument: click.Argument, text: str) -> UUID:
    if not is_canonical_uuid(text):
        raise click.BadParameter("a UUID in lower case with hyphens is needed")
    return UUID(text)


_USER = click.argument("user_id", metavar="UUID", callback=_user_id)


@click.group()
def users() -> None:
    """Export and erase what is held of a person."""


@users.command()
@_USER
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="KAZI_EXPORT_OUTPUT",
    show_envvar=True,
    help="File to write, readable by its owner alone; standard output by default.",
)
def export(user_id: UUID, output: Path | None) -> None:
    """Write everything that is held of the person, as JSON.

    Any user id of the person will do.  The export is noted in the audit log.

    \b
    Examples:
      kazi-server users export 0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69 --output user.json
    """
    with _ready() as (settings, pool), opened(output) as out:
        Export(
            pool,
            cipher=CommentCipher(settings.comment_keys),
            audit=AuditLog.of(settings),
            clock=system_clock,
        ).write(user_id, actor=COMMAND_LINE, out=out)


@users.command()
@_USER
@click.option(
    "--yes",
    is_flag=True,
    envvar="KAZI_ERASE_YES",
    show_envvar=True,
    help="Do not ask.",
)
def erase(user_id: UUID, yes: bool) -> None:
    """Erase the person everywhere; it cannot be undone.

    Any user id of the person will do.  Running servers forget the person within two
    seconds, and refuse what a device delivers late of the time before.

    \b
    Examples:
      kazi-server users erase 0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69
    """
    if not yes:
        click.confirm("Erase everything that is held of this person?", abort=True)
    with _ready() as (settings, pool):
        rows = Erasure(pool, AuditLog.of(settings)).erase(user_id, actor=COMMAND_LINE)
    click.echo(f"erased, {rows} rows")


@users.command("was-erased", short_help="Tell when the user was erased, and by whom.")
@_USER
@click.pass_context
def was_erased(context: click.Context, user_id: UUID) -> None:
    """Tell when the user was erased, and by whom; exit code 1 if never.

    \b
    Examples:
      kazi-server users was-erased 0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69
    """
    with _ready() as (settings, pool):
        trace = Traces(pool, AuditLog.of(settings)).of(user_id)
    for record in trace.records:
        at = format_timestamp(record.at)
        click.echo(f"{at} {record.action} by {record.actor}")
    if trace.erased_at is None:
        click.echo("never erased")
        context.exit(1)
    click.echo(f"erased at {format_timestamp(trace.erased_at)}")


@contextmanager
def _ready() -> Iterator[tuple[Settings, Pool]]:
    """Yield settings with keys, and a pool on a database with every migration."""
    with clear_errors():
        settings = with_keys(load_settings())
        url = ready_database(settings, migrate=True)
        require_migrations(url)
    with open_pool(
        url,
        max_size=1,
        timeout_seconds=settings.database_timeout_seconds,
        statement_timeout_seconds=_STATEMENT_TIMEOUT_SECONDS,
    ) as pool:
        yield settings, pool
