"""Tells the other workers, about once a second, what this one counted, and learns theirs."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterable

import psycopg

from sync_server.ratelimits.counting import KEPT_SLICES, SLICE_SECONDS, slice_at
from sync_server.ratelimits.limit import Limit, Share
from sync_server.ratelimits.store import RateCount, RateStore

__all__ = ["EXCHANGE_SECONDS", "Exchange"]

logger = logging.getLogger(__name__)

#: Seconds between two exchanges.
EXCHANGE_SECONDS = 1.0
#: Keys of one limit in one exchange.
_MAX_KEYS = 1_000
#: Seconds between two clean-ups of the table.
_FORGET_SECONDS = 60
_KEY_BYTES = 16


class Exchange:
    """Shares the counts of some limits through the table ``rate_counts``.

    While the database is away, every worker's own limits hold.
    """

    def __init__(
        self,
        limits: Iterable[Limit],
        store: RateStore,
        *,
        secret: bytes,
        seconds: Callable[[], float] = time.time,
    ) -> None:
        self._limits = tuple(limits)
        self._store = store
        self._secret = secret
        self._seconds = seconds
        self._stopping = threading.Event()
        self._forgot_at = 0.0
        self._is_database_away = False

    def start(self) -> None:
        """Exchange in the background; call it in the worker, a fork takes no thread."""
        threading.Thread(target=self._run, daemon=True, name="rate-limits").start()

    def stop(self) -> None:
        """End the thread within an exchange."""
        self._stopping.set()

    def exchange(self) -> None:
        """Exchange once; psycopg's OperationalError if the database does not answer."""
        now = self._seconds()
        shares = {
            (self._hash(limit, share), share.number * SLICE_SECONDS): (limit, share)
            for limit in self._limits
            for share in limit.shares(_MAX_KEYS)
        }
        if shares:
            self._learn(shares, now)
        if abs(now - self._forgot_at) >= _FORGET_SECONDS:
            self._forgot_at = now
            self._store.forget(before=_oldest(now) - _FORGET_SECONDS)

    def _learn(
        self, shares: dict[tuple[bytes, int], tuple[Limit, Share]], now: float
    ) -> None:
        added = [
            RateCount(key, start, share.added)
            for (key, start), (_, share) in shares.items()
        ]
        for row in self._store.exchange(added, oldest=_oldest(now)):
            known = shares.get((row.key, row.window_start))
            if known is not None:
                limit, share = known
                limit.learn(share, row.requests)

    def _hash(self, limit: Limit, share: Share) -> bytes:
        """Return what the key is called in the table: nobody can tell whose it is."""
        text = f"{limit.name}:{share.key}".encode()
        return hashlib.blake2b(
            text, key=self._secret, digest_size=_KEY_BYTES, person=b"kazi-limits"
        ).digest()

    def _run(self) -> None:
        while not self._stopping.wait(EXCHANGE_SECONDS):
            try:
                self.exchange()
            except psycopg.Error as exc:
                self._miss(exc)
            else:
                self._is_database_away = False

    def _miss(self, exc: psycopg.Error) -> None:
        if not self._is_database_away:
            logger.warning(
                "rate limits hold in each worker alone: the database does not answer",
                extra={"error": type(exc).__name__},
            )
        self._is_database_away = True


def _oldest(now: float) -> int:
    return (slice_at(now) - KEPT_SLICES + 1) * SLICE_SECONDS
