"""``kazi-server personas``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import click
from psycopg import Connection

from client_sdk.contracts.codec import format_timestamp
from client_sdk.contracts.identity import is_canonical_uuid
from sync_server.cli.database import (
    clear_errors,
    load_settings,
    ready_database,
    require_migrations,
)
from sync_server.clock import system_clock
from sync_server.db.pool import connect
from sync_server.keys import with_keys

if TYPE_CHECKING:
    from sync_server.personas.refit import Outcome, Stage, Users
    from sync_server.personas.rotation import Rotation

__all__ = ["personas"]

#: What the extra "personas" brings.
_LIBRARIES = ("numpy", "scipy", "sklearn", "threadpoolctl")


def _user_id(_context: click.Context, _argument: click.Argument, text: str) -> UUID:
    if not is_canonical_uuid(text):
        raise click.BadParameter("a UUID in lower case with hyphens is needed")
    return UUID(text)


def _workers(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> str | None:
    if text is None or re.fullmatch(r"[1-9]\d?|(tcp|tls)://[\w.:\[\]-]+:\d+", text):
        return text
    raise click.BadParameter(
        "a number from 1 to 99 or an address as tls://scheduler:8786 is needed"
    )


_USER = click.argument("user_id", metavar="UUID", callback=_user_id)


@click.group()
def personas() -> None:
    """Compute personas, and choose which are served."""


@personas.command()
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 100),
    default=0,
    show_default=True,
    envvar="KAZI_PERSONAS_SEED",
    show_envvar=True,
    help="The same users and seed give the same model.",
)
@click.option(
    "--hold",
    "is_held",
    is_flag=True,
    envvar="KAZI_PERSONAS_HOLD",
    show_envvar=True,
    help="Write the personas, but do not serve them.",
)
@click.option(
    "--accept",
    "is_accepted",
    is_flag=True,
    envvar="KAZI_PERSONAS_ACCEPT",
    show_envvar=True,
    help="Serve the model although it keeps a bound not.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="KAZI_PERSONAS_PLOT",
    show_envvar=True,
    help="PNG file to draw the model into.",
)
@click.option(
    "--workers",
    callback=_workers,
    metavar="NUMBER|ADDRESS",
    envvar="KAZI_PERSONAS_WORKERS",
    show_envvar=True,
    help="Share the work: processes here, or the address of a Dask scheduler.",
)
def refit(
    seed: int,
    is_held: bool,
    is_accepted: bool,
    plot: Path | None,
    workers: str | None,
) -> None:
    """Count, find personas and serve them; best once a night.

    A model that keeps a bound not (docs/personas.md) is not served: the exit code is 3,
    and the personas of before stay.  If users really are others than they were, --accept
    serves it.  It may be interrupted at any time.

    --workers needs kazi-tutorial[cluster]; docs/personas.md says from when on it pays.

    \b
    Examples:
      kazi-server personas refit
      kazi-server personas refit --hold --plot personas.png
      kazi-server personas release
    """
    if plot is not None:
        _require("matplotlib", extra="plot")
    with _ready() as (url, rotation), _users(workers, url, rotation) as users:
        from sync_server.personas.refit import Refit, RefitBusyError
        from sync_server.personas.versions import PlacesBusyError

        try:
            with _Bars() as bars:
                outcome = Refit(
                    url, rotation, clock=system_clock, users=users, report=bars.show
                ).run(seed=seed, is_held=is_held, is_accepted=is_accepted)
        except (RefitBusyError, PlacesBusyError) as exc:
            raise click.ClickException(str(exc)) from exc
    for line in _lines(outcome):
        click.echo(line)
    if plot is not None and outcome.fit is not None:
        _draw(outcome, plot)
    if not outcome.is_written:
        sys.exit(3)


@personas.command()
def status() -> None:
    """Tell which model is served, and how good the last ones were.

    \b
    Examples:
      kazi-server personas status
    """
    from sync_server.personas.versions import Versions

    versions = Versions()
    with _connected() as connection:
        latest = versions.latest(connection, count=10)
        is_held = versions.is_held(connection)
    if not latest:
        click.echo("no personas yet; run: kazi-server personas refit")
    for version in latest:
        at = format_timestamp(version.served_at or version.ended_at or version.begun_at)
        click.echo(f"{version.version}: {version.status} ({version.source}) {at}")
        for line in _metric_lines(version.metrics):
            click.echo(f"   {line}")
        for fault in version.faults:
            click.echo(f"   not good: {fault}")
    if is_held:
        click.echo(
            "new models are held; let them go with: kazi-server personas release"
        )


@personas.command()
def hold() -> None:
    """Compute new personas, but serve what is served, until release.

    \b
    Examples:
      kazi-server personas hold
    """
    from sync_server.personas.versions import Versions

    with _connected() as connection:
        Versions().hold(connection, is_held=True)
    click.echo("held: new personas wait")


@personas.command()
def release() -> None:
    """Serve the personas that wait, if any do, and new ones from now on.

    \b
    Examples:
      kazi-server personas release
    """
    from sync_server.personas.versions import PlacesBusyError, Versions

    versions = Versions()
    with _connected() as connection:
        versions.hold(connection, is_held=False)
        try:
            version = versions.serve_next(connection)
        except PlacesBusyError as exc:
            raise click.ClickException(str(exc)) from exc
    if version is None:
        click.echo("released: the next personas are served as they come")
    else:
        click.echo(f"released: version {version} is served")


@personas.command()
def rollback() -> None:
    """Serve the personas of before the last switch, and hold new ones.

    Once more leads back again.

    \b
    Examples:
      kazi-server personas rollback
    """
    from sync_server.personas.versions import PlacesBusyError, Versions

    with _connected() as connection:
        try:
            version = Versions().serve_previous(connection)
        except PlacesBusyError as exc:
            raise click.ClickException(str(exc)) from exc
    if version is None:
        raise click.ClickException("there are no personas of before")
    click.echo(
        f"version {version} is served again, and new ones are held; let them go with: "
        "kazi-server personas release"
    )


@personas.command()
@_USER
def explain(user_id: UUID) -> None:
    """Tell why a user has the persona, and what speaks for the next one.

    \b
    Examples:
      kazi-server personas explain 0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69
    """
    with _ready() as (url, _), connect(url) as connection:
        from sync_server.personas.explaining import explanation

        for line in explanation(connection, user_id):
            click.echo(line)


@personas.command()
@_USER
@click.option(
    "--count",
    type=click.IntRange(1, 1_000),
    default=10,
    show_default=True,
    envvar="KAZI_PERSONAS_NEAREST",
    show_envvar=True,
    help="How many users to name.",
)
def nearest(user_id: UUID, count: int) -> None:
    """Name the users who are most alike, with their distance.

    \b
    Examples:
      kazi-server personas nearest 0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69 --count 5
    """
    with _ready() as (url, _), connect(url) as connection:
        from sync_server.personas.explaining import neighbours

        found = neighbours(connection, user_id, count=count)
    if found is None:
        raise click.ClickException("nothing is known of this user")
    for neighbour in found:
        click.echo(f"{neighbour.user_id} {neighbour.distance:7.3f} {neighbour.persona}")


@contextmanager
def _connected() -> Iterator[Connection[Any]]:
    _require(*_LIBRARIES)
    with clear_errors():
        url = ready_database(load_settings(), migrate=True)
        require_migrations(url)
    with connect(url) as connection:
        yield connection


@contextmanager
def _ready() -> Iterator[tuple[str, Rotation]]:
    """Yield the database's URL, and the rotation of its embeddings."""
    _require(*_LIBRARIES)
    from sync_server.personas.rotation import Rotation

    with clear_errors():
        settings = with_keys(load_settings())
        url = ready_database(settings, migrate=True)
        require_migrations(url)
        rotation = Rotation(settings.comment_keys[0])
    yield url, rotation


@contextmanager
def _users(
    workers: str | None, url: str, rotation: Rotation
) -> Iterator[Callable[[], Users] | None]:
    """Yield what makes the users of a refit, None for this process alone."""
    if workers is None:
        yield None
        return
    _require("distributed", extra="personas,cluster")
    from sync_server.personas.shares import Shares, cluster

    try:
        with cluster(workers) as client:
            yield partial(Shares, client, url, rotation)
    except OSError as exc:
        raise click.ClickException(f"no Dask scheduler answers at {workers}") from exc


def _require(*libraries: str, extra: str = "personas") -> None:
    """ClickException if a library is not installed."""
    for library in libraries:
        try:
            import_module(library)
        except ImportError as exc:
            raise click.ClickException(
                f"{library} is missing; install it with: "
                f"pip install 'kazi-tutorial[server,{extra}]'"
            ) from exc


class _Bars:
    """A progress bar for each stage, one after the other, on standard error."""

    def __init__(self) -> None:
        self._stage: Stage | None = None
        self._bar: Any = None
        self._done = 0

    def show(self, stage: Stage, done: int, total: int) -> None:
        """Show that so much of a stage was done."""
        if stage is not self._stage:
            self._end()
            self._stage, self._done = stage, 0
            self._bar = click.progressbar(
                length=total, label=f"{stage:<18}", file=sys.stderr
            )
            self._bar.__enter__()
        self._bar.length = max(total, 1)
        self._bar.update(done - self._done)
        self._done = done

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)


def _lines(outcome: Outcome) -> Iterator[str]:
    if not outcome.is_written:
        yield f"version {outcome.version}: refused, the personas of before are served"
    elif outcome.is_served:
        yield f"version {outcome.version}: {outcome.users:,} users, served"
    else:
        yield f"version {outcome.version}: {outcome.users:,} users, held"
    if outcome.is_written and outcome.fit is None:
        yield "   by rule: there is no model that could be served"
    if outcome.fit is not None:
        yield from (f"   {li}" for li in _metric_lines(outcome.fit.metrics.as_json()))
    yield from (f"   not good: {fault}" for fault in outcome.faults)


def _metric_lines(metrics: Any) -> Iterator[str]:
    if "sizes" not in metrics:
        return
    sizes = ", ".join(f"{name} {size:,}" for name, size in metrics["sizes"].items())
    yield f"{sizes}; little data {metrics['thin']:,}, refused {metrics['refused']:,}"
    yield (
        f"stability {metrics['stability']:.2f}, silhouette {metrics['silhouette']:.2f}, "
        f"lead of the names {metrics['lead']:.2f}"
    )
    if metrics["drift"] is not None:
        changed = metrics["changed_share"] or 0.0
        yield (
            f"since the last model: drift {metrics['drift']:.3f}, changed persona "
            f"{changed:.2%}, held at a border {metrics['held']:,}"
        )


def _draw(outcome: Outcome, path: Path) -> None:
    from sync_server.personas.plot import draw

    if outcome.fit is None:
        return
    try:
        draw(outcome.fit, path)
    except OSError as exc:
        raise click.ClickException(f"cannot write {path}: {exc.strerror}") from exc
    click.echo(f"drew {path}")
