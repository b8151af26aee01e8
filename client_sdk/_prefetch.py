"""The server's list of what may start, so that all of it is there before it is needed."""

from __future__ import annotations

from client_sdk._api import TutorialApi
from client_sdk._clock import Clock
from client_sdk._identity import Identity
from client_sdk._storage import Database
from client_sdk._tutorials import Tutorials

__all__ = ["Prefetch"]


class Prefetch:
    """Asks for the list where an app wants to know what may start; the sync thread's."""

    def __init__(
        self, *, tutorials: Tutorials, identity: Identity, clock: Clock
    ) -> None:
        self._tutorials = tutorials
        self._identity = identity
        self._clock = clock
        self._user_id: str | None = None
        self._fresh_until = 0.0

    @property
    def is_due(self) -> bool:
        """Tell whether a list is wanted, and the last one is old or another user's."""
        is_same_user = self._user_id == self._identity.user_id
        is_fresh = is_same_user and self._clock.monotonic_seconds() < self._fresh_until
        return self._tutorials.is_launch_wanted and not is_fresh

    def run(self, database: Database, api: TutorialApi) -> None:
        """Ask the server; DeliveryError if it does not answer well."""
        user_id = self._identity.user_id
        fetched = api.fetch_launch()
        self._tutorials.expect(database, fetched, names_user=api.names_user)
        self._user_id = user_id
        self._fresh_until = self._clock.monotonic_seconds() + fetched.fresh_seconds
