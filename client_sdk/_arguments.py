"""What an app builds a client with: checked, and made harmless where it cannot be right."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from client_sdk._base_url import bare_url, check_base_url
from client_sdk._clock import Clock, SystemClock
from client_sdk._config import ClientConfig, find_mistakes
from client_sdk._errors import UsageError
from client_sdk._storage import MEMORY
from client_sdk._usage import UsageGuard, check_callable
from client_sdk.contracts.limits import has_no_nul
from client_sdk.contracts.tutorial import Device
from client_sdk.contracts.value import Value, value

if TYPE_CHECKING:
    from client_sdk._outgoing import BeforeSend
    from client_sdk._tokens import TokenProvider
    from client_sdk._transport import Transport
    from client_sdk.platforms import Platform

__all__ = ["Arguments", "check_arguments"]

T = TypeVar("T")

_TRANSPORT = ("send", "close")
_CLOCK = ("now_ms", "monotonic_seconds")
_PLATFORM = ("network", "is_battery_low", "listen", "stay_awake")
_DEFAULT = "the default takes its place"


@value(frozen=True, kw_only=True)
class Arguments(Value):
    """What a client is built with, as it can be used.

    ``storage_dir`` is None where the app's is no path, ``transport`` where it is to be
    httpx.
    """

    base_url: str
    storage_dir: str | None
    bundle: str | None
    token_provider: TokenProvider | None
    device: Device
    config: ClientConfig
    transport: Transport | None
    clock: Clock
    platform: Platform | None
    before_send: BeforeSend | None
    guard: UsageGuard


def check_arguments(  # noqa: PLR0913 - those of TutorialClient
    *,
    base_url: object,
    storage_dir: object,
    bundle: object,
    token_provider: TokenProvider | None,
    device: object,
    config: object,
    transport: Transport | None,
    clock: Clock | None,
    platform: Platform | None,
    before_send: BeforeSend | None,
) -> Arguments:
    """Return what can be used; UsageError for the first mistake where strict.

    Otherwise every mistake is counted, and the default takes its place: an address that
    is none reaches nobody, and events wait.
    """
    is_strict = isinstance(config, ClientConfig) and config.strict
    guard = UsageGuard(is_strict=is_strict)
    settings = _usable_config(guard, config)
    url = guard.checked(lambda: check_base_url(base_url), bare_url(base_url))
    if transport is not None:
        transport = guard.checked(
            partial(_check_methods, "transport", transport, _TRANSPORT), None
        )
    if clock is not None:
        clock = guard.checked(partial(_check_clock, clock), None)
    if platform is not None:
        platform = guard.checked(
            partial(_check_methods, "platform", platform, _PLATFORM), None
        )
    if token_provider is not None:
        # One that cannot be called is kept: events of an account wait, and never travel
        # as an anonymous user's.
        guard.checked(lambda: check_callable("token_provider", token_provider), None)
    if before_send is not None and not guard.is_usable(
        lambda: check_callable("before_send", before_send)
    ):
        before_send = None
    return Arguments(
        storage_dir=guard.checked(
            lambda: _check_path("storage_dir", storage_dir), None
        ),
        bundle=None
        if bundle is None
        else guard.checked(lambda: _check_path("bundle", bundle), None),
        token_provider=token_provider,
        device=guard.checked(lambda: _check_device(device), Device.DESKTOP),
        config=settings,
        base_url=url,
        transport=transport,
        clock=clock or SystemClock(),
        platform=platform,
        before_send=before_send,
        guard=guard,
    )


def _usable_config(guard: UsageGuard, config: object) -> ClientConfig:
    """Return the app's config, with the default of every field that cannot work."""
    if config is None:
        return ClientConfig()
    if not isinstance(config, ClientConfig):
        guard.note(
            f"config is a {type(config).__name__}; it must be a ClientConfig",
            then=_DEFAULT,
        )
        return ClientConfig()
    mistakes = dict(find_mistakes(config))
    for message in mistakes.values():
        guard.note(message, then=_DEFAULT)
    defaults = ClientConfig()
    right = {name: getattr(defaults, name) for name in mistakes}
    return replace(config, **right) if right else config


def _check_path(name: str, given: object) -> str:
    """Return the path from the root on; UsageError unless it is text or a path without NUL.

    An app may change its working folder while the client is open.
    """
    if not isinstance(given, str | os.PathLike):
        raise UsageError(f"{name} is a {type(given).__name__}; it must be a path")
    path: object = os.fspath(given)
    if not isinstance(path, str) or not path or not has_no_nul(path):
        raise UsageError(f"{name} is no path; give one of the app")
    return path if path == MEMORY else str(Path(path).absolute())


def _check_methods(name: str, value: T, methods: Sequence[str]) -> T:
    """Return a collaborator; UsageError unless it has the methods that are called."""
    missing = [one for one in methods if not callable(getattr(value, one, None))]
    if missing:
        kind = type(value).__name__
        raise UsageError(f"{name} is a {kind}, which has no {' or '.join(missing)}()")
    return value


def _check_clock(clock: Clock) -> Clock:
    """Return the clock; UsageError unless it tells milliseconds and seconds."""
    _check_methods("clock", clock, _CLOCK)
    now_ms: object = clock.now_ms()
    seconds: object = clock.monotonic_seconds()
    if not isinstance(now_ms, int) or not isinstance(seconds, int | float):
        told = f"{type(now_ms).__name__} and {type(seconds).__name__}"
        raise UsageError(f"clock tells {told}; it must tell whole ms, and seconds")
    return clock


def _check_device(device: object) -> Device:
    """Return the device; UsageError unless it is one, or the name of one."""
    try:
        return Device(device)  # type: ignore[arg-type]
    except ValueError as exc:
        known = ", ".join(Device)
        kind = type(device).__name__
        raise UsageError(f"device is a {kind}; it must be one of {known}") from exc
