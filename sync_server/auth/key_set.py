"""An identity provider's published keys: cached, refreshed, and kept while it is away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import jwt

from client_sdk.contracts.problem import ProblemCode
from sync_server.auth.jwks import KeyRing, KeySetError, read_key_set
from sync_server.auth.key_fetch import (
    TIMEOUT_SECONDS,
    Fetch,
    FetchError,
    fetch_document,
)
from sync_server.errors import ApiError

__all__ = ["KeySet"]

logger = logging.getLogger(__name__)

#: Age from which a set is fetched again while requests go on with it.
REFRESH_SECONDS = 300.0
#: Age from which a request waits for the fetch: a key that was withdrawn works no longer.
MAX_AGE_SECONDS = 600.0
#: Least time between two fetches, whatever the tokens say.
MIN_INTERVAL_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cached:
    """A fetched set; the generation grows when its content changes."""

    document: bytes
    ring: KeyRing
    generation: int


@dataclass(slots=True, kw_only=True)
class _Flight:
    """A fetch on its way."""

    started_at: float
    done: threading.Event = field(default_factory=threading.Event)


class KeySet:
    """The keys behind one URL.

    Every fetch runs on a thread of its own, one at a time; requests wait for it only where
    they cannot go on without, and at most 3 seconds.  While the key server is away the
    last good set serves, and nobody waits.
    """

    def __init__(
        self,
        url: str,
        *,
        fetch: Fetch = fetch_document,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._cached = _Cached(
            document=b"", ring=KeyRing(keys=(), ignored=0), generation=0
        )
        self._fetched_at = float("-inf")
        self._flight: _Flight | None = None
        self._is_away = False

    def generation(self) -> int:
        """Return the number of the set in force; what an earlier one verified is void."""
        age = self._monotonic() - self._fetched_at
        if age >= REFRESH_SECONDS:
            self._refresh(wait=age >= MAX_AGE_SECONDS and not self._is_away)
        return self._cached.generation

    def find(self, algorithm: str, key_id: str | None) -> jwt.PyJWK:
        """Return the key that a token names; an unknown one is looked for at once.

        ApiError ``token_invalid`` if the set lacks it, ``identity_unavailable`` (503) if
        the key server is away, so that nobody knows.
        """
        key = self._cached.ring.find(algorithm, key_id)
        if key is None:
            self._refresh(wait=not self._is_away)
            key = self._cached.ring.find(algorithm, key_id)
        if key is None:
            raise self._missing()
        return key

    def _missing(self) -> ApiError:
        flight = self._flight
        is_on_its_way = flight is not None and not flight.done.is_set()
        if self._is_away or is_on_its_way or not self._cached.generation:
            return ApiError(
                ProblemCode.IDENTITY_UNAVAILABLE,
                "The identity provider's keys cannot be fetched, so the token cannot be "
                "checked; send the same again.",
                retry_after_seconds=int(MIN_INTERVAL_SECONDS),
            )
        return ApiError(
            ProblemCode.TOKEN_INVALID,
            "The token is signed with a key that is not in the identity provider's set.",
        )

    def _refresh(self, *, wait: bool) -> None:
        """Fetch the set unless it was just done; ``wait`` for what is on its way."""
        with self._lock:
            flight, now = self._flight, self._monotonic()
            if flight is None or now - flight.started_at >= MIN_INTERVAL_SECONDS:
                # one that hangs is given up: its answer will not count
                flight = self._flight = _Flight(started_at=now)
                threading.Thread(
                    target=self._fly, args=(flight,), name="kazi-keys", daemon=True
                ).start()
        if wait:
            flight.done.wait(TIMEOUT_SECONDS)

    def _fly(self, flight: _Flight) -> None:
        try:
            document = self._fetch(self._url)
            ring = read_key_set(document)
        except (FetchError, KeySetError) as exc:
            self._note_away(flight, reason=str(exc))
        else:
            self._install(flight, document, ring)
        finally:
            flight.done.set()

    def _note_away(self, flight: _Flight, *, reason: str) -> None:
        with self._lock:
            if self._flight is flight:
                self._is_away = True
        logger.warning(
            "the identity provider's keys cannot be fetched; the last ones stay",
            extra={"reason": reason},
        )

    def _install(self, flight: _Flight, document: bytes, ring: KeyRing) -> None:
        with self._lock:
            if self._flight is not flight:
                return
            self._is_away = False
            self._fetched_at = flight.started_at
            if document == self._cached.document:
                return
            generation = self._cached.generation + 1
            self._cached = _Cached(document=document, ring=ring, generation=generation)
        logger.info(
            "the identity provider's keys were read",
            extra={"keys": len(ring.keys), "ignored": ring.ignored},
        )
