"""``kazi-server serve``."""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext
from functools import partial

import click

from sync_server.cli.database import (
    clear_errors,
    load_settings,
    ready_database,
    require_migrations,
    warn_of_unknown_variables,
)
from sync_server.cli.tutorials import import_demo
from sync_server.clock import system_clock
from sync_server.keys import with_keys
from sync_server.listening import require_free_port
from sync_server.personas.nightly import Nightly, last_begun
from sync_server.settings import Settings

__all__ = ["serve"]


@click.command()
@click.option(
    "--host",
    envvar="KAZI_HOST",
    show_envvar=True,
    help="Address to listen on, 127.0.0.1 by default.",
)
@click.option(
    "--port",
    envvar="KAZI_PORT",
    show_envvar=True,
    help="Port to listen on, 8080 by default.",
)
@click.option(
    "--workers",
    envvar="KAZI_WORKERS",
    show_envvar=True,
    help="Worker processes, 1 by default.",
)
@click.option(
    "--threads",
    envvar="KAZI_THREADS",
    show_envvar=True,
    help="Threads in each worker process, 4 by default.",
)
@click.option(
    "--demo",
    # text, so that Settings tells a wrong value of the variable together with all faults
    is_flag=True,
    type=str,
    flag_value="yes",
    default=None,
    envvar="KAZI_DEMO",
    show_envvar=True,
    help="Import the demo tutorial first.",
)
def serve(
    host: str | None,
    port: str | None,
    workers: str | None,
    threads: str | None,
    demo: str | None,
) -> None:
    """Serve until SIGTERM or Ctrl-C.

    With KAZI_DATABASE_URL set, nothing is migrated or generated unasked.  Without it, an
    embedded PostgreSQL is started and migrated, and keys are generated.

    \b
    Examples:
      kazi-server serve --demo
      KAZI_DATABASE_URL=postgresql://... kazi-server serve --host 0.0.0.0 --workers 2
    """
    # the values stay text: Settings checks them together with all others
    warn_of_unknown_variables()
    with clear_errors():
        settings = load_settings(
            KAZI_HOST=host,
            KAZI_PORT=port,
            KAZI_WORKERS=workers,
            KAZI_THREADS=threads,
            KAZI_DEMO=demo,
        )
        run(settings)


def run(settings: Settings) -> None:
    """Check everything that can be wrong before the first request, then serve."""
    from sync_server.serving import serve_forever

    settings = with_keys(settings)
    require_free_port(settings.host, settings.port)
    url = ready_database(settings, migrate=True)
    require_migrations(url)
    if settings.demo:
        import_demo(url)
    is_embedded = settings.database_url is None
    origin = "the embedded PostgreSQL" if is_embedded else "PostgreSQL"
    nightly = None
    if is_embedded and settings.personas_at is not None:
        nightly = Nightly(
            settings.personas_at, partial(last_begun, url), clock=system_clock
        )

    def announce() -> None:
        click.echo(
            f"Serving tutorials on http://{settings.host}:{settings.port} from {origin} "
            "(stop with Ctrl-C)",
            err=True,  # standard output has JSON lines only
        )
        if nightly is not None:
            nightly.start()

    with nightly or nullcontext():
        serve_forever(
            dataclasses.replace(settings, database_url=url), announce=announce
        )
