"""A tutorial's run as the user has moved it, and as the file has it: one transaction a move."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from client_sdk._config_cache import CachedConfig
from client_sdk._identity import Identity
from client_sdk._ping_queue import PingQueue, PingRow
from client_sdk._progress import Place, ProgressStore
from client_sdk._runs import Run, RunStatus, RunStore
from client_sdk._storage import Database
from client_sdk._survey_queue import SurveyQueue, SurveyRow
from client_sdk._survey_windows import SurveyWindows, Unanswered
from client_sdk._tutorials import Tutorials
from client_sdk.contracts.progress import Resume
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.value import Value, value

if TYPE_CHECKING:
    from client_sdk._clock import Clock
    from client_sdk._outgoing import OutgoingEvents

__all__ = ["JournalServices", "RunJournal"]


@value(frozen=True, kw_only=True)
class JournalServices(Value):
    """Where a move is written to; one set for all journals of a client."""

    database: Database
    identity: Identity
    tutorials: Tutorials
    runs: RunStore
    pings: PingQueue
    surveys: SurveyQueue
    progress: ProgressStore
    #: The app's say in what is collected, if it wants one.
    outgoing: OutgoingEvents | None
    clock: Clock
    #: Told when the file refuses a write.
    on_trouble: Callable[[Exception], None]


class RunJournal:
    """Writes moves; its session's lock keeps them apart.

    ``place_of`` says where a run stands for the user's other devices.
    """

    def __init__(
        self, services: JournalServices, place_of: Callable[[Run], Place]
    ) -> None:
        self._services = services
        self._place_of = place_of
        self.run: Run | None = None
        #: The run as the file has it: behind ``run`` where the file refused a write.
        self._stored: Run | None = None
        #: Events that the file refused; they go with the next move that it takes.
        self._unsaved: list[PingRow] = []
        self._unsaved_surveys: list[SurveyRow | Unanswered] = []
        #: Events stored, and whether the user has moved, since it was told last.
        self._queued, self._has_moved = 0, False

    @property
    def is_ahead(self) -> bool:
        """Tell whether the file refused what the user has done."""
        return self.run is not None and self.run != self._stored

    @property
    def is_waiting(self) -> bool:
        """Tell whether there is something that the file has not got."""
        return self.is_ahead or bool(self._unsaved)

    def forget(self) -> None:
        """Know nothing of the run, for it is another user's now."""
        self.run = self._stored = None
        self._unsaved, self._unsaved_surveys = [], []

    def read(self, user_id: str, tutorial_id: str) -> None:
        """Take the run as the file has it; sqlite3.Error as it gives it."""
        services = self._services
        self.run = self._stored = services.runs.latest(
            services.database, user_id=user_id, tutorial_id=tutorial_id
        )

    def take_news(self) -> tuple[int, bool]:
        """Return how many events were stored, and whether the user has moved, since then."""
        news = self._queued, self._has_moved
        self._queued, self._has_moved = 0, False
        return news

    def begin(self, run: Run, event: PingRow, content: CachedConfig) -> bool:
        """Store a new run with its first event; see ``write``."""
        self._stored = None
        return self.write(run, [event], content=content)

    def write(
        self,
        arrived: Run,
        events: list[PingRow],
        survey: SurveyRow | Unanswered | None = None,
        *,
        content: CachedConfig | None,
        followed: Resume | None = None,
    ) -> bool:
        """Store the move, its events and what came of a survey, or none of them.

        ``content`` goes with the run to its end; ``followed`` is where another device has
        stood, if that is what the move follows.

        False where another process has moved the run since our last look: then nothing is
        stored, and the session has to look again.  Where the file refuses, the user goes
        on all the same; events and surveys wait for the next move or sync.
        """
        if events:
            arrived = replace(arrived, moved_ms=events[-1].occurred_ms)
        events, surveys = self._wanted_events(events), self._wanted_surveys(survey)
        services = self._services
        try:
            # What was reported before comes before.
            services.pings.save_held(services.database)
            with services.database.transaction() as connection:
                self._place(connection, arrived, content)
                self._note(connection, arrived, followed)
                stored = self._enqueue(connection, events, surveys)
        except (_MovedElsewhere, sqlite3.IntegrityError):
            self._unsaved, self._unsaved_surveys = [], []
            return False
        except sqlite3.Error as exc:
            services.on_trouble(exc)
            self.run, self._unsaved, self._unsaved_surveys = arrived, events, surveys
        else:
            self.run = self._stored = arrived
            self._unsaved, self._unsaved_surveys = [], []
            self._queued += stored
        return True

    def _wanted_events(self, events: list[PingRow]) -> list[PingRow]:
        """Return the events to store, with those that the file refused before."""
        if self._services.identity.is_opted_out:
            # The user goes on all the same, and nobody hears of it.
            return []
        outgoing = self._services.outgoing
        return [*self._unsaved, *(outgoing.pings(events) if outgoing else events)]

    def _wanted_surveys(
        self, survey: SurveyRow | Unanswered | None
    ) -> list[SurveyRow | Unanswered]:
        """Return the surveys to note, with those that the file refused before.

        An answer that nobody is to have counts as asked all the same.
        """
        outgoing = self._services.outgoing
        if self._services.identity.is_opted_out:
            given = [*self._unsaved_surveys, survey]
            return [_without_answer(one) for one in given if one is not None]
        if outgoing is not None and isinstance(survey, SurveyRow):
            survey = outgoing.survey(survey) or _without_answer(survey)
        return [*self._unsaved_surveys, *([] if survey is None else [survey])]

    def _place(
        self, connection: sqlite3.Connection, arrived: Run, content: CachedConfig | None
    ) -> None:
        """Put the run where the user is; _MovedElsewhere if the file knows better."""
        runs, stored = self._services.runs, self._stored
        if stored is not None and stored.run_id == arrived.run_id:
            if runs.move(connection, stored, arrived):
                return
            if runs.is_known(connection, arrived.run_id):
                raise _MovedElsewhere
            # The file is a new one, in the place of one that was damaged.
        elif stored is not None and stored.is_open:
            # Another device's run takes its place.
            left = replace(stored, status=RunStatus.SKIPPED)
            if not runs.move(connection, stored, left):
                raise _MovedElsewhere
        if arrived.user_id != self._services.identity.user_id:
            raise _MovedElsewhere  # who has just signed out, and may have been wiped
        runs.insert(connection, arrived)
        if content is not None:
            self._services.tutorials.pin(connection, arrived.user_id, content)

    def _note(
        self, connection: sqlite3.Connection, arrived: Run, followed: Resume | None
    ) -> None:
        """Note where to go on, for the user's other devices."""
        services, stored = self._services, self._stored
        place = self._place_of(arrived)
        if followed is not None:
            services.progress.follow(connection, place, followed.clock)
        elif stored is None or place != self._place_of(stored):
            services.progress.note(
                connection,
                place,
                now_ms=services.clock.now_ms(),
                is_collected=not services.identity.is_opted_out,
            )
        else:
            return
        self._has_moved = True

    def _enqueue(
        self,
        connection: sqlite3.Connection,
        events: list[PingRow],
        surveys: list[SurveyRow | Unanswered],
    ) -> int:
        """Queue what is to be sent; return how many."""
        if self._services.identity.is_opted_out:
            # Since a moment ago: what is stored now would not be forgotten.
            events, surveys = [], [_without_answer(one) for one in surveys]
        stored = [event for event in events if self._is_new(connection, event)]
        for event in stored:
            self._services.pings.enqueue(connection, event)
        answers = [one for one in surveys if isinstance(one, SurveyRow)]
        for answer in answers:
            self._services.surveys.enqueue(connection, answer)
        for one in surveys:
            if isinstance(one, Unanswered):
                SurveyWindows.note_unanswered(connection, one)
        return len(stored) + len(answers)

    def _is_new(self, connection: sqlite3.Connection, event: PingRow) -> bool:
        """Refuse a second ``completed`` of one step in one run, as after going back."""
        if event.status != StepStatus.COMPLETED.value or event.run_id is None:
            return True
        runs = self._services.runs
        return runs.complete_step(connection, event.run_id, event.step_id)


def _without_answer(survey: SurveyRow | Unanswered) -> Unanswered:
    if isinstance(survey, Unanswered):
        return survey
    return Unanswered(
        submission_id=survey.submission_id,
        user_id=survey.user_id,
        declined_ms=survey.occurred_ms,
    )


class _MovedElsewhere(Exception):
    """The run no longer stands where this journal thought."""
