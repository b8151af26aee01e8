"""``kazi-sdk bundle``: fetch configs for an app to ship."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from client_sdk._base_url import check_base_url
from client_sdk._bundle import Bundle, bundle_text
from client_sdk._errors import Unreachable, UsageError
from client_sdk._transport import HttpxTransport, Request, Response, Transport
from client_sdk.contracts import routes
from client_sdk.contracts.codec import DecodeError, decode
from client_sdk.contracts.launch import Launch
from client_sdk.contracts.tutorial import Device, TutorialConfig

__all__ = ["bundle"]

T = TypeVar("T")

_DEVICES = [each.value for each in Device]


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
    type=click.Choice(_DEVICES),
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
    try:
        address = check_base_url(server)
    except UsageError as exc:
        raise click.BadParameter(str(exc), param_hint="--server") from exc
    transport = HttpxTransport(address, timeout_seconds=timeout_seconds)
    try:
        wanted = tutorials or _startable(transport, devices or tuple(_DEVICES))
        answers = _fetch_all(transport, dict.fromkeys(wanted), (devices or _DEVICES)[0])
    except Unreachable as exc:
        raise click.ClickException(f"no answer from {exc}") from exc
    finally:
        transport.close()
    _write(
        output, bundle_text(answers, made_at=datetime.fromtimestamp(time.time(), UTC))
    )
    click.echo(f"{output}: {len(answers)} tutorial(s)")


def _startable(transport: Transport, devices: Iterable[str]) -> list[str]:
    found = []
    for device in devices:
        request = _get(routes.LAUNCH, device)
        launch = _decoded(Launch, _checked(transport.send(request), "the list"))
        found += [item.tutorial_id for item in launch.tutorials]
    if not found:
        raise click.ClickException(
            "the server has no tutorial that somebody new may start; name some with"
            " --tutorial"
        )
    return sorted(set(found))


def _fetch_all(
    transport: Transport, tutorial_ids: Iterable[str], device: str
) -> list[tuple[str, str]]:
    """Return ETag and body of each; ClickException names the first that fails."""
    wanted = list(tutorial_ids)
    answers = []
    for number, tutorial_id in enumerate(wanted, start=1):
        click.echo(f"{number}/{len(wanted)} {tutorial_id}", err=True)
        request = _get(routes.CONFIG, device, tutorialId=tutorial_id)
        response = _checked(transport.send(request), tutorial_id)
        if _decoded(TutorialConfig, response).tutorial_id != tutorial_id:
            raise click.ClickException(f"{tutorial_id}: the answer is another tutorial")
        answers.append((response.headers.get("etag", ""), response.body.decode()))
    return answers


def _get(path: str, device: str, **params: str) -> Request:
    headers = {routes.DEVICE_HEADER: device}
    return Request(method="GET", path=path, params=params, headers=headers)


def _checked(response: Response, what: str) -> Response:
    if response.status == 200:
        return response
    try:
        reason = json.loads(response.body)["detail"]
    except (ValueError, LookupError, TypeError):
        reason = "the answer is not the sync server's"
    raise click.ClickException(f"{what}: HTTP {response.status}: {reason}")


def _decoded(type_: type[T], response: Response) -> T:
    try:
        return decode(type_, json.loads(response.body))
    except (DecodeError, ValueError) as exc:
        raise click.ClickException(
            f"the answer is not a {type_.__name__}: {exc}"
        ) from exc


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
