"""All limits of one application, as the settings say."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sync_server.ratelimits.limit import Limit
from sync_server.settings import Settings

__all__ = ["RateLimits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """One limit for each thing that is counted; the names are what clients see."""

    #: Requests of a user, by user id.
    users: Limit
    #: Events in batches of a user, by user id.
    events: Limit
    #: Requests without a token, by address.
    addresses: Limit
    #: Anonymous tokens asked for, by address.
    anonymous_tokens: Limit
    #: Tokens refused, by address.
    failed_logins: Limit

    @classmethod
    def of(
        cls, settings: Settings, *, seconds: Callable[[], float] = time.time
    ) -> RateLimits:
        """Return the limits of the settings; ``seconds`` tells the time since 1970."""

        def limit(name: str, per_minute: int) -> Limit:
            return Limit(name, per_minute, seconds=seconds)

        return cls(
            users=limit("user", settings.user_requests_per_minute),
            events=limit("events", settings.user_events_per_minute),
            addresses=limit("address", settings.address_requests_per_minute),
            anonymous_tokens=limit("anonymous", settings.anonymous_tokens_per_minute),
            failed_logins=limit("login", settings.failed_logins_per_minute),
        )

    def __iter__(self) -> Iterator[Limit]:
        yield from (
            self.users,
            self.events,
            self.addresses,
            self.anonymous_tokens,
            self.failed_logins,
        )
