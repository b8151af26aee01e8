"""One user's way through one tutorial: start, next, back, skip, finish."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum

from client_sdk._assignments import as_json
from client_sdk._clock import new_event_id
from client_sdk._config_cache import CachedConfig
from client_sdk._errors import UsageError
from client_sdk._ping_queue import PingRow
from client_sdk._progress import Known, Place
from client_sdk._run_events import RunEvents
from client_sdk._run_journal import JournalServices, RunJournal
from client_sdk._runs import Run, RunStatus
from client_sdk._survey_queue import SurveyRow, survey_row
from client_sdk._survey_windows import SurveyWindows, Unanswered
from client_sdk._usage import (
    check_answers,
    check_comment,
    check_flag,
    check_id,
    check_nothing,
    check_step,
    check_steps,
)
from client_sdk.contracts.progress import Resume
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.step import StepKind
from client_sdk.contracts.survey import Answer
from client_sdk.contracts.tutorial import Step, TutorialConfig
from client_sdk.contracts.value import Value, value

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

    journal: JournalServices
    windows: SurveyWindows
    #: Told after every stored move, with the number of events that it queued.
    on_queued: Callable[[int], None]
    #: Told after every stored move, with the tutorial.
    on_moved: Callable[[str], None]
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
        self._parts = services.journal
        self._lock = threading.RLock()
        self._cached: CachedConfig | None = None
        self._journal = RunJournal(services.journal, self._place_of)
        self._events = RunEvents(services.journal.clock)
        self._known = Known()
        #: Steps that the app leaves out, and those of a survey that may not be asked now.
        self._left_out: frozenset[str] = frozenset()
        self._unasked: frozenset[str] = frozenset()
        self.reload()

    def unlock_after_fork(self) -> None:
        """Take a new lock in a child process: nobody lives there to let the old one go."""
        self._lock = threading.RLock()

    def switch_user(self) -> None:
        """Show what the present user has, and nothing of the one before."""
        with self._lock:
            self._journal.forget()
            self.reload()

    def reload(self) -> None:
        """Read config and run from the device again, as after the config has come."""
        with self._lock:
            try:
                self._load()
            except sqlite3.Error as exc:
                self._parts.on_trouble(exc)

    def reload_progress(self) -> None:
        """Read again what other devices have done, as after a sync.

        It concerns what is to begin here; a run that is under way stays as it is.
        """
        with self._lock:
            if self.run is not None and self.run.is_open:
                return
            try:
                self._known = self._read_progress()
            except sqlite3.Error as exc:
                self._parts.on_trouble(exc)

    def save(self) -> None:
        """Store what the file refused before; a sync calls this."""
        with self._moving():
            if self.run is not None and self._journal.is_waiting:
                self._write(self.run, [])

    @contextlib.contextmanager
    def _moving(self) -> Iterator[None]:
        """Hold the lock, and tell what was queued only after it is let go.

        A listener may call this session or another one, on any thread: told under the
        lock, two sessions could wait for each other for ever.
        """
        with self._lock:
            yield
            queued, has_moved = self._journal.take_news()
        if queued:
            self._services.on_queued(queued)
        if has_moved:
            self._services.on_moved(self.tutorial_id)

    def _load(self) -> None:
        if self._journal.is_ahead:
            return  # what the user has seen counts, not what the file knows
        parts = self._parts
        self._journal.read(parts.identity.user_id, self.tutorial_id)
        self._known = self._read_progress()
        if self.run is not None and self.run.is_open:
            self._cached = parts.tutorials.pinned(
                parts.database, self.tutorial_id, self.run.etag
            )
        else:
            self._cached = parts.tutorials.current(parts.database, self.tutorial_id)

    def _read_progress(self) -> Known:
        parts = self._parts
        return parts.progress.known(
            parts.database, parts.identity.user_id, self.tutorial_id
        )

    @property
    def config(self) -> TutorialConfig | None:
        """The tutorial as this user sees it; None while nothing is cached."""
        return self._cached.config if self._cached else None

    @property
    def run(self) -> Run | None:
        """The run begun last, open or ended; None before the first."""
        return self._journal.run

    @property
    def status(self) -> SessionStatus:
        """Where the session stands."""
        run, cached, news = self.run, self._cached, self._news
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
            run = self.run
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
        known = self.run or self.config
        return known.variant if known else None

    @property
    def persona(self) -> str | None:
        """The persona of the run, or of the config before there is a run."""
        known = self.run or self.config
        return known.persona if known else None

    def start(self, *, restart: bool = False) -> Step | None:
        """Begin a run, or resume the open one where it was on the device used last.

        None while loading, and when the last run ended, here or on another device,
        unless ``restart`` is true.  A tutorial that the server does not know is a mistake
        of the app.
        """

        def check() -> None:
            check_flag("restart", restart)
            if self._cached is None and self._parts.tutorials.is_unknown(
                self.tutorial_id
            ):
                raise UsageError(f"the server knows no tutorial {self.tutorial_id!r}")

        if not self._services.is_usable(check):
            return None
        with self._moving():
            self.reload()
            self._events.show()
            if self._news is not None and self._cached:
                self._follow(self._news, self._cached)
            self._unasked = self._steps_not_to_ask()
            startable = [SessionStatus.READY]
            if restart:
                startable += [SessionStatus.FINISHED, SessionStatus.SKIPPED]
            if self._cached and self._steps and self.status in startable:
                self._begin(self._cached)
            self._relocate()
            self._drop_survey()
            return self.step

    def leave_out(self, step_ids: Collection[str]) -> None:
        """Leave these steps out from here on: not shown, not counted, and nothing told.

        It takes the place of what was left out before.  The step that is shown stays.
        """
        if self._services.is_usable(lambda: check_steps(step_ids)):
            with self._lock:
                self._left_out = frozenset(step_ids)

    def next(self, *, to: str | None = None) -> Step | None:
        """Complete the step and show the following one, or another; None after the last.

        ``to`` is the id of a step to go on with; one that is not there is as none.
        """
        if not self._services.is_usable(lambda: check_step(to)):
            return self.step
        with self._moving():
            return self._go_on(StepStatus.COMPLETED, to)

    def pass_over(self) -> Step | None:
        """Go on without completing the step, as when its target is not there."""
        if not self._services.is_usable(check_nothing):
            return self.step
        with self._moving():
            return self._go_on(None)

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
            if self.run is not None and self.index is not None:
                event = self._ended(self.run, StepStatus.TARGET_MISSING)
                self._write(self.run, [event])

    def submit_survey(
        self,
        *,
        nps: int | None = None,
        comment: str = "",
        answers: Sequence[Answer] = (),
        complete: bool = True,
    ) -> None:
        """Queue the answer and finish the run, in one transaction.

        ``nps`` is 0 to 10, ``answers`` are for a survey with questions of its own.
        ``complete`` false says that the user left before the end: then the server takes
        what there is, also where a required question has no answer.
        """

        def check() -> None:
            check_answers(nps, answers)
            check_comment(comment)
            check_flag("complete", complete)

        if not self._services.is_usable(check):
            return
        with self._moving():
            run = self.run
            if run is None or not self._is_at_survey:
                return
            now_ms = self._parts.clock.now_ms()
            row = survey_row(
                now_ms,
                user_id=run.user_id,
                tutorial_id=run.tutorial_id,
                nps=nps,
                comment=comment,
                persona=run.persona,
                answers=answers,
                tutorial_version=run.tutorial_version,
                is_complete=complete,
            )
            if run.status is RunStatus.SURVEY:
                self._write(replace(run, status=RunStatus.FINISHED), [], row)
            else:
                self._go_on(StepStatus.COMPLETED, survey=row)

    def decline_survey(self, *, was_shown: bool = True) -> None:
        """Go on without an answer; after the last step that finishes the run.

        The user is asked no survey on this device for the 30 days of an answer.
        ``was_shown`` false says that nobody was asked: then it does not count.
        """
        if not self._services.is_usable(lambda: check_flag("was_shown", was_shown)):
            return
        with self._moving():
            run = self.run
            if run is None or not self._is_at_survey:
                return
            now_ms = self._parts.clock.now_ms()
            asked = Unanswered(
                submission_id=new_event_id(now_ms),
                user_id=run.user_id,
                declined_ms=now_ms,
            )
            survey = asked if was_shown else None
            if run.status is RunStatus.SURVEY:
                self._write(replace(run, status=RunStatus.FINISHED), [], survey)
            else:
                self._go_on(None, survey=survey)

    @property
    def _is_at_survey(self) -> bool:
        """Tell whether an answer is asked for, by a step or after the last one."""
        step = self.step
        if step is not None:
            return step.kind is StepKind.SURVEY
        return self.run is not None and self.run.status is RunStatus.SURVEY

    def _steps_not_to_ask(self) -> frozenset[str]:
        steps = self.config.steps if self.config else ()
        asking = frozenset(one.id for one in steps if one.kind is StepKind.SURVEY)
        return asking if asking and not self._may_ask() else frozenset()

    def _asks_survey(self) -> bool:
        """Tell whether to ask after the last step: not if a step was to do so."""
        steps = self.config.steps if self.config else ()
        has_step = any(step.kind is StepKind.SURVEY for step in steps)
        return not has_step and self._may_ask()

    def _may_ask(self) -> bool:
        """Tell whether there is a survey, and the user may be asked one now."""
        if self.config is None or self.config.survey is None:
            return False
        parts = self._parts
        user_id = self.run.user_id if self.run else parts.identity.user_id
        try:
            closed_until = self._services.windows.closed_until(
                parts.database, user_id=user_id, now_ms=parts.clock.now_ms()
            )
        except sqlite3.Error as exc:
            parts.on_trouble(exc)
            return True
        return closed_until is None

    def _drop_survey(self) -> None:
        """Finish a run whose survey is not asked any more: another one was since."""
        run = self.run
        if run is None or run.status is not RunStatus.SURVEY:
            return
        if self.config is not None and not self._may_ask():
            self._write(replace(run, status=RunStatus.FINISHED), [])

    @property
    def _steps(self) -> tuple[Step, ...]:
        """The steps that are shown: the present one, and those not left out."""
        steps = self.config.steps if self.config else ()
        hidden = self._left_out | self._unasked
        if not hidden:
            return steps
        run = self.run
        at = run.step_id if run and run.status is RunStatus.RUNNING else None
        return tuple(x for x in steps if x.id == at or x.id not in hidden)

    def _go_on(
        self,
        status: StepStatus | None,
        to: str | None = None,
        *,
        survey: SurveyRow | Unanswered | None = None,
    ) -> Step | None:
        """Leave the step for another one, the following one or the end."""
        index = self.index
        if index is None:
            return None
        wanted = tuple(step for step in self._steps if step.id == to)
        onward = wanted or self._steps[index + 1 :]
        if onward:
            return self._move(status, to=onward[0], survey=survey)
        end = RunStatus.SURVEY if self._asks_survey() else RunStatus.FINISHED
        return self._move(status, end=end, survey=survey)

    def _position(self, step_id: str) -> int | None:
        places = (i for i, step in enumerate(self._steps) if step.id == step_id)
        return next(places, None)

    def _begin(self, cached: CachedConfig) -> None:
        run = self._new_run(cached)
        if not self._journal.begin(run, self._started(run), cached):
            self.reload()

    @property
    def _news(self) -> Resume | None:
        """Where another device has gone on since this one moved; None if none has.

        A survey that is open here stays so: the steps before it are done.
        """
        run, known = self.run, self._known
        if run is None:
            return known.resume
        is_news = known.is_from_elsewhere and run.status is not RunStatus.SURVEY
        return known.resume if is_news else None

    def _follow(self, news: Resume, cached: CachedConfig) -> None:
        """Go on where another device has stood, in the same run."""
        run = self.run
        if news.finished:
            if run is not None and run.is_open:
                ended = self._known.is_completed
                status = RunStatus.FINISHED if ended else RunStatus.SKIPPED
                self._write(replace(run, status=status), [], followed=news)
            return
        run_id = news.run_id.bytes if news.run_id else None
        if run is None or (run_id is not None and run.run_id != run_id):
            run = self._new_run(self._current_content(cached))
        run = replace(
            run,
            run_id=run_id or run.run_id,
            step_id=news.step_id,
            status=RunStatus.RUNNING,
            moved_ms=self._parts.clock.now_ms(),
        )
        self._write(run, [], followed=news)

    def _current_content(self, cached: CachedConfig) -> CachedConfig:
        """Show the newest content from here on: what a run began with goes with it."""
        parts = self._parts
        with contextlib.suppress(sqlite3.Error):
            current = parts.tutorials.current(parts.database, self.tutorial_id)
            self._cached = current or cached
        return self._cached or cached

    def _new_run(self, cached: CachedConfig) -> Run:
        config = cached.config
        now_ms = self._parts.clock.now_ms()
        return Run(
            run_id=new_event_id(now_ms),
            user_id=self._parts.identity.user_id,
            tutorial_id=self.tutorial_id,
            tutorial_version=config.version,
            etag=cached.etag,
            variant=config.variant,
            persona=config.persona,
            step_id=(self._steps or config.steps)[0].id,
            status=RunStatus.RUNNING,
            started_ms=now_ms,
            moved_ms=now_ms,
        )

    def _relocate(self) -> None:
        """Stand on a step that exists, where the run's step is in no content left."""
        run = self.run
        if run is None or run.status is not RunStatus.RUNNING or not self._steps:
            return
        if self._position(run.step_id) is None:
            done = self._parts.runs.completed_steps(self._parts.database, run)
            ahead = (step for step in self._steps if step.id not in done)
            self._move(None, to=next(ahead, self._steps[-1]))

    def _move(
        self,
        status: StepStatus | None,
        *,
        to: Step | None = None,
        end: RunStatus = RunStatus.RUNNING,
        survey: SurveyRow | Unanswered | None = None,
    ) -> Step | None:
        run = self.run
        if run is None:
            return None
        events = [self._ended(run, status)] if status else []
        arrived = replace(run, step_id=to.id if to else run.step_id, status=end)
        if to is not None:
            events.append(self._started(arrived))
        self._write(arrived, events, survey)
        self._events.show()
        return self.step

    def _write(
        self,
        arrived: Run,
        events: list[PingRow],
        survey: SurveyRow | Unanswered | None = None,
        *,
        followed: Resume | None = None,
    ) -> None:
        """Store a move; where another process has moved the run, join it."""
        is_written = self._journal.write(
            arrived, events, survey, content=self._cached, followed=followed
        )
        if not is_written:
            self.reload()

    def _place_of(self, run: Run) -> Place:
        return Place(
            user_id=run.user_id,
            tutorial_id=run.tutorial_id,
            step_id=run.step_id,
            position=self._position(run.step_id) or 0,
            run_id=run.run_id,
            is_finished=run.status is not RunStatus.RUNNING,
        )

    def _ended(self, run: Run, status: StepStatus) -> PingRow:
        return self._events.ended(run, status, self._assignment)

    def _started(self, run: Run) -> PingRow:
        return self._events.started(run, self._assignment)

    @property
    def _assignment(self) -> str | None:
        """The variant that the device took by itself, as events tell it."""
        told = self._cached.assignment if self._cached else None
        return None if told is None else as_json(told)
