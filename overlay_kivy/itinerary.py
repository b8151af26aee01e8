"""Itinerary: which way a tour goes through its steps; no widgets."""

from __future__ import annotations

from dataclasses import dataclass

from client_sdk import Step, TutorialSession
from client_sdk.contracts.step import StepKind
from overlay_kivy.conditions import Conditions

__all__ = ["Itinerary", "StepPlace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlace:
    """Where the user is among the steps that show something: "3 of 7".

    A step that only waits is not counted: nobody sees it, and a number that is left out
    would look like a mistake.
    """

    #: From 1.
    position: int
    count: int

    @property
    def is_first(self) -> bool:
        """Whether there is no step to go back to."""
        return self.position <= 1

    @property
    def is_last(self) -> bool:
        """Whether no step shows anything after this one."""
        return self.position >= self.count


class Itinerary:
    """Moves a session, with regard to what the app says of itself at every move."""

    def __init__(self, session: TutorialSession, conditions: Conditions) -> None:
        self._session = session
        self._conditions = conditions
        self._left_out: frozenset[str] = frozenset()
        self._came_back = False
        self._unseen_in_a_row = 0

    @property
    def previous_steps(self) -> list[Step]:
        """The steps before the present one that show something, the nearest first."""
        return [
            step
            for step in reversed(self._steps_until_now[:-1])
            if step.kind is not StepKind.WAIT and step.id not in self._left_out
        ]

    @property
    def place(self) -> StepPlace:
        """Where the present step is, which is not one that waits."""
        waits, before = self._waits(self._steps), self._waits(self._steps_until_now)
        return StepPlace(
            position=(self._session.index or 0) + 1 - before,
            count=self._session.size - waits,
        )

    @property
    def screen(self) -> str | None:
        """The screen of the present step, or of the nearest one before it.

        A step without a screen plays where the one before it did, also when the user
        comes to it backwards or resumes there.
        """
        steps = reversed(self._steps_until_now)
        return next((step.screen for step in steps if step.screen), None)

    def start(self, *, restart: bool) -> None:
        """Start the session, past what is not for this user."""
        if self._session.config is None:
            self._session.reload()
        self._leave_out()
        self._session.start(restart=restart)
        self._leave_out()
        step = self._session.step
        if step is not None and step.id in self._left_out:
            # The user stood here before, and it is not for this user any more.
            self._session.pass_over()

    def go_on(self, step: Step) -> None:
        """Complete the present step and take the branch that is open, if any."""
        self._came_back = False
        if step.kind is StepKind.WAIT:
            self._count_unseen(step)
        self._leave_out()
        self._session.next(to=self._conditions.branch(step))

    def go_back(self) -> bool:
        """Go to the step before; False if there is none."""
        self._leave_out()
        self._came_back = self._step_back()
        return self._came_back

    def go_to(self, step_id: str) -> bool:
        """Go to a step; False if it is not there, or is the present one."""
        self._leave_out()
        before = self._session.step
        self._came_back = False
        return self._session.go_to(step_id) != before

    def pass_over(self, step: Step) -> None:
        """Leave a step that nobody has seen, in the direction in which it was reached.

        Else the user could not get back past it.
        """
        self._count_unseen(step)
        self._leave_out()
        if not (self._came_back and self._step_back()):
            self._came_back = False
            self._session.pass_over()

    def turn(self) -> None:
        """Go forwards from here on, however the present step was reached."""
        self._came_back = False

    def note_seen(self) -> None:
        """Note that a step, or the survey, is shown."""
        self._unseen_in_a_row = 0

    @property
    def _steps(self) -> list[Step]:
        config = self._session.config
        return [] if config is None else list(config.steps)

    @property
    def _steps_until_now(self) -> list[Step]:
        steps, step = self._steps, self._session.step
        if step is None:
            return []
        ids = [one.id for one in steps]
        return steps[: ids.index(step.id) + 1]

    def _waits(self, steps: list[Step]) -> int:
        """Return how many of these only wait, of those that are not left out."""
        return sum(
            x.kind is StepKind.WAIT and x.id not in self._left_out for x in steps
        )

    def _step_back(self) -> bool:
        # A survey step that is not asked now is one that the session does not go to.
        before = self._session.step
        return any(self._session.go_to(x.id) != before for x in self.previous_steps)

    def _leave_out(self) -> None:
        config = self._session.config
        if config is not None:
            left_out = self._conditions.left_out(config.steps)
            self._left_out = frozenset(left_out)
            self._session.leave_out(left_out)

    def _count_unseen(self, step: Step) -> None:
        """Break a circle of steps that show nothing: it would never end."""
        self._unseen_in_a_row += 1
        if self._unseen_in_a_row > 2 * self._session.size + 10:
            raise RuntimeError(f"step {step.id!r} is in a circle that shows nothing")
