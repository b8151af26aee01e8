"""A user's way through a tutorial: where it stands, and what each move writes."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from client_sdk._assignments import as_json
from client_sdk._clock import new_event_id
from client_sdk._config_cache import CachedConfig
from client_sdk._ping_queue import PingRow
from client_sdk._progress import Known, Place
from client_sdk._run_events import RunEvents
from client_sdk._run_journal import JournalServices, RunJournal
from client_sdk._runs import Run, RunStatus
from client_sdk._survey_gate import SurveyGate
from client_sdk._survey_queue import SurveyRow
from client_sdk._survey_windows import Unanswered
from client_sdk.contracts.progress import Resume
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.step import StepKind
from client_sdk.contracts.tutorial import Step, TutorialConfig

__all__ = ["SessionStatus", "Walk"]


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


class Walk:
    """Moves a run from step to step; its session's lock keeps the moves apart."""

    def __init__(
        self, tutorial_id: str, services: JournalServices, gate: SurveyGate
    ) -> None:
        self._tutorial_id = tutorial_id
        self._services = services
        self._gate = gate
        self.cached: CachedConfig | None = None
        self.journal = RunJournal(services, self._place_of)
        self._events = RunEvents(services.clock)
        self._known = Known()
        #: Steps that the app leaves out, and those of a survey that may not be asked now.
        self.left_out: frozenset[str] = frozenset()
        self._unasked: frozenset[str] = frozenset()

    def reload(self) -> None:
        """Read config and run from the device again, if it can be read."""
        self._read(self._load)

    def reload_progress(self) -> None:
        """Read what other devices have done again, if it can be read."""
        self._read(self._load_progress)

    def _read(self, load: Callable[[], None]) -> None:
        try:
            load()
        except sqlite3.Error as exc:
            self._services.on_trouble(exc)

    def _load(self) -> None:
        if self.journal.is_ahead:
            return  # what the user has seen counts, not what the file knows
        services, tutorial_id = self._services, self._tutorial_id
        self.journal.read(services.identity.user_id, tutorial_id)
        self._load_progress()
        if self.run is not None and self.run.is_open:
            self.cached = services.tutorials.pinned(
                services.database, tutorial_id, self.run.etag
            )
        else:
            self.cached = services.tutorials.current(services.database, tutorial_id)

    def _load_progress(self) -> None:
        services = self._services
        self._known = services.progress.known(
            services.database, services.identity.user_id, self._tutorial_id
        )

    @property
    def config(self) -> TutorialConfig | None:
        """The tutorial as this user sees it; None while nothing is cached."""
        return self.cached.config if self.cached else None

    @property
    def run(self) -> Run | None:
        """The run begun last, open or ended; None before the first."""
        return self.journal.run

    @property
    def status(self) -> SessionStatus:
        """Where the user stands."""
        run, cached, news = self.run, self.cached, self._news
        if run is None and self._known.is_over:
            ended = self._known.is_completed
            return SessionStatus.FINISHED if ended else SessionStatus.SKIPPED
        if run is not None and not run.is_open and news and not news.finished:
            return SessionStatus.READY if cached else SessionStatus.LOADING
        if run is not None and (cached or not run.is_open):
            return SessionStatus(run.status.value)
        return SessionStatus.READY if cached else SessionStatus.LOADING

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that are shown: the present one, and those not left out."""
        steps = self.config.steps if self.config else ()
        hidden = self.left_out | self._unasked
        if not hidden:
            return steps
        run = self.run
        at = run.step_id if run and run.status is RunStatus.RUNNING else None
        return tuple(x for x in steps if x.id == at or x.id not in hidden)

    @property
    def step(self) -> Step | None:
        """The step to show while running, else None."""
        index = self.index
        return None if index is None else self.steps[index]

    @property
    def index(self) -> int | None:
        """The position of the step to show, from 0; None unless running."""
        run = self.run
        if run is None or run.status is not RunStatus.RUNNING:
            return None
        return self._position(run.step_id)

    @property
    def is_at_survey(self) -> bool:
        """Tell whether an answer is asked for, by a step or after the last one."""
        step = self.step
        if step is not None:
            return step.kind is StepKind.SURVEY
        return self.run is not None and self.run.status is RunStatus.SURVEY

    def start(self, *, restart: bool) -> None:
        """Begin a run, or resume the open one where it was on the device used last."""
        self._events.show()
        if self._news is not None and self.cached:
            self._follow(self._news, self.cached)
        self._unasked = self._gate.steps_not_to_ask(self.config, self.run)
        startable = [SessionStatus.READY]
        if restart:
            startable += [SessionStatus.FINISHED, SessionStatus.SKIPPED]
        if self.cached and self.steps and self.status in startable:
            self._begin(self.cached)
        self._relocate()
        self._drop_survey()

    def go_on(
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
        wanted = tuple(step for step in self.steps if step.id == to)
        onward = wanted or self.steps[index + 1 :]
        if onward:
            return self.move(status, to=onward[0], survey=survey)
        asks = self._gate.asks_at_end(self.config, self.run)
        end = RunStatus.SURVEY if asks else RunStatus.FINISHED
        return self.move(status, end=end, survey=survey)

    def move(
        self,
        status: StepStatus | None,
        *,
        to: Step | None = None,
        end: RunStatus = RunStatus.RUNNING,
        survey: SurveyRow | Unanswered | None = None,
    ) -> Step | None:
        """Write what has become of the step, and the arrival at another or the end."""
        run = self.run
        if run is None:
            return None
        events = [self._ended(run, status)] if status else []
        arrived = replace(run, step_id=to.id if to else run.step_id, status=end)
        if to is not None:
            events.append(self._events.started(arrived, self._assignment))
        self._write(arrived, events, survey)
        self._events.show()
        return self.step

    def go_to(self, step_id: str) -> Step | None:
        """Show a step by its id, without completing this one; unknown ids change nothing."""
        target = next((one for one in self.steps if one.id == step_id), None)
        if self.index is None or target is None or target == self.step:
            return self.step
        return self.move(None, to=target)

    def leave(self, status: StepStatus) -> None:
        """End the run at the step that is shown."""
        if self.index is not None:
            self.move(status, end=RunStatus.SKIPPED)

    def note(self, status: StepStatus) -> None:
        """Write an event of the step that is shown, and stay there."""
        if self.run is not None and self.index is not None:
            self._write(self.run, [self._ended(self.run, status)])

    def leave_survey(
        self, status: StepStatus | None, survey: SurveyRow | Unanswered | None
    ) -> None:
        """Go on after a survey, with what came of it; after the last step, finish."""
        run = self.run
        if run is not None and run.status is RunStatus.SURVEY:
            self._write(replace(run, status=RunStatus.FINISHED), [], survey)
        else:
            self.go_on(status, survey=survey)

    def save(self) -> None:
        """Store what the file refused before."""
        if self.run is not None and self.journal.is_waiting:
            self._write(self.run, [])

    def _position(self, step_id: str) -> int | None:
        places = (i for i, step in enumerate(self.steps) if step.id == step_id)
        return next(places, None)

    def _begin(self, cached: CachedConfig) -> None:
        run = self._new_run(cached)
        event = self._events.started(run, self._assignment)
        if not self.journal.begin(run, event, cached):
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
            moved_ms=self._services.clock.now_ms(),
        )
        self._write(run, [], followed=news)

    def _current_content(self, cached: CachedConfig) -> CachedConfig:
        """Show the newest content from here on: what a run began with goes with it."""
        services = self._services
        with contextlib.suppress(sqlite3.Error):
            current = services.tutorials.current(services.database, self._tutorial_id)
            self.cached = current or cached
        return self.cached or cached

    def _new_run(self, cached: CachedConfig) -> Run:
        config = cached.config
        now_ms = self._services.clock.now_ms()
        return Run(
            run_id=new_event_id(now_ms),
            user_id=self._services.identity.user_id,
            tutorial_id=self._tutorial_id,
            tutorial_version=config.version,
            etag=cached.etag,
            variant=config.variant,
            persona=config.persona,
            step_id=(self.steps or config.steps)[0].id,
            status=RunStatus.RUNNING,
            started_ms=now_ms,
            moved_ms=now_ms,
        )

    def _relocate(self) -> None:
        """Stand on a step that exists, where the run's step is in no content left."""
        run = self.run
        if run is None or run.status is not RunStatus.RUNNING or not self.steps:
            return
        if self._position(run.step_id) is None:
            done = self._completed_steps(run)
            ahead = (step for step in self.steps if step.id not in done)
            self.move(None, to=next(ahead, self.steps[-1]))

    def _completed_steps(self, run: Run) -> frozenset[str]:
        services = self._services
        try:
            return services.runs.completed_steps(services.database, run)
        except sqlite3.Error as exc:
            services.on_trouble(exc)
            return frozenset()

    def _drop_survey(self) -> None:
        """Finish a run whose survey is not asked any more: another one was since."""
        run = self.run
        if run is None or run.status is not RunStatus.SURVEY:
            return
        if self.config is not None and not self._gate.may_ask(self.config, run):
            self._write(replace(run, status=RunStatus.FINISHED), [])

    def _write(
        self,
        arrived: Run,
        events: list[PingRow],
        survey: SurveyRow | Unanswered | None = None,
        *,
        followed: Resume | None = None,
    ) -> None:
        """Store a move; where another process has moved the run, join it."""
        is_written = self.journal.write(
            arrived, events, survey, content=self.cached, followed=followed
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

    @property
    def _assignment(self) -> str | None:
        """The variant that the device took by itself, as events tell it."""
        told = self.cached.assignment if self.cached else None
        return None if told is None else as_json(told)
