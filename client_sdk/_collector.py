"""What the host app reports: checked, given an id, and stored before the call returns."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from client_sdk._clock import Clock, new_event_id
from client_sdk._identity import Identity
from client_sdk._ping_context import NOTHING_KNOWN, Context, PingContexts
from client_sdk._ping_queue import PingQueue, PingRow
from client_sdk._storage import Database
from client_sdk._survey_queue import SurveyQueue, SurveyRow, survey_row
from client_sdk._usage import (
    MAX_DURATION_MS,
    UsageGuard,
    check_answers,
    check_comment,
    check_id,
    check_ping,
)
from client_sdk.contracts.survey import Answer

if TYPE_CHECKING:
    from client_sdk._outgoing import OutgoingEvents

__all__ = ["Collector"]

logger = logging.getLogger(__name__)

#: Names of steps that have been checked and are remembered.
MAX_KNOWN = 1_000

Names = tuple[str, str, str]


class Collector:
    """Stores pings and answers; used on any thread, and waits for nothing."""

    def __init__(  # noqa: PLR0913 - keyword-only collaborators
        self,
        *,
        database: Database,
        identity: Identity,
        pings: PingQueue,
        surveys: SurveyQueue,
        clock: Clock,
        guard: UsageGuard,
        outgoing: OutgoingEvents | None,
        contexts: PingContexts,
        on_queued: Callable[[int], None],
        on_trouble: Callable[[Exception], None],
    ) -> None:
        self._database = database
        self._identity = identity
        self._pings = pings
        self._surveys = surveys
        self._clock = clock
        self._guard = guard
        self._outgoing = outgoing
        self._contexts = contexts
        self._on_queued = on_queued
        self._on_trouble = on_trouble
        self._known: dict[object, Names] = {}
        self._is_trouble_told = False
        #: Events that were not collected because the user has opted out.
        self.declined = 0

    def ping(
        self, tutorial_id: str, step_id: str, status: str, duration_ms: int
    ) -> None:
        """Store one step event; see :meth:`TutorialClient.ping`."""
        try:
            # The same few steps are reported again and again: they are checked once.
            names = self._known[tutorial_id, step_id, status]
        except Exception:  # noqa: BLE001 - a name may be anything, and raise as well
            names = None
        is_good = type(duration_ms) is int and 0 <= duration_ms <= MAX_DURATION_MS
        if names is None or not is_good or self._guard.is_closed:
            names = self._check(tutorial_id, step_id, status, duration_ms)
            if names is None:
                return
            # Also from a subclass of int, such as a bool: the file gives back none.
            duration_ms = int.__int__(duration_ms)
        if self._identity.is_opted_out:
            self.declined += 1
            return
        now_ms = self._clock.now_ms()
        try:
            user_id, context = self._contexts.of(names[0])
        except sqlite3.Error as exc:
            # what happened counts, whoever saw which variant
            user_id, context = "", NOTHING_KNOWN
            self.note_trouble(exc)
        if self._outgoing is not None:
            # Outside the lock: the app's code may take its time.
            shown = (b"", user_id, *names, duration_ms, now_ms, *context)
            wanted = self._outgoing.ping(PingRow(*shown))
            if wanted is None:
                return
            names, duration_ms = wanted[2:5], wanted.duration_ms
        if self._store(names, duration_ms, now_ms, user_id, context):
            self._is_trouble_told = False
            self._on_queued(1)
        else:
            self._on_queued(0)  # the next sync tries again

    def _store(
        self,
        names: Names,
        duration_ms: int,
        now_ms: int,
        shown_to: str,
        context: Context,
    ) -> bool:
        """Store one ping with an id and the user of now; False where the file refuses.

        Nor is anything stored of who has opted out since the call began.
        """
        # The user is read under the lock that a log-out takes: what is stored after it is
        # not the one's who has left.
        with self._database.lock:
            if self._identity.is_opted_out:
                self.declined += 1
                return True
            user_id = self._identity.user_id
            if user_id != shown_to:
                # Nor is the variant that the other one was shown.
                context = NOTHING_KNOWN
            row = (
                new_event_id(now_ms),
                user_id,
                *names,
                duration_ms,
                now_ms,
                *context,
            )
            try:
                self._pings.enqueue_alone(self._database, row)
            except sqlite3.Error as exc:
                trouble = exc
            else:
                return True
        self.note_trouble(trouble)
        return False

    def _check(
        self, tutorial_id: str, step_id: str, status: str, duration_ms: int
    ) -> Names | None:
        """Return the three names as plain text; None if the call is to be ignored."""
        if not self._guard.is_usable(
            lambda: check_ping(tutorial_id, step_id, status, duration_ms)
        ):
            return None
        names = str.__str__(tutorial_id), str.__str__(step_id), str.__str__(status)
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[tutorial_id, step_id, status] = names
        return names

    def submit_survey(
        self,
        tutorial_id: str,
        *,
        nps: int | None,
        comment: str,
        persona: str | None,
        answers: Sequence[Answer],
    ) -> None:
        """Store one answer; see :meth:`TutorialClient.submit_survey`."""

        def check() -> None:
            check_id("tutorial_id", tutorial_id)
            check_comment(comment)
            check_answers(nps, answers)
            if persona is not None:
                check_id("persona", persona)

        if not self._guard.is_usable(check):
            return
        if self._identity.is_opted_out:
            self.declined += 1
            return
        row = survey_row(
            self._clock.now_ms(),
            user_id="",
            tutorial_id=str.__str__(tutorial_id),
            nps=nps,
            comment=comment,
            persona=persona and str.__str__(persona),
            answers=answers,
        )
        if self._outgoing is not None:
            wanted = self._outgoing.survey(row)
            if wanted is None:
                return
            row = wanted
        try:
            self._surveys.enqueue_alone(
                self._database,
                lambda: self._owned(row),
            )
        except sqlite3.Error as exc:
            self.note_trouble(exc)
            self._on_queued(0)  # the next sync tries again
        else:
            self._on_queued(1)

    def _owned(self, row: SurveyRow) -> SurveyRow | None:
        """Return an answer as the present user's; None of who has just opted out."""
        if self._identity.is_opted_out:
            self.declined += 1
            return None
        return row._replace(user_id=self._identity.user_id)

    def note_trouble(self, exc: Exception) -> None:
        """Tell that the file refused a write: once, until it takes one again.

        A full disk must not fill up with our log.  That a closed client has no file is no
        trouble: the call that asked for it was told already.
        """
        if self._guard.is_closed:
            return
        self._on_trouble(exc)
        if not self._is_trouble_told:
            logger.error("the device's file refused a write: %s", exc)
            self._is_trouble_told = True
