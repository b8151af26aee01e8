"""The events of a run: who, which step, which variant, and how long it was shown."""

from __future__ import annotations

from client_sdk._clock import Clock, new_event_id
from client_sdk._ping_queue import PingRow
from client_sdk._runs import Run
from client_sdk.contracts.status import StepStatus

__all__ = ["RunEvents"]


class RunEvents:
    """Makes a session's events; ``assignment`` is the arm that the device took, as JSON."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shown_at = clock.monotonic_seconds()

    def show(self) -> None:
        """Note that a step is shown from now on."""
        self._shown_at = self._clock.monotonic_seconds()

    def started(self, run: Run, assignment: str | None) -> PingRow:
        """Return the event of a step that is shown."""
        return self._event(run, StepStatus.STARTED, 0, assignment)

    def ended(self, run: Run, status: StepStatus, assignment: str | None) -> PingRow:
        """Return the event of what has become of the step that is shown."""
        shown = self._clock.monotonic_seconds() - self._shown_at
        return self._event(run, status, max(0, round(shown * 1000)), assignment)

    def _event(
        self, run: Run, status: StepStatus, duration_ms: int, assignment: str | None
    ) -> PingRow:
        now_ms = self._clock.now_ms()
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
            assignment=assignment,
        )
