"""What this device knows of a person's runs, as the rules of tutorials ask it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from client_sdk._runs import RunStatus
from client_sdk._storage import Database
from client_sdk.contracts.launch import LaunchFacts
from client_sdk.contracts.progress import Progress, TutorialProgress
from client_sdk.contracts.tutorial import TutorialConfig

__all__ = ["History", "RunHistory", "read_history"]

#: A last run further ahead of the clock than this was written by a clock that was wrong.
MAX_AHEAD_MS = 24 * 60 * 60 * 1000

_RUNS = (
    "SELECT tutorial_id, count(*), max(ifnull(moved_ms, started_ms)),"
    " max(status IN ('survey', 'finished')),"
    " (SELECT status FROM runs AS last WHERE last.user_id = runs.user_id"
    "  AND last.tutorial_id = runs.tutorial_id ORDER BY"
    "  status IN ('running', 'survey') DESC, rowid DESC LIMIT 1)"
    " FROM runs WHERE user_id = ? GROUP BY tutorial_id"
)
_COMPLETED = (
    "SELECT DISTINCT tutorial_id, completed_steps.step_id"
    " FROM completed_steps JOIN runs USING (run_id) WHERE user_id = ?"
)


class RunHistory(NamedTuple):
    """One user's runs through one tutorial on this device."""

    runs: int
    last_ms: int
    #: Whether any run reached the end of its steps.
    has_reached_end: bool
    last_status: RunStatus

    @property
    def is_unfinished(self) -> bool:
        """Tell whether there is a step to go on with."""
        return self.last_status is RunStatus.RUNNING


class History:
    """One user's runs, and what the server said of the person's other devices."""

    def __init__(
        self,
        runs: Mapping[str, RunHistory],
        completed: Mapping[str, frozenset[str]],
        progress: Progress | None = None,
    ) -> None:
        self._runs = runs
        self._completed = completed
        told = progress.tutorials if progress else ()
        self._told = {one.tutorial_id: one for one in told}

    def facts(
        self,
        config: TutorialConfig,
        *,
        device: str,
        now_ms: int,
        configs: Mapping[str, TutorialConfig],
    ) -> LaunchFacts:
        """Return what ``may_start`` asks about one tutorial.

        ``configs`` are those at hand: whether another tutorial is completed depends on
        its steps.
        """
        tutorial_id = config.tutorial_id
        mine = self._runs.get(tutorial_id)
        return LaunchFacts(
            device=device,
            persona=config.persona,
            finished=tuple(
                one
                for one in sorted(self._runs.keys() | self._told.keys())
                if self.is_finished(one, configs.get(one))
            ),
            is_finished=self.is_finished(tutorial_id, config),
            is_unfinished=self._is_unfinished(tutorial_id),
            runs=mine.runs if mine else 0,
            last_run_at=_last_run_at(mine, now_ms),
        )

    def is_finished(self, tutorial_id: str, config: TutorialConfig | None) -> bool:
        """Tell whether the person is through: completed it, or ended the last run.

        As the server's ``Standing`` does.
        """
        if _is_told_finished(self._told.get(tutorial_id)):
            return True
        mine = self._runs.get(tutorial_id)
        if mine is None:
            return False
        if not mine.is_unfinished:
            return True
        if config is None:
            return mine.has_reached_end
        completed = self._completed.get(tutorial_id, frozenset())
        return completed.issuperset(step.id for step in config.steps)

    def _is_unfinished(self, tutorial_id: str) -> bool:
        """What was done here is newer to this device than what the server said once."""
        mine = self._runs.get(tutorial_id)
        if mine is not None:
            return mine.is_unfinished
        told = self._told.get(tutorial_id)
        if told is None:
            return False
        if told.resume is not None:
            return not told.resume.finished
        return not told.completed


def read_history(
    database: Database, *, user_id: str, progress: Progress | None = None
) -> History:
    """Return a user's history on this device, beside what the server said."""
    runs = {
        tutorial_id: RunHistory(count, last_ms, bool(reached), RunStatus(status))
        for tutorial_id, count, last_ms, reached, status in database.execute(
            _RUNS, (user_id,)
        )
    }
    completed: dict[str, set[str]] = {}
    for tutorial_id, step_id in database.execute(_COMPLETED, (user_id,)):
        completed.setdefault(tutorial_id, set()).add(step_id)
    frozen = {each: frozenset(steps) for each, steps in completed.items()}
    return History(runs, frozen, progress)


def _is_told_finished(told: TutorialProgress | None) -> bool:
    if told is None:
        return False
    return told.completed or (told.resume is not None and told.resume.finished)


def _last_run_at(mine: RunHistory | None, now_ms: int) -> datetime | None:
    if mine is None or mine.last_ms > now_ms + MAX_AHEAD_MS:
        return None
    return datetime.fromtimestamp(mine.last_ms / 1000, UTC)
