"""What can go wrong with one step while the tour goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import uuid4

from client_sdk import Step

__all__ = ["StepError", "StepErrors", "StepTrouble"]

logger = logging.getLogger(__name__)


class StepTrouble(StrEnum):
    """What went wrong."""

    #: The target was not to be seen in time.
    TARGET_MISSING = "target_missing"
    #: The app has no hook of that name, or it raised.
    HOOK_FAILED = "hook_failed"
    #: The hook took longer than it may; the tour went on without it.
    HOOK_TIMED_OUT = "hook_timed_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepError:
    """One trouble of one step, as ``on_step_error`` and ``on_step_recovered`` tell it.

    ``id`` is the same in both events.  ``detail`` is for a log, not for the user.
    """

    id: str
    trouble: StepTrouble
    step: Step
    detail: str


class StepErrors:
    """Tells each trouble once, and its end.

    Args:
        tell: Dispatches an event of the overlay.
    """

    def __init__(self, tell: Callable[[str, StepError], None]) -> None:
        self._tell = tell
        self._missing: StepError | None = None
        #: Whether a target was missing at any step.
        self.was_missing = False

    def come_to(self, step: Step) -> None:
        """Forget the trouble of another step."""
        if self._missing is not None and self._missing.step.id != step.id:
            self._missing = None

    @property
    def is_missing(self) -> bool:
        """Whether it was told that the present step's target is missing."""
        return self._missing is not None

    def note_missing(self, step: Step) -> None:
        """Tell that a step's target is missing."""
        detail = f"no widget to be seen is the target {step.target!r}"
        logger.warning("step %s: %s", step.id, detail)
        self.was_missing = True
        self._missing = _error(StepTrouble.TARGET_MISSING, step, detail)
        self._tell("on_step_error", self._missing)

    def note_found(self) -> None:
        """Tell that the target is there after all, if it was missing."""
        error, self._missing = self._missing, None
        if error is not None:
            self._tell("on_step_recovered", error)

    def note_hook(self, step: Step, trouble: StepTrouble, detail: str) -> None:
        """Tell that a hook of a step went wrong."""
        self._tell("on_step_error", _error(trouble, step, detail))


def _error(trouble: StepTrouble, step: Step, detail: str) -> StepError:
    return StepError(id=uuid4().hex, trouble=trouble, step=step, detail=detail)
