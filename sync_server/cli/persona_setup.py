"""What the commands of personas need before they start: libraries, database, key, workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
from psycopg import Connection

from sync_server.cli.database import (
    clear_errors,
    load_settings,
    ready_database,
    require_migrations,
)
from sync_server.db.pool import connect
from sync_server.keys import with_keys

if TYPE_CHECKING:
    from sync_server.personas.rotation import Rotation
    from sync_server.personas.users import Users

__all__ = ["connected", "prepared", "require", "users_of"]

#: What the extra "personas" brings.
_LIBRARIES = ("numpy", "scipy", "sklearn", "threadpoolctl")


@contextmanager
def connected() -> Iterator[Connection[Any]]:
    """Yield a connection to the database; ClickException if something is missing."""
    require(*_LIBRARIES)
    with clear_errors():
        url = ready_database(load_settings(), migrate=True)
        require_migrations(url)
    with connect(url) as connection:
        yield connection


@contextmanager
def prepared() -> Iterator[tuple[str, Rotation]]:
    """Yield the database's URL, and the rotation of its embeddings."""
    require(*_LIBRARIES)
    from sync_server.personas.rotation import Rotation

    with clear_errors():
        settings = with_keys(load_settings())
        url = ready_database(settings, migrate=True)
        require_migrations(url)
        rotation = Rotation(settings.comment_keys[0])
    yield url, rotation


@contextmanager
def users_of(
    workers: str | None, url: str, rotation: Rotation
) -> Iterator[Callable[[], Users] | None]:
    """Yield what makes the users of a refit, None for this process alone."""
    if workers is None:
        yield None
        return
    require("distributed", extra="personas,cluster")
    from sync_server.personas.shares import NoCertificateError, Shares, cluster

    with ExitStack() as stack:
        try:
            client = stack.enter_context(cluster(workers))
        except NoCertificateError as exc:
            raise click.ClickException(str(exc)) from exc
        except OSError as exc:
            raise click.ClickException(
                f"no Dask scheduler answers at {workers}"
            ) from exc
        yield partial(Shares, client, url, rotation)


def require(*libraries: str, extra: str = "personas") -> None:
    """ClickException if a library is not installed."""
    for library in libraries:
        try:
            import_module(library)
        except ImportError as exc:
            raise click.ClickException(
                f"{library} is missing; install it with: "
                f"pip install 'kazi-tutorial[server,{extra}]'"
            ) from exc
