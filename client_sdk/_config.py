"""What an app may tune: sizes, intervals and durability."""

from __future__ import annotations

from enum import StrEnum

from client_sdk.contracts.limits import MAX_BATCH_EVENTS
from client_sdk.contracts.value import Value, value

__all__ = ["ClientConfig", "Durability", "Metered"]


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
        """Refuse values that could not work; ValueError names the field."""
        if not 1 <= self.batch_size <= MAX_BATCH_EVENTS:
            raise ValueError(
                f"batch_size is {self.batch_size}; it must be 1 to {MAX_BATCH_EVENTS}"
            )
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be above 0")


_POSITIVE = (
    "flush_at",
    "flush_interval_seconds",
    "sync_interval_seconds",
    "startup_delay_seconds",
    "max_queued_pings",
    "max_queued_bytes",
    "max_queued_surveys",
    "max_set_aside",
    "max_cached_configs",
    "request_timeout_seconds",
    "backoff_initial_seconds",
    "backoff_max_seconds",
)
