"""One user's way through one tutorial: start, next, back, skip, finish."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from client_sdk._assignments import as_json
from client_sdk._clock import Clock, new_event_id
from client_sdk._config_cache import CachedConfig
from client_sdk._errors import UsageError
from client_sdk._identity import Identity
from client_sdk._ping_queue import PingQueue, PingRow
from client_sdk._progress import Known, Place, ProgressStore
from client_sdk._runs import Run, RunStatus, RunStore
from client_sdk._storage import Database
from client_sdk._survey_queue import SurveyQueue, SurveyRow, survey_row
from client_sdk._survey_windows import SurveyWindows
from client_sdk._tutorials import Tutorials
from client_sdk._usage import (
    check_answers,
    check_comment,
    check_flag,
    check_id,
    check_nothing,
)
from client_sdk.contracts.progress import Resume
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.survey import Answer
from client_sdk.contracts.tutorial import Step, TutorialConfig
from client_sdk.contracts.value import Value, value

if TYPE_CHECKING:
    from client_sdk._outgoing import OutgoingEvents

__all__ = ["SessionServices", "SessionStatus", "TutorialSession"]

logger = logging.getLogger(__name__)


class SessionStatus(StrEnum):
    """Where a session stands."""

    #: No config is cached yet; it is being fetched.
    LOADING = "loading"
    #: The config is there; ``start()`` shows the first step.
    READY = "ready"
    RUNNING = "running"
    #: All steps are done; the survey waits for an answer.
    SURVEY = "survey"
    FINISHED = "finished"
    SKIPPED = "skipped"


@value(frozen=True, kw_only=True)
class SessionServices(Value):
    """What a session works with; one set for all sessions of a client."""

    database: Database
    identity: Identity
    tutorials: Tutorials
    runs: RunStore
    pings: PingQueue
    surveys: SurveyQueue
    windows: SurveyWindows
    progress: ProgressStore
    #: The app's say in what is collected, if it wants one.
    outgoing: OutgoingEvents | None
    clock: Clock
    #: Told after every stored move, with the number of events that it queued.
    on_queued: Callable[[int], None]
    #: Told after every stored move, with the tutorial.
    on_moved: Callable[[str], None]
    #: Told when the file refuses a write.
    on_storage_trouble: Callable[[Exception], None]
    #: Runs a check of what the host app passed; False if the call is to be ignored.
    is_usable: Callable[[Callable[[], object]], bool]


class TutorialSession:
    """Steps through one tutorial; every move is one SQLite transaction.

    A move writes the step's ``completed``, the next step's ``started`` and the new
    position together: a kill between two of them cannot show a step twice, nor count
    it twice.  Methods return at once and raise nothing for storage or network trouble;
    they may be called from any thread.
    """

    def __init__(self, tutorial_id: str, services: SessionServices) -> None:
        self.tutorial_id = tutorial_id
        self._services = services
        self._lock = threading.RLock()
        self._cached: CachedConfig | None = None
        self._run: Run | None = None
        #: The run as the file has it: behind ``_run`` where the file refused a write.
        self._stored: Run | None = None
        #: Events that the file refused; they go with the next move that it takes.
        self._unsaved: list[PingRow] = []
        self._unsaved_survey: SurveyRow | None = None
        self._known = Known()
        #: Whether the user has moved since the lock was taken.
        self._has_moved = False
        #: Events stored since the lock was taken; told when it is let go.
        self._queued = 0
        self._shown_at = services.clock.monotonic_seconds()
        self.reload()

    def unlock_after_fork(self) -> None:
        """Take a new lock in a child process: nobody lives there to let the old one go."""
        self._lock = threading.RLock()

    def switch_user(self) -> None:
        """Show what the present user has, and nothing of the one before."""
        with self._lock:
            self._run = self._stored = None
            self._unsaved, self._unsaved_survey = [], None
            self.reload()

    def reload(self) -> None:
        """Read config and run from the device again, as after the config has come."""
        with self._lock:
            try:
                self._load()
            except sqlite3.Error as exc:
                self._services.on_storage_trouble(exc)

    def reload_progress(self) -> None:
        """Read again what other devices have done, as after a sync.

        It concerns what is to begin here; a run that is under way stays as it is.
        """
        services = self._services
        with self._lock:
            if self._run is not None and self._run.is_open:
                return
            try:
                self._known = services.progress.known(
                    services.database, services.identity.user_id, self.tutorial_id
                )
            except sqlite3.Error as exc:
                services.on_storage_trouble(exc)

    @property
    def _is_ahead(self) -> bool:
        """Tell whether the file refused what the user has done."""
        return self._run is not None and self._run != self._stored

    def save(self) -> None:
        """Store what the file refused before; a sync calls this."""
        with self._moving():
            if self._run is not None and (self._is_ahead or self._unsaved):
                self._write(self._run, [])

    @contextlib.contextmanager
    def _moving(self) -> Iterator[None]:
        """Hold the lock, and tell what was queued only after it is let go.

        A listener may call this session or another one, on any thread: told under the
        lock, two sessions could wait for each other for ever.
        """
        with self._lock:
            yield
            queued, self._queued = self._queued, 0
            has_moved, self._has_moved = self._has_moved, False
        if queued:
            self._services.on_queued(queued)
        if has_moved:
            self._services.on_moved(self.tutorial_id)

    def _load(self) -> None:
        if self._is_ahead:
            return  # what the user has seen counts, not what the file knows
        services = self._services
        user_id = services.identity.user_id
        self._stored = services.runs.latest(
            services.database, user_id=user_id, tutorial_id=self.tutorial_id
        )
        self._run = self._stored
        self._known = services.progress.known(
            services.database, user_id, self.tutorial_id
        )
        if self._run is not None and self._run.is_open:
            self._cached = services.tutorials.pinned(
                services.database, self.tutorial_id, self._run.etag
            )
        else:
            self._cached = services.tutorials.current(
                services.database, self.tutorial_id
            )

    @property
    def config(self) -> TutorialConfig | None:
        """The tutorial as this user sees it; None while nothing is cached."""
        return self._cached.config if self._cached else None

    @property
    def run(self) -> Run | None:
        """The run begun last, open or ended; None before the first."""
        return self._run

    @property
    def status(self) -> SessionStatus:
        """Where the session stands."""
        run, cached, news = self._run, self._cached, self._news
        if run is None and self._known.is_over:
            ended = self._known.is_completed
            return SessionStatus.FINISHED if ended else SessionStatus.SKIPPED
        if run is not None and not run.is_open and news and not news.finished:
            return SessionStatus.READY if cached else SessionStatus.LOADING
        if run is not None and (cached or not run.is_open):
            return SessionStatus(run.status.value)
        return SessionStatus.READY if cached else SessionStatus.LOADING

    @property
    def step(self) -> Step | None:
        """The step to show while running, else None."""
        with self._lock:
            index = self.index
            return None if index is None else self._steps[index]

    @property
    def index(self) -> int | None:
        """The position of the step to show, from 0; None unless running."""
        with self._lock:
            run = self._run
            if run is None or run.status is not RunStatus.RUNNING:
                return None
            return self._position(run.step_id)

    @property
    def size(self) -> int:
        """How many steps this user's tutorial has; 0 while loading."""
        return len(self._steps)

    @property
    def is_first(self) -> bool:
        """Tell whether there is no step to go back to."""
        return self.index == 0

    @property
    def is_last(self) -> bool:
        """Tell whether ``next()`` ends the steps."""
        return self.index is not None and self.index == self.size - 1

    @property
    def variant(self) -> str | None:
        """The variant of the run, or of the config before there is a run."""
        known = self._run or self.config
        return known.variant if known else None

    @property
    def persona(self) -> str | None:
        """The persona of the run, or of the config before there is a run."""
        known = self._run or self.config
        return known.persona if known else None

    def start(self, *, restart: bool = False) -> Step | None:
        """Begin a run, or resume the open one where it was on the device used last.

        None while loading, and when the last run ended, here or on another device,
        unless ``restart`` is true.  A tutorial that the server does not know is a mistake
        of the app.
        """

        def check() -> None:
            check_flag("restart", restart)
            if self._cached is None and self._services.tutorials.is_unknown(
                self.tutorial_id
            ):
                raise UsageError(f"the server knows no tutorial {self.tutorial_id!r}")

        if not self._services.is_usable(check):
            return None
        with self._moving():
            self.reload()
            self._shown_at = self._services.clock.monotonic_seconds()
            if self._news is not None and self._cached:
                self._follow(self._news, self._cached)
            startable = [SessionStatus.READY]
            if restart:
                startable += [SessionStatus.FINISHED, SessionStatus.SKIPPED]
            if self._cached and self.status in startable:
                self._begin(self._cached)
            self._relocate()
            self._drop_survey()
            return self.step

    def next(self) -> Step | None:
        """Complete the step and show the following one; None after the last."""
        if not self._services.is_usable(check_nothing):
            return self.step
        with self._moving():
            index = self.index
            if index is None:
                return None
            if index + 1 < self.size:
                return self._move(StepStatus.COMPLETED, to=self._steps[index + 1])
            end = RunStatus.SURVEY if self._asks_survey() else RunStatus.FINISHED
            return self._move(StepStatus.COMPLETED, end=end)

    def back(self) -> Step | None:
        """Show the previous step again; on the first step nothing changes."""
        if not self._services.is_usable(check_nothing):
            return self.step
        with self._moving():
            index = self.index
            if not index:
                return self.step
            return self._move(None, to=self._steps[index - 1])

    def go_to(self, step_id: str) -> Step | None:
        """Show a step by its id, without completing this one; unknown ids change nothing."""
        if not self._services.is_usable(lambda: check_id("step_id", step_id)):
            return self.step
        with self._moving():
            target = next((one for one in self._steps if one.id == step_id), None)
            if self.index is None or target is None or target == self.step:
                return self.step
            return self._move(None, to=target)

    def skip(self) -> None:
        """End the run because the user wants no more of it."""
        if not self._services.is_usable(check_nothing):
            return
        with self._moving():
            if self.index is not None:
                self._move(StepStatus.SKIPPED, end=RunStatus.SKIPPED)

    def dismiss(self) -> None:
        """End the run because the overlay was closed, as by the back key."""
        if not self._services.is_usable(check_nothing):
            return
        with self._moving():
            if self.index is not None:
                self._move(StepStatus.DISMISSED, end=RunStatus.SKIPPED)

    def target_missing(self) -> None:
        """Note that the step's target was not to be found; the run goes on."""
        if not self._services.is_usable(check_nothing):
            return
        with self._moving():
            if self._run is not None and self.index is not None:
                event = self._event(self._run, StepStatus.TARGET_MISSING)
                self._write(self._run, [event])

    def submit_survey(
        self,
        *,
        nps: int | None = None,
        comment: str = "",
        answers: Sequence[Answer] = (),
    ) -> None:
        """Queue the answer and finish the run, in one transaction.

        ``nps`` is 0 to 10, ``answers`` are for a survey with questions of its own.
        """

        def check() -> None:
            check_answers(nps, answers)
            check_comment(comment)

        if not self._services.is_usable(check):
            return
        with self._moving():
            run = self._run
            if run is None or run.status is not RunStatus.SURVEY:
                return
            now_ms = self._services.clock.now_ms()
            row = survey_row(
                now_ms,
                user_id=run.user_id,
                tutorial_id=run.tutorial_id,
                nps=nps,
                comment=comment,
                persona=run.persona,
                answers=answers,
                tutorial_version=run.tutorial_version,
            )
            self._write(run._replace(status=RunStatus.FINISHED), [], row)

    def decline_survey(self) -> None:
        """Finish the run without an answer."""
        if not self._services.is_usable(check_nothing):
            return
        with self._moving():
            run = self._run
            if run is not None and run.status is RunStatus.SURVEY:
                self._write(run._replace(status=RunStatus.FINISHED), [])

    def _asks_survey(self) -> bool:
        """Tell whether there is a survey, and the server would take the answer now."""
        if self.config is None or self.config.survey is None:
            return False
        services = self._services
        user_id = self._run.user_id if self._run else services.identity.user_id
        try:
            closed_until = services.windows.closed_until(
                services.database, user_id=user_id, now_ms=services.clock.now_ms()
            )
        except sqlite3.Error as exc:
            services.on_storage_trouble(exc)
            return True
        return closed_until is None

    def _drop_survey(self) -> None:
        """Finish a run whose survey would be refused: another one was answered since."""
        run = self._run
        if run is None or run.status is not RunStatus.SURVEY:
            return
        if self.config is not None and not self._asks_survey():
            self._write(run._replace(status=RunStatus.FINISHED), [])

    @property
    def _steps(self) -> tuple[Step, ...]:
        return self.config.steps if self.config else ()

    def _position(self, step_id: str) -> int | None:
        places = (i for i, step in enumerate(self._steps) if step.id == step_id)
        return next(places, None)

    def _begin(self, cached: CachedConfig) -> None:
        run = self._new_run(cached)
        self._stored = None
        self._write(run, [self._started(run)])

    @property
    def _news(self) -> Resume | None:
        """Where another device has gone on since this one moved; None if none has.

        A survey that is open here stays so: the steps before it are done.
        """
        run, known = self._run, self._known
        if run is None:
            return known.resume
        is_news = known.is_from_elsewhere and run.status is not RunStatus.SURVEY
        return known.resume if is_news else None

    def _follow(self, news: Resume, cached: CachedConfig) -> None:
        """Go on where another device has stood, in the same run."""
        run = self._run
        if news.finished:
            if run is not None and run.is_open:
                ended = self._known.is_completed
                status = RunStatus.FINISHED if ended else RunStatus.SKIPPED
                self._write(run._replace(status=status), [], followed=news)
            return
        run_id = news.run_id.bytes if news.run_id else None
        if run is None or (run_id is not None and run.run_id != run_id):
            run = self._new_run(self._current_content(cached))
        run = run._replace(
            run_id=run_id or run.run_id,
            step_id=news.step_id,
            status=RunStatus.RUNNING,
            moved_ms=self._services.clock.now_ms(),
        )
        self._write(run, [], followed=news)

    def _current_content(self, cached: CachedConfig) -> CachedConfig:
        """Show the newest content from here on: what a run began with goes with it."""
        services = self._services
        with contextlib.suppress(sqlite3.Error):
            current = services.tutorials.current(services.database, self.tutorial_id)
            self._cached = current or cached
        return self._cached or cached

    def _new_run(self, cached: CachedConfig) -> Run:
        services = self._services
        config = cached.config
        now_ms = services.clock.now_ms()
        return Run(
            run_id=new_event_id(now_ms),
            user_id=services.identity.user_id,
            tutorial_id=self.tutorial_id,
            tutorial_version=config.version,
            etag=cached.etag,
            variant=config.variant,
            persona=config.persona,
            step_id=config.steps[0].id,
            status=RunStatus.RUNNING,
            started_ms=now_ms,
            moved_ms=now_ms,
        )

    def _relocate(self) -> None:
        """Stand on a step that exists, where the run's step is in no content left."""
        run = self._run
        if run is None or run.status is not RunStatus.RUNNING or not self._steps:
            return
        if self._position(run.step_id) is None:
            done = self._services.runs.completed_steps(self._services.database, run)
            ahead = (step for step in self._steps if step.id not in done)
            self._move(None, to=next(ahead, self._steps[-1]))

    def _move(
        self,
        status: StepStatus | None,
        *,
        to: Step | None = None,
        end: RunStatus = RunStatus.RUNNING,
    ) -> Step | None:
        run = self._run
        if run is None:
            return None
        events = [self._event(run, status)] if status else []
        arrived = run._replace(step_id=to.id if to else run.step_id, status=end)
        if to is not None:
            events.append(self._started(arrived))
        self._write(arrived, events)
        self._shown_at = self._services.clock.monotonic_seconds()
        return self.step

    def _write(
        self,
        arrived: Run,
        events: list[PingRow],
        survey: SurveyRow | None = None,
        *,
        followed: Resume | None = None,
    ) -> None:
        """Store the move, its events and the answer together, or none of them.

        ``followed`` is where another device has stood, if that is what the move follows.

        Where the file refuses, the user goes on all the same; events and answer wait
        for the next move or sync.
        """
        if events:
            arrived = arrived._replace(moved_ms=events[-1].occurred_ms)
        events, survey = self._wanted(events, survey)
        try:
            # What was reported before comes before.
            self._services.pings.save_held(self._services.database)
            with self._services.database.transaction() as connection:
                self._place(connection, arrived)
                self._note(connection, arrived, followed)
                stored = [event for event in events if self._is_new(connection, event)]
                for event in stored:
                    self._services.pings.enqueue(connection, event)
                if survey is not None:
                    self._services.surveys.enqueue(connection, survey)
        except (_MovedElsewhere, sqlite3.IntegrityError):
            # Another process began or moved the run since our last look: join it.
            self._unsaved, self._unsaved_survey = [], None
            self.reload()
        except sqlite3.Error as exc:
            self._services.on_storage_trouble(exc)
            self._run, self._unsaved, self._unsaved_survey = arrived, events, survey
        else:
            self._run = self._stored = arrived
            self._unsaved, self._unsaved_survey = [], None
            self._queued += len(stored) + (survey is not None)

    def _wanted(
        self, events: list[PingRow], survey: SurveyRow | None
    ) -> tuple[list[PingRow], SurveyRow | None]:
        """Return what is to be stored, with what the file refused before."""
        if self._services.identity.is_opted_out:
            # The user goes on all the same, and nobody hears of it.
            return [], None
        outgoing = self._services.outgoing
        if outgoing is not None:
            events = outgoing.pings(events)
            survey = survey and outgoing.survey(survey)
        return [*self._unsaved, *events], survey or self._unsaved_survey

    def _place(self, connection: sqlite3.Connection, arrived: Run) -> None:
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
            left = stored._replace(status=RunStatus.SKIPPED)
            if not runs.move(connection, stored, left):
                raise _MovedElsewhere
        runs.insert(connection, arrived)
        if self._cached is not None:
            self._services.tutorials.pin(connection, arrived.user_id, self._cached)

    def _note(
        self, connection: sqlite3.Connection, arrived: Run, followed: Resume | None
    ) -> None:
        """Note where to go on, for the user's other devices."""
        services, stored = self._services, self._stored
        place = self._progress_place(arrived)
        if followed is not None:
            services.progress.follow(connection, place, followed.clock)
        elif stored is None or place != self._progress_place(stored):
            services.progress.note(
                connection,
                place,
                now_ms=services.clock.now_ms(),
                is_collected=not services.identity.is_opted_out,
            )
        else:
            return
        self._has_moved = True

    def _progress_place(self, run: Run) -> Place:
        return Place(
            user_id=run.user_id,
            tutorial_id=run.tutorial_id,
            step_id=run.step_id,
            position=self._position(run.step_id) or 0,
            run_id=run.run_id,
            is_finished=run.status is not RunStatus.RUNNING,
        )

    def _is_new(self, connection: sqlite3.Connection, event: PingRow) -> bool:
        """Refuse a second ``completed`` of one step in one run, as after going back."""
        if event.status != StepStatus.COMPLETED.value or event.run_id is None:
            return True
        runs = self._services.runs
        return runs.complete_step(connection, event.run_id, event.step_id)

    def _event(self, run: Run, status: StepStatus) -> PingRow:
        shown = self._services.clock.monotonic_seconds() - self._shown_at
        return self._ping(run, status, duration_ms=max(0, round(shown * 1000)))

    def _started(self, run: Run) -> PingRow:
        return self._ping(run, StepStatus.STARTED, duration_ms=0)

    def _ping(self, run: Run, status: StepStatus, *, duration_ms: int) -> PingRow:
        now_ms = self._services.clock.now_ms()
        return PingRow(
            event_id=new_event_id(now_ms),
            user_id=run.user_id,
            tutorial_id=run.tutorial_id,
            step_id=run.step_id,
            status=status.value,
            duration_ms=duration_ms,
            occurred_ms=now_ms,
            variant=run.variant,
            persona=run.persona,
            run_id=run.run_id,
            tutorial_version=run.tutorial_version,
            assignment=self._assignment,
        )

    @property
    def _assignment(self) -> str | None:
        """The variant that the device took by itself, as events tell it."""
        told = self._cached.assignment if self._cached else None
        return None if told is None else as_json(told)


class _MovedElsewhere(Exception):
    """The run no longer stands where this session thought."""
