"""``kazi-sdk check-targets``: whether the app has all that its tutorials name."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from pathlib import Path

import click

from client_sdk._bundle import Bundle
from client_sdk.cli.app_names import names_from
from client_sdk.cli.fetching import fetch_configs
from client_sdk.cli.source_scan import scan
from client_sdk.cli.tour_names import NameKind, Names, Use, uses_of
from client_sdk.contracts.codec import DecodeError, decode
from client_sdk.contracts.tutorial import TutorialConfig

__all__ = ["check_targets"]

#: Most names that one line lists.
_MAX_LISTED = 10
#: For one answer of the server.
_TIMEOUT_SECONDS = 10.0


@click.command("check-targets")
@click.option(
    "--bundle",
    "bundle_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file that kazi-sdk bundle wrote.",
)
@click.option("--server", help="Address of the sync server, instead of a bundle.")
@click.option(
    "--tutorial",
    "tutorials",
    multiple=True,
    help="A tutorial's id; without any, all of the bundle, or what somebody new may start.",
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with the app's KV and Python sources, which are read and not run.",
)
@click.option(
    "--app",
    "apps",
    multiple=True,
    metavar="MODULE:FUNCTION",
    help="A function that returns what the app registers.",
)
@click.option("--known", multiple=True, help="A name that the app makes while it runs.")
def check_targets(
    bundle_file: Path | None,
    server: str | None,
    tutorials: tuple[str, ...],
    sources: tuple[Path, ...],
    apps: tuple[str, ...],
    known: tuple[str, ...],
) -> None:
    """Fail a build whose app lacks what a published tutorial names.

    Every target, condition, event and hook that a step names, in any arm of a running
    experiment, must be registered by the app: found by reading its sources (--source),
    told by a function of it (--app), or both.  Each one that is missing gets a line, and
    the exit code is 1.

    Sources are read for tour_id in KV and Python and in the data of a list,
    overlay.register(widget, "name"), overlay.conditions["name"], overlay.hooks["name"]
    and overlay.emit("name").  A function returns {"targets": [...], "conditions": [...],
    "events": [...], "hooks": [...]}, or the targets alone.

    A server tells what somebody new gets: changes for other personas are not looked at.

    \b
    Examples:
      kazi-sdk check-targets --bundle app/tutorials.json --source app
      kazi-sdk check-targets --server https://tutorials.example.com \\
        --tutorial welcome-tour --app myapp.tours:registered_names
      kazi-sdk check-targets --bundle tutorials.json --source app --known row-1
    """
    if (bundle_file is None) == (server is None):
        raise click.UsageError(
            "say what to check: either --bundle FILE or --server URL"
        )
    if not sources and not apps:
        raise click.UsageError(
            "say what the app has: --source FOLDER or --app MODULE:FUNCTION"
        )
    names = _registered(sources, apps, known)
    if bundle_file is not None:
        configs = _bundled(bundle_file, tutorials)
    else:
        configs = _published(server or "", tutorials)
    uses = [(config.tutorial_id, use) for config in configs for use in _uses(config)]
    missing = [one for one in uses if one[1].name not in names.of(one[1].kind)]
    for tutorial_id, use in missing:
        click.echo(_line(tutorial_id, use, names.of(use.kind)))
    if missing:
        click.echo(_summary(missing, names), err=True)
        raise click.exceptions.Exit(1)
    count = len({(use.kind, use.name) for _, use in uses})
    click.echo(f"{len(configs)} tutorial(s): the app has all {count} name(s)")


def _registered(
    sources: Sequence[Path], apps: Sequence[str], known: Sequence[str]
) -> Names:
    names = Names()
    for folder in sources:
        scan(folder, names, warn=lambda text: click.echo(text, err=True))
    for place in apps:
        names_from(place, names)
    for kind in NameKind:
        names.add(kind, known)
    return names


def _bundled(file: Path, tutorials: Sequence[str]) -> list[TutorialConfig]:
    bundle = Bundle.load(file)
    held = bundle.tutorial_ids()
    for tutorial_id in tutorials:
        if tutorial_id not in held:
            raise click.ClickException(
                f"{file} has no tutorial {tutorial_id!r}; it has {_listed(held)}"
            )
    found = [bundle.config(each) for each in tutorials or held]
    configs = [each.config for each in found if each is not None]
    if not configs or len(configs) < len(found):
        raise click.ClickException(f"{file} cannot be read; kazi-sdk bundle writes one")
    return configs


def _published(server: str, tutorials: Sequence[str]) -> list[TutorialConfig]:
    answers = fetch_configs(server, tutorials, timeout_seconds=_TIMEOUT_SECONDS)
    return [decode(TutorialConfig, json.loads(body)) for _, body in answers]


def _uses(config: TutorialConfig) -> list[Use]:
    try:
        return uses_of(config)
    except DecodeError as exc:
        raise click.ClickException(
            f"{config.tutorial_id}: an arm of its experiment cannot be read ({exc}):"
            " use the kazi-sdk of the server's version"
        ) from exc


def _line(tutorial_id: str, use: Use, known: Collection[str]) -> str:
    close = get_close_matches(use.name, sorted(known), n=1)
    if close:
        hint = f"did you mean {close[0]!r}?"
    elif known:
        hint = f"it has {_listed(known)}"
    else:
        hint = "it has none"
    return (
        f"{tutorial_id}: {use.step_id}: the app has no {use.kind} {use.name!r}; {hint}"
    )


def _listed(names: Collection[str]) -> str:
    first = sorted(names)[:_MAX_LISTED]
    rest = len(names) - len(first)
    return (", ".join(first) or "none") + (f" and {rest} more" if rest else "")


def _summary(missing: Sequence[tuple[str, Use]], names: Names) -> str:
    count = len({(use.kind, use.name) for _, use in missing})
    text = f"{count} name(s) are missing in the app"
    if names.computed:
        text += (
            "; some are made while it runs, where reading the source tells nothing"
            f" ({_listed(names.computed)}): name those with --known"
        )
    return text
