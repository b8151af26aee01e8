"""The configs that a server gives to somebody new, for commands that need them all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TypeVar

import click

from client_sdk._base_url import check_base_url
from client_sdk._delivery_errors import Unreachable
from client_sdk._errors import UsageError
from client_sdk._transport import HttpxTransport, Request, Response, Transport
from client_sdk.contracts import routes
from client_sdk.contracts.codec import DecodeError, decode
from client_sdk.contracts.launch import Launch
from client_sdk.contracts.tutorial import Device, TutorialConfig

__all__ = ["DEVICES", "fetch_configs"]

T = TypeVar("T")

#: Every kind of device, as options name it.
DEVICES = [each.value for each in Device]


def fetch_configs(
    server: str,
    tutorials: Sequence[str],
    devices: Sequence[str] = (),
    *,
    timeout_seconds: float,
) -> list[tuple[str, str]]:
    """Return ETag and body of tutorials; without any, of what somebody new may start.

    Without devices all kinds count.  ClickException says what went wrong.
    """
    try:
        address = check_base_url(server)
    except UsageError as exc:
        raise click.BadParameter(str(exc), param_hint="--server") from exc
    transport = HttpxTransport(address, timeout_seconds=timeout_seconds)
    try:
        wanted = tutorials or _startable(transport, devices or tuple(DEVICES))
        return _fetch_all(transport, dict.fromkeys(wanted), (devices or DEVICES)[0])
    except Unreachable as exc:
        raise click.ClickException(f"no answer from {exc}") from exc
    finally:
        transport.close()


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
