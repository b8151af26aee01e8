"""Which tutorials may start for a user now, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from client_sdk.contracts.launch import (
    LaunchFacts,
    LaunchItem,
    LaunchReason,
    launch_order,
    may_start,
)
from client_sdk.contracts.tutorial import DEFAULT_PERSONA, Rules
from sync_server.clock import Clock
from sync_server.launch.store import NO_RUNS, Runs, RunStore
from sync_server.progress.merging import Standing
from sync_server.progress.service import ProgressService
from sync_server.tutorials.catalog import Catalog
from sync_server.tutorials.known_users import KnownUser
from sync_server.tutorials.snapshot import PublishedTutorial, Snapshot

__all__ = ["LaunchService"]

_NO_RULES = Rules()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    """What the rules of all tutorials ask of one person."""

    device: str
    known: KnownUser | None
    standings: Mapping[str, Standing]
    runs: Mapping[str, Runs]


class LaunchService:
    """Applies the rules of every published tutorial to one person."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        progress: ProgressService,
        runs: RunStore,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._progress = progress
        self._runs = runs
        self._clock = clock

    def of(self, user_id: UUID | None, device: str) -> tuple[LaunchItem, ...]:
        """Return what may start: the unfinished first, then by priority, then by id.

        Nobody (None) has done nothing yet, and is not assigned to any variant.
        """
        snapshot = self._catalog.current()
        person = self._person(user_id, device, snapshot)
        items = [
            self._item(tutorial, user_id, person, snapshot)
            for tutorial in snapshot.tutorials.values()
        ]
        may = (item for item in items if item is not None)
        return tuple(sorted(may, key=launch_order))

    def _person(self, user_id: UUID | None, device: str, snapshot: Snapshot) -> _Person:
        if user_id is None:
            return _Person(device=device, known=None, standings={}, runs={})
        counted = [
            tutorial_id
            for tutorial_id, tutorial in snapshot.tutorials.items()
            if _counts_runs(tutorial.content.rules or _NO_RULES)
        ]
        return _Person(
            device=device,
            known=snapshot.seen(user_id),
            standings=self._progress.standings(user_id),
            runs=self._runs.runs(user_id, counted) if counted else {},
        )

    def _item(
        self,
        tutorial: PublishedTutorial,
        user_id: UUID | None,
        person: _Person,
        snapshot: Snapshot,
    ) -> LaunchItem | None:
        content = tutorial.content
        facts = _facts(tutorial, person)
        reason = may_start(content.rules, facts, self._clock())
        if reason is not LaunchReason.OK:
            return None
        return LaunchItem(
            tutorial_id=content.tutorial_id,
            version=content.version,
            # asked last: whoever may not start it is not assigned to a variant of it
            etag=snapshot.config(tutorial, user_id).etag,
            priority=(content.rules or _NO_RULES).priority,
            resumes=facts.is_unfinished,
        )


def _counts_runs(rules: Rules) -> bool:
    return rules.max_runs is not None or rules.cooldown_seconds is not None


def _facts(tutorial: PublishedTutorial, person: _Person) -> LaunchFacts:
    tutorial_id, known = tutorial.content.tutorial_id, person.known
    standing = person.standings.get(tutorial_id)
    runs = person.runs.get(tutorial_id, NO_RUNS)
    return LaunchFacts(
        device=person.device,
        # the one that config tells: the device goes by that
        persona=known.persona_under(tutorial.running) if known else DEFAULT_PERSONA,
        finished=tuple(
            each for each, mine in person.standings.items() if mine.is_finished
        ),
        is_finished=standing is not None and standing.is_finished,
        is_unfinished=standing is not None and standing.is_unfinished,
        runs=runs.count,
        last_run_at=runs.last_at,
    )
