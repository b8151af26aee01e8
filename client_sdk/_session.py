"""One user's way through one tutorial: start, next, back, skip, finish."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Sequence

from client_sdk._clock import new_event_id
from client_sdk._errors import UsageError
from client_sdk._run_journal import JournalServices
from client_sdk._runs import Run
from client_sdk._survey_gate import SurveyGate
from client_sdk._survey_queue import survey_row
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
from client_sdk._walk import SessionStatus, Walk
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.survey import Answer
from client_sdk.contracts.tutorial import Step, TutorialConfig
from client_sdk.contracts.value import Value, value

__all__ = ["SessionServices", "SessionStatus", "TutorialSession"]


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
        self._journal_services = services.journal
        self._lock = threading.RLock()
        self._walk = Walk(
            tutorial_id,
            services.journal,
            SurveyGate(services.journal, services.windows),
        )
        self.reload()

    def unlock_after_fork(self) -> None:
        """Take a new lock in a child process: nobody lives there to let the old one go."""
        self._lock = threading.RLock()

    def switch_user(self) -> None:
        """Show what the present user has, and nothing of the one before."""
        with self._lock:
            self._walk.journal.forget()
            self.reload()

    def reload(self) -> None:
        """Read config and run from the device again, as after the config has come."""
        with self._lock:
            self._walk.reload()

    def reload_progress(self) -> None:
        """Read again what other devices have done, as after a sync.

        It concerns what is to begin here; a run that is under way stays as it is.
        """
        with self._lock:
            if self.run is not None and self.run.is_open:
                return
            self._walk.reload_progress()

    def save(self) -> None:
        """Store what the file refused before; a sync calls this."""
        with self._moving():
            self._walk.save()

    @contextlib.contextmanager
    def _moving(self) -> Iterator[None]:
        """Hold the lock, and tell what was queued only after it is let go.

        A listener may call this session or another one, on any thread: told under the
        lock, two sessions could wait for each other for ever.
        """
        with self._lock:
            yield
            queued, has_moved = self._walk.journal.take_news()
        if queued:
            self._services.on_queued(queued)
        if has_moved:
            self._services.on_moved(self.tutorial_id)

    @property
    def config(self) -> TutorialConfig | None:
        """The tutorial as this user sees it; None while nothing is cached."""
        return self._walk.config

    @property
    def run(self) -> Run | None:
        """The run begun last, open or ended; None before the first."""
        return self._walk.run

    @property
    def status(self) -> SessionStatus:
        """Where the session stands."""
        return self._walk.status

    @property
    def step(self) -> Step | None:
        """The step to show while running, else None."""
        with self._lock:
            return self._walk.step

    @property
    def index(self) -> int | None:
        """The position of the step to show, from 0; None unless running."""
        with self._lock:
            return self._walk.index

    @property
    def size(self) -> int:
        """How many steps this user's tutorial has; 0 while loading."""
        return len(self._walk.steps)

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
            tutorials = self._journal_services.tutorials
            if self.config is None and tutorials.is_unknown(self.tutorial_id):
                raise UsageError(f"the server knows no tutorial {self.tutorial_id!r}")

        if not self._services.is_usable(check):
            return None
        with self._moving():
            self.reload()
            self._walk.start(restart=restart)
            return self.step

    def leave_out(self, step_ids: Collection[str]) -> None:
        """Leave these steps out from here on: not shown, not counted, and nothing told.

        It takes the place of what was left out before.  The step that is shown stays.
        """
        if self._services.is_usable(lambda: check_steps(step_ids)):
            with self._lock:
                self._walk.left_out = frozenset(step_ids)

    def next(self, *, to: str | None = None) -> Step | None:
        """Complete the step and show the following one, or another; None after the last.

        ``to`` is the id of a step to go on with; one that is not there is as none.
        """
        if not self._services.is_usable(lambda: check_step(to)):
            return self.step
        with self._moving():
            return self._walk.go_on(StepStatus.COMPLETED, to)

    def pass_over(self) -> Step | None:
        """Go on without completing the step, as when its target is not there."""
        if not self._services.is_usable(check_nothing):
            return self.step
        with self._moving():
            return self._walk.go_on(None)

    def back(self) -> Step | None:
        """Show the previous step again; on the first step nothing changes."""
        if not self._services.is_usable(check_nothing):
            return self.step
        with self._moving():
            index = self.index
            if not index:
                return self.step
            return self._walk.move(None, to=self._walk.steps[index - 1])

    def go_to(self, step_id: str) -> Step | None:
        """Show a step by its id, without completing this one; unknown ids change nothing."""
        if not self._services.is_usable(lambda: check_id("step_id", step_id)):
            return self.step
        with self._moving():
            return self._walk.go_to(step_id)

    def skip(self) -> None:
        """End the run because the user wants no more of it."""
        if not self._services.is_usable(check_nothing):
            return
        with self._moving():
            self._walk.leave(StepStatus.SKIPPED)

    def dismiss(self) -> None:
        """End the run because the overlay was closed, as by the back key."""
        if not self._services.is_usable(check_nothing):
            return
        with self._moving():
            self._walk.leave(StepStatus.DISMISSED)

    def target_missing(self) -> None:
        """Note that the step's target was not to be found; the run goes on."""
        if not self._services.is_usable(check_nothing):
            return
        with self._moving():
            self._walk.note(StepStatus.TARGET_MISSING)

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
            if run is None or not self._walk.is_at_survey:
                return
            now_ms = self._journal_services.clock.now_ms()
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
            self._walk.leave_survey(StepStatus.COMPLETED, row)

    def decline_survey(self, *, was_shown: bool = True) -> None:
        """Go on without an answer; after the last step that finishes the run.

        The user is asked no survey on this device for the 30 days of an answer.
        ``was_shown`` false says that nobody was asked: then it does not count.
        """
        if not self._services.is_usable(lambda: check_flag("was_shown", was_shown)):
            return
        with self._moving():
            run = self.run
            if run is None or not self._walk.is_at_survey:
                return
            now_ms = self._journal_services.clock.now_ms()
            asked = Unanswered(
                submission_id=new_event_id(now_ms),
                user_id=run.user_id,
                declined_ms=now_ms,
            )
            self._walk.leave_survey(None, asked if was_shown else None)
