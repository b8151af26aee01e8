"""The one background thread: it sleeps, syncs, and tries again."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from client_sdk._config import ClientConfig

if TYPE_CHECKING:
    from client_sdk._breaker import CircuitBreaker
    from client_sdk._delivery_errors import Transient

__all__ = ["ASKED", "BATCH", "NOTHING", "SOMETHING", "BackgroundSync"]

logger = logging.getLogger(__name__)

#: After a fault of our own, wait this long before the next sync, in seconds.
FAULT_DELAY_SECONDS = 60.0


#: How urgent a sync is: nothing waits, something does, a batch does, the app asks.
NOTHING, SOMETHING, BATCH, ASKED = range(4)


#: Who waits for the end of an attempt: its number, and what to call.
Follower = tuple[int, Callable[[], object]]


class BackgroundSync:
    """Runs ``work`` when it is due or asked for, on a daemon thread of its own.

    ``work`` is told how urgent the sync is; it raises Transient where a later try may do
    better.  ``tidy`` needs no network.
    Real time is used here, not the client's clock: a thread can only sleep in real time.
    """

    def __init__(
        self,
        work: Callable[[int], None],
        *,
        tidy: Callable[[], None],
        config: ClientConfig,
        on_trouble: Callable[[Transient], None],
    ) -> None:
        self._work = work
        self._tidy = tidy
        self._config = config
        self._on_trouble = on_trouble
        self._condition = threading.Condition()
        self._due = time.monotonic() + config.startup_delay_seconds
        self._not_before = 0.0
        self._is_woken = False
        self._is_untidy = False
        self._is_stopping = False
        #: The urgency that the next attempt was asked for with: what is as urgent as
        #: that need not be said again, which is most pings.
        self.urgency = NOTHING
        #: Attempts begun and ended; a flush waits for one that began after it was asked.
        self._begun = 0
        self._ended = 0
        self._followers: list[Follower] = []
        self._thread = self._new_thread()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def restart_after_fork(self) -> None:
        """Start a thread in a child process: only the one that forked lives on there."""
        self._condition = threading.Condition()
        self._is_woken = self._is_untidy = False
        self._due = time.monotonic() + self._config.startup_delay_seconds
        self.urgency = NOTHING
        self._begun = self._ended = 0
        self._followers = []
        self._thread = self._new_thread()
        if not self._is_stopping:
            self._thread.start()

    def _new_thread(self) -> threading.Thread:
        return threading.Thread(
            target=self._run, name="kazi-tutorial-sync", daemon=True
        )

    def wake(self) -> None:
        """Sync now, or as soon as the server's Retry-After allows."""
        with self._condition:
            self._is_woken = True
            self._condition.notify_all()

    def sync_within(self, seconds: float) -> None:
        """Sync at the latest after this time; an earlier date stands.

        While the server is away its back-off counts instead: new events alone must not
        make a device ask more often.
        """
        due = time.monotonic() + seconds
        if due >= self._due:
            return
        with self._condition:
            if due < self._due:
                self._due = due
                self._condition.notify_all()

    def ask(self, urgency: int, seconds: float) -> None:
        """Sync within this time, unless it was asked for as urgently already."""
        if urgency > self.urgency:
            self.urgency = urgency
            self.sync_within(seconds)

    def tidy_soon(self) -> None:
        """Have the thread tidy the file, whether or not there is a network."""
        with self._condition:
            self._is_untidy = True
            self._condition.notify_all()

    def wait_for_attempt(self, timeout_seconds: float) -> bool:
        """Wake, and wait for the end of an attempt that began after this call."""
        if threading.current_thread() is self._thread:
            return False
        with self._condition:
            ticket = self._begun + 1
            self.wake()
            return self._condition.wait_for(
                lambda: self._ended >= ticket or self._is_stopping, timeout_seconds
            )

    def call_after_attempt(self, call: Callable[[], object]) -> Callable[[], None]:
        """Wake, and call after an attempt that begins from now on; return what forgets it.

        The call comes on the sync thread, or at once where the thread has ended.
        """
        with self._condition:
            follower = (self._begun + 1, call)
            is_late = self._is_stopping
            if not is_late:
                self._followers.append(follower)
                self.wake()
        if is_late:
            call()

        def forget() -> None:
            with self._condition:
                self._followers = [f for f in self._followers if f is not follower]

        return forget

    def _call_followers(self) -> None:
        """Call who waited for the attempts that have ended; all where none will come."""
        with self._condition:
            ended = math.inf if self._is_stopping else self._ended
            due = [call for ticket, call in self._followers if ticket <= ended]
            self._followers = [one for one in self._followers if one[0] > ended]
        for call in due:
            try:
                call()
            except Exception:
                logger.exception("the end of a flush could not be told")

    def stop(self, timeout_seconds: float) -> bool:
        """End the thread; False if a request under way keeps it longer than that."""
        with self._condition:
            self._is_stopping = True
            self._condition.notify_all()
        self._call_followers()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        from client_sdk._fork_gate import importing

        with importing:
            from client_sdk._breaker import CircuitBreaker

        breaker = CircuitBreaker(longest_seconds=self._config.backoff_max_seconds)
        while self._sleep_until_due():
            try:
                with importing:
                    from client_sdk._retry import build_retrying

                    retrying = build_retrying(
                        self._config,
                        sleep=self._pause,
                        is_stopping=lambda: self._is_stopping,
                    )
                retrying(self._attempt, breaker)
            except BaseException as exc:  # noqa: BLE001 - told, and the thread goes on
                # The thread must outlive even a listener's SystemExit, or nothing is
                # ever sent again.
                _tell(exc)
                self.sync_within(FAULT_DELAY_SECONDS)

    def _sleep_until_due(self) -> bool:
        self._pause_until(lambda: self._due)
        return not self._is_stopping

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self._pause_until(lambda: end)

    def _pause_until(self, end: Callable[[], float]) -> None:
        """Sleep; being woken ends it, but never before Retry-After has passed."""
        with self._condition:
            while not self._is_stopping:
                due = 0.0 if self._is_woken else end()
                remaining = max(due, self._not_before) - time.monotonic()
                if remaining <= 0:
                    return
                if self._is_untidy:
                    self._tidy_now()
                else:
                    self._condition.wait(remaining)

    def _tidy_now(self) -> None:
        self._is_untidy = False
        self._condition.release()
        try:
            self._tidy()
        except Exception:
            logger.exception("the file could not be tidied")
        finally:
            self._condition.acquire()

    def _attempt(self, breaker: CircuitBreaker) -> None:
        from client_sdk._delivery_errors import Transient

        with self._condition:
            self._begun += 1
            urgency = ASKED if self._is_woken else self.urgency
            # What is asked for from here on is not covered by this attempt.
            self._is_woken = False
            self.urgency = NOTHING
            self._due = time.monotonic() + self._config.sync_interval_seconds
        try:
            self._work(urgency)
            breaker.note_success()
        except Transient as trouble:
            away = breaker.note_trouble(trouble)
            away = max(away, trouble.retry_after_seconds or 0.0)
            until = time.monotonic() + away
            self._not_before = max(self._not_before, until)
            self._on_trouble(trouble)
            raise
        except Exception as exc:
            # A fault of ours is told and tried again like any other trouble.
            _tell(exc)
            fault = Transient(f"internal fault: {type(exc).__name__}")
            self._on_trouble(fault)
            raise fault from exc
        finally:
            with self._condition:
                self._ended += 1
                self._condition.notify_all()
            self._call_followers()


def _tell(fault: BaseException) -> None:
    """Log a fault by its type and place: its message may hold a token or an answer."""
    from traceback import format_tb

    place = "".join(format_tb(fault.__traceback__)).rstrip()
    logger.error("a sync failed with %s:\n%s", type(fault).__name__, place)
