"""``kazi-sdk bundle``: fetch configs for an app to ship."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from client_sdk._bundle import Bundle, bundle_text
from client_sdk.cli.fetching import DEVICES, fetch_configs

__all__ = ["bundle"]


@click.command()
@click.option("--server", required=True, help="Address of the sync server.")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; an older one is replaced.",
)
@click.option(
    "--tutorial",
    "tutorials",
    multiple=True,
    help="A tutorial's id; without any, what somebody new may start.",
)
@click.option(
    "--device",
    "devices",
    multiple=True,
    type=click.Choice(DEVICES),
    help="Kind of device on which the app runs; all kinds if left out.",
)
@click.option(
    "--timeout-seconds", default=10.0, show_default=True, help="Of one request."
)
def bundle(
    server: str,
    output: Path,
    tutorials: tuple[str, ...],
    devices: tuple[str, ...],
    timeout_seconds: float,
) -> None:
    """Write the tutorials of a server into one file that an app ships.

    The app passes it as TutorialClient(..., bundle="FILE"): the first start then needs no
    network.  No token is used: the file holds what a user of whom nothing is known gets,
    with the plan by which a device takes a variant of a running experiment itself.

    A tutorial whose rules ask for another one to be finished first is not among those
    that somebody new may start: name it with --tutorial.

    \b
    Examples:
      kazi-sdk bundle --server https://tutorials.example.com --output app/tutorials.json
      kazi-sdk bundle --server http://localhost:8080 --output tutorials.json \\
        --tutorial welcome-tour --tutorial invite --device android
    """
    answers = fetch_configs(server, tutorials, devices, timeout_seconds=timeout_seconds)
    _write(
        output, bundle_text(answers, made_at=datetime.fromtimestamp(time.time(), UTC))
    )
    click.echo(f"{output}: {len(answers)} tutorial(s)")


def _write(output: Path, text: str) -> None:
    """Replace the file at once: an app that is packaged meanwhile gets the old or the new."""
    draft = output.with_name(f".{output.name}.part")
    try:
        draft.write_text(text, "utf-8")
        written = Bundle.load(draft)
        if any(written.config(each) is None for each in written.tutorial_ids()):
            raise click.ClickException(f"{draft} cannot be read back")
        draft.replace(output)
    except OSError as exc:
        raise click.ClickException(
            f"{output} cannot be written: {exc.strerror or exc}; give --output a file in a"
            " folder that is there and that you may write to"
        ) from exc
    finally:
        # where nothing could be written there is nothing to remove, and no right to
        with contextlib.suppress(OSError):
            draft.unlink()
