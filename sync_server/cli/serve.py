"""``kazi-server serve``."""

from __future__ import annotations

import dataclasses

import click

from sync_server.cli.database import (
    clear_errors,
    load_settings,
    ready_database,
    require_migrations,
)
from sync_server.cli.tutorials import import_demo
from sync_server.keys import with_keys
from sync_server.settings import Settings

__all__ = ["serve"]


@click.command()
@click.option("--host", help="Address to listen on. [env: KAZI_HOST; 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on. [env: KAZI_PORT; 8080]")
@click.option("--workers", type=int, help="Processes. [env: KAZI_WORKERS; 1]")
@click.option(
    "--threads", type=int, help="Threads in each process. [env: KAZI_THREADS; 4]"
)
@click.option(
    "--demo",
    is_flag=True,
    envvar="KAZI_DEMO",
    help="Import the demo tutorial first. [env: KAZI_DEMO]",
)
def serve(
    host: str | None,
    port: int | None,
    workers: int | None,
    threads: int | None,
    demo: bool,
) -> None:
    """Serve until SIGTERM or Ctrl-C.

    With KAZI_DATABASE_URL set, nothing is migrated or generated unasked.  Without it, an
    embedded PostgreSQL is started and migrated, and keys are generated.

    \b
    Examples:
      kazi-server serve --demo
      KAZI_DATABASE_URL=postgresql://... kazi-server serve --host 0.0.0.0 --workers 2
    """
    with clear_errors():
        settings = load_settings(
            KAZI_HOST=host, KAZI_PORT=port, KAZI_WORKERS=workers, KAZI_THREADS=threads
        )
        run(settings, demo=demo)


def run(settings: Settings, *, demo: bool) -> None:
    """Check everything that can be wrong before the first request, then serve."""
    from sync_server.serving import require_free_port, serve_forever

    settings = with_keys(settings)
    require_free_port(settings.host, settings.port)
    url = ready_database(settings, migrate=True)
    require_migrations(url)
    if demo:
        import_demo(url)
    origin = (
        "the embedded PostgreSQL" if settings.database_url is None else "PostgreSQL"
    )
    serve_forever(
        dataclasses.replace(settings, database_url=url),
        announce=lambda: click.echo(
            f"Serving tutorials on http://{settings.host}:{settings.port} from {origin} "
            "(stop with Ctrl-C)"
        ),
    )
