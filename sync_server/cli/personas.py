"""``kazi-server personas``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from uuid import UUID

import click

from client_sdk.contracts.codec import format_timestamp
from client_sdk.contracts.identity import is_canonical_uuid
from sync_server.cli.persona_output import (
    Bars,
    draw_fit,
    metric_lines,
    outcome_lines,
)
from sync_server.cli.persona_setup import connected, prepared, require, users_of
from sync_server.clock import system_clock
from sync_server.db.pool import connect

__all__ = ["personas"]


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
        require("matplotlib", extra="plot")
    with prepared() as (url, rotation), users_of(workers, url, rotation) as users:
        from sync_server.personas.refit import Refit, RefitBusyError
        from sync_server.personas.versions import PlacesBusyError

        try:
            with Bars() as bars:
                outcome = Refit(
                    url, rotation, clock=system_clock, users=users, report=bars.show
                ).run(seed=seed, is_held=is_held, is_accepted=is_accepted)
        except (RefitBusyError, PlacesBusyError) as exc:
            raise click.ClickException(str(exc)) from exc
    for line in outcome_lines(outcome):
        click.echo(line)
    if plot is not None and outcome.fit is not None:
        draw_fit(outcome.fit, plot)
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
    with connected() as connection:
        latest = versions.latest(connection, count=10)
        is_held = versions.is_held(connection)
    if not latest:
        click.echo("no personas yet; run: kazi-server personas refit")
    for version in latest:
        at = format_timestamp(version.served_at or version.ended_at or version.begun_at)
        click.echo(f"{version.version}: {version.status} ({version.source}) {at}")
        for line in metric_lines(version.metrics):
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

    with connected() as connection:
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
    with connected() as connection:
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

    with connected() as connection:
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
    with prepared() as (url, _), connect(url) as connection:
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
    with prepared() as (url, _), connect(url) as connection:
        from sync_server.personas.explaining import neighbours

        found = neighbours(connection, user_id, count=count)
    if found is None:
        raise click.ClickException("nothing is known of this user")
    for neighbour in found:
        click.echo(f"{neighbour.user_id} {neighbour.distance:7.3f} {neighbour.persona}")
