"""Progress between this device and the server: asked for, sent, merged."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import NamedTuple

from client_sdk._api import ProgressMoved, TutorialApi
from client_sdk._clock import Clock
from client_sdk._delivery_errors import Refused, Transient
from client_sdk._events import EventBus, EventKind
from client_sdk._progress_answers import ProgressAnswers, Unsent
from client_sdk._storage import Database
from client_sdk.contracts.hlc import MAX_AHEAD_MS, HybridTime
from client_sdk.contracts.progress import TutorialProgress

__all__ = ["ProgressSync"]

logger = logging.getLogger(__name__)

#: While the app shows a tutorial, the server is asked at most so often, in seconds.
ASK_AFTER_SECONDS = 60.0


class _Asked(NamedTuple):
    """Whose progress the server was asked for last, and when."""

    user_id: str
    monotonic_seconds: float


class ProgressSync:
    """One user's progress; used on the sync thread only.

    It comes after the events, so that the answers count what these have completed.
    """

    def __init__(
        self, *, answers: ProgressAnswers, clock: Clock, events: EventBus
    ) -> None:
        self._answers = answers
        self._clock = clock
        self._events = events
        self._asked: _Asked | None = None
        #: How far this device's clock was ahead of the server's, at the last answer.
        self._ahead_ms = 0

    def pull(
        self, database: Database, api: TutorialApi, user_id: str, *, is_wanted: bool
    ) -> None:
        """Ask where the user stands, if that may be news.

        It may where completed steps have been sent since the last answer, and while the
        app shows a tutorial: at the first sync, and at any a minute after the last.
        """
        # Read before the request: what leaves the queue meanwhile is not in the answer.
        settled = self._answers.settled(database, user_id)
        if not settled and not (is_wanted and self._is_due(user_id)):
            return
        known = self._answers.tag(database, user_id)
        fetched = api.fetch_progress(etag=known)
        self._note_time(fetched.served_ms)
        changed = {tutorial_id for tutorial_id, _ in settled}
        if fetched.progress is not None:
            changed |= self._answers.store(
                database,
                user_id,
                fetched.progress.tutorials,
                now_ms=self._clock.now_ms(),
                etag=fetched.etag,
            )
        self._answers.forget(database, user_id, settled)
        self._asked = _Asked(user_id, self._clock.monotonic_seconds())
        self._tell(changed)

    def _is_due(self, user_id: str) -> bool:
        asked = self._asked
        if asked is None or asked.user_id != user_id:
            return True
        passed = self._clock.monotonic_seconds() - asked.monotonic_seconds
        return passed >= ASK_AFTER_SECONDS

    def push(self, database: Database, api: TutorialApi, user_id: str) -> None:
        """Send where the user stands now in each tutorial, for the other devices."""
        for unsent in self._answers.unsent(database, user_id):
            try:
                answer = self._put(database, api, user_id, unsent)
            except Refused as exc:
                logger.warning("a place in a tutorial was refused: %s", exc.code)
                self._answers.give_up(database, user_id, unsent)
                continue
            now_ms = self._clock.now_ms()
            self._answers.accept(database, user_id, unsent, answer, now_ms)
            if answer.etag != unsent.etag:
                self._tell({unsent.tutorial_id})

    def _put(
        self, database: Database, api: TutorialApi, user_id: str, unsent: Unsent
    ) -> TutorialProgress:
        """Return what holds then: the later of two writes, and all steps of both."""
        tutorial_id, resume, etag = unsent
        sent = replace(resume, clock=self._honest(resume.clock))
        try:
            return api.put_progress(tutorial_id, sent, etag=etag)
        except ProgressMoved as moved:
            self._note_time(moved.served_ms)
            found = moved.current
        if found is not None:
            now_ms = self._clock.now_ms()
            self._answers.store(database, user_id, [found], now_ms=now_ms)
        sent = replace(resume, clock=self._honest(resume.clock))
        try:
            # Also where the other's is later: the furthest step of both counts.
            return api.put_progress(
                tutorial_id, sent, etag=found.etag if found else None
            )
        except ProgressMoved as moved:
            raise Transient("another device keeps writing the progress") from moved

    def _note_time(self, served_ms: int | None) -> None:
        if served_ms is not None:
            self._ahead_ms = self._clock.now_ms() - served_ms

    def _honest(self, clock: HybridTime) -> HybridTime:
        """Return the time as a right clock would have told it, if ours is far ahead.

        The server would take it for now, and so for later than what another device did
        after it.
        """
        if self._ahead_ms <= MAX_AHEAD_MS:
            return clock
        served_ms = self._clock.now_ms() - self._ahead_ms
        if clock.wall_ms <= served_ms:
            return clock
        wall_ms = min(max(clock.wall_ms - self._ahead_ms, 0), served_ms)
        return replace(clock, wall_ms=wall_ms)

    def _tell(self, tutorial_ids: set[str]) -> None:
        for tutorial_id in sorted(tutorial_ids):
            self._events.publish(EventKind.PROGRESS_CHANGED, tutorial_id)
