"""Whether a user may be asked a survey now, by a step or after the last one."""

from __future__ import annotations

import sqlite3

from client_sdk._run_journal import JournalServices
from client_sdk._runs import Run
from client_sdk._survey_windows import SurveyWindows
from client_sdk.contracts.step import StepKind
from client_sdk.contracts.tutorial import TutorialConfig

__all__ = ["SurveyGate"]


class SurveyGate:
    """Keeps a survey from a user who was asked one in the last 30 days."""

    def __init__(self, services: JournalServices, windows: SurveyWindows) -> None:
        self._services = services
        self._windows = windows

    def may_ask(self, config: TutorialConfig | None, run: Run | None) -> bool:
        """Tell whether there is a survey, and the user may be asked one now."""
        if config is None or config.survey is None:
            return False
        services = self._services
        user_id = run.user_id if run else services.identity.user_id
        try:
            closed_until = self._windows.closed_until(
                services.database, user_id=user_id, now_ms=services.clock.now_ms()
            )
        except sqlite3.Error as exc:
            services.on_trouble(exc)
            return True
        return closed_until is None

    def asks_at_end(self, config: TutorialConfig | None, run: Run | None) -> bool:
        """Tell whether to ask after the last step: not if a step was to do so."""
        return not _asking_steps(config) and self.may_ask(config, run)

    def steps_not_to_ask(
        self, config: TutorialConfig | None, run: Run | None
    ) -> frozenset[str]:
        """Return the ids of the survey steps that are not to be shown."""
        asking = _asking_steps(config)
        return asking if asking and not self.may_ask(config, run) else frozenset()


def _asking_steps(config: TutorialConfig | None) -> frozenset[str]:
    steps = config.steps if config else ()
    return frozenset(step.id for step in steps if step.kind is StepKind.SURVEY)
