"""What an app may tune: sizes, intervals and durability."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from enum import StrEnum

from client_sdk._errors import UsageError
from client_sdk.contracts.limits import MAX_BATCH_EVENTS
from client_sdk.contracts.value import Value, value

__all__ = ["ClientConfig", "Durability", "Metered", "find_mistakes"]


class Durability(StrEnum):
    """What a ping survives once ``ping()`` has returned."""

    #: The death of the process (SQLite WAL, synchronous NORMAL); no wait for the disk.
    PROCESS = "process"
    #: Also the loss of power (synchronous FULL); every ping waits for the disk.
    POWER_LOSS = "power_loss"


class Metered(StrEnum):
    """What the app allows on a metered network."""

    #: Nothing, not even a flush that the app asks for.
    NEVER = "never"
    #: Events, which are small, and the tutorials that are open.
    EVENTS = "events"
    #: Prefetching too.
    ALWAYS = "always"


@value(frozen=True, kw_only=True)
class ClientConfig(Value):
    """Settings of a :class:`TutorialClient`; the defaults suit a phone."""

    #: What a ping survives.
    durability: Durability = Durability.PROCESS
    #: Queued events that start a flush at once.
    flush_at: int = 20
    #: Longest time that a lone event waits for company, in seconds.
    flush_interval_seconds: float = 10.0
    #: Time between two background syncs, in seconds (specification 6.2: 15 minutes).
    sync_interval_seconds: float = 15 * 60.0
    #: Time from the start of the app to its first sync, in seconds.
    startup_delay_seconds: float = 1.0
    #: Most events in one request, at most 500.
    batch_size: int = 500
    #: Most pings kept on the device; beyond it the oldest is evicted and counted.
    max_queued_pings: int = 10_000
    #: Most bytes of pings kept on the device, roughly; beyond it the oldest goes.
    max_queued_bytes: int = 8 * 1024 * 1024
    #: Most survey answers kept on the device; pings never push one out.
    max_queued_surveys: int = 1_000
    #: Most events kept that the server will never accept; beyond it the oldest goes.
    max_set_aside: int = 1_000
    #: Most configs kept on the device; beyond it the one unused longest goes.
    max_cached_configs: int = 50
    #: Time-out of one request, in seconds.
    request_timeout_seconds: float = 10.0
    #: Upper bound of the first retry's random delay, in seconds; doubles every attempt.
    backoff_initial_seconds: float = 1.0
    #: Largest upper bound of a retry's random delay, in seconds.
    backoff_max_seconds: float = 300.0
    #: What may be done on a network that the user pays for, where a platform tells.
    metered: Metered = Metered.EVENTS
    #: Raise UsageError for mistakes of the host app instead of logging and counting them.
    strict: bool = False

    def __post_init__(self) -> None:
        """Refuse values that could not work, where ``strict``; UsageError names the field.

        Otherwise the client counts them and takes the defaults instead.
        """
        for name, type_ in (("durability", Durability), ("metered", Metered)):
            given: object = getattr(self, name)
            if isinstance(given, str) and given in tuple(type_):
                # Text would do to a reader, and is not the member that we compare with.
                object.__setattr__(self, name, type_(given))
        if self.strict:
            for _, message in find_mistakes(self):
                raise UsageError(message)


#: Most of what is counted, and of seconds: what SQLite and a waiting thread can take.
MAX_COUNT = 2**31 - 1
MAX_SECONDS = 366 * 24 * 60 * 60


def find_mistakes(config: ClientConfig) -> Iterator[tuple[str, str]]:
    """Yield the name of every field that could not work, and what would be right."""
    for field in fields(config):
        fault = _fault(field.name, field.default, getattr(config, field.name))
        if fault:
            yield field.name, f"{field.name} is {fault}"


def _fault(name: str, default: object, given: object) -> str | None:
    kind = type(given).__name__
    if isinstance(default, bool | StrEnum):
        wanted = type(default)
        return (
            None if isinstance(given, wanted) else f"a {kind}; give a {wanted.__name__}"
        )
    if isinstance(given, bool) or not isinstance(given, int | float):
        return f"a {kind}; it must be a number"
    if isinstance(default, float):
        is_good = 0 < given <= MAX_SECONDS
        return (
            None if is_good else f"{given}; it must be above 0, at most {MAX_SECONDS}"
        )
    most = MAX_BATCH_EVENTS if name == "batch_size" else MAX_COUNT
    is_good = isinstance(given, int) and 1 <= given <= most
    return None if is_good else f"{given}; it must be a whole number from 1 to {most}"
