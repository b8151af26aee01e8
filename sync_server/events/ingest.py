"""Accept pings: check each against what was ever published, store what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import psycopg
import psycopg_pool

from client_sdk.contracts.ping import StepPing, StepStatus
from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.tutorial import CONTROL
from sync_server.clock import Clock
from sync_server.events.assignments import DeviceAssignments
from sync_server.events.combining import Combiner
from sync_server.events.store import Delivery, EventStore
from sync_server.events.times import with_right_times
from sync_server.metrics import Metrics
from sync_server.progress.completion import due_awards
from sync_server.tutorials.arms import Seen
from sync_server.tutorials.catalog import Catalog
from sync_server.tutorials.known_users import KnownUser
from sync_server.tutorials.snapshot import PublishedTutorial, Snapshot

__all__ = ["IngestResult", "Ingest", "Refusal"]

#: Most names that an error lists.
_MAX_NAMED = 20
#: Most pings of one request that share a statement with others.
_MAX_SHARED_PINGS = 20
#: Requests that share a statement; a worker rarely has more threads.
_MAX_SHARING = 32
#: Statements of small deliveries that may run at once, and how long one waits before it
#: runs beside another: an erasure may hold up the statement that has a ping of its user.
_WRITERS = 4
_PATIENCE_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a ping, at its place in the batch, will never be accepted as it is."""

    index: int
    code: ProblemCode
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestResult:
    """What became of a batch: every ping is counted in exactly one of the three."""

    accepted: int
    duplicates: int
    refusals: tuple[Refusal, ...]


class Ingest:
    """Stores pings, each event id of a user once."""

    def __init__(
        self,
        *,
        store: EventStore,
        catalog: Catalog,
        metrics: Metrics,
        assignments: DeviceAssignments,
        clock: Clock,
    ) -> None:
        self._store = store
        self._deliveries = Combiner(
            store.add,
            writers=_WRITERS,
            max_jobs=_MAX_SHARING,
            patience_seconds=_PATIENCE_SECONDS,
            shared_faults=(psycopg.OperationalError, psycopg_pool.PoolTimeout),
        )
        self._catalog = catalog
        self._metrics = metrics
        self._assignments = assignments
        self._clock = clock

    def add(
        self,
        user_id: UUID,
        pings: Sequence[StepPing],
        *,
        sent_at: datetime | None = None,
    ) -> IngestResult:
        """Store what is new and right; the same again after an error stores the rest.

        ``sent_at`` is when the pings were sent, by the device's own clock.
        """
        pings = with_right_times(pings, sent_at=sent_at, now=self._clock())
        snapshot = self._catalog.current()
        refusals = _refusals(pings, snapshot)
        if refusals:
            # another worker may have published a moment ago what this one does not know
            snapshot = self._catalog.recheck()
            refusals = _refusals(pings, snapshot)
        refused = {refusal.index for refusal in refusals}
        good = {i: ping for i, ping in enumerate(pings) if i not in refused}
        stored = self._add(user_id, [*good.values()], snapshot) if good else []
        erased = self._erased(user_id, good) if len(stored) < len(good) else []
        refusals += erased
        kept = len(good) - len(erased)
        # an erasure right after the statement counts like one right before it
        accepted = min(len(stored), kept)
        self._metrics.count_steps(
            Counter((ping.status, ping.step_id) for ping in stored)
        )
        self._metrics.count_deliveries(accepted=accepted, duplicates=kept - accepted)
        self._metrics.count_rejections(refusal.code for refusal in refusals)
        return IngestResult(
            accepted=accepted,
            duplicates=kept - accepted,
            refusals=tuple(refusals),
        )

    def _add(
        self, user_id: UUID, pings: Sequence[StepPing], snapshot: Snapshot
    ) -> Sequence[StepPing]:
        # before the pings: those that tell no variant get the one that is stored
        self._assignments.accept(user_id, pings, snapshot)
        seen = _arms_seen(pings, user_id, snapshot)
        delivery = Delivery(
            user_id=user_id,
            pings=pings,
            seen=seen,
            experiment_ids=[_running(ping, snapshot) for ping in pings],
            points=[
                _points(ping, arm, snapshot)
                for ping, arm in zip(pings, seen, strict=True)
            ],
        )
        # a large batch fills a statement of its own
        is_alone = len(pings) > _MAX_SHARED_PINGS
        places = (
            self._store.add([delivery])[0]
            if is_alone
            else self._deliveries.submit(delivery)
        )
        stored = [pings[place] for place in places]
        arms = [seen[place] for place in places]
        self._award_tutorials(
            user_id, _last_steps_seen(stored, arms, snapshot), snapshot
        )
        return stored

    def _award_tutorials(
        self, user_id: UUID, seen: Mapping[str, set[Seen]], snapshot: Snapshot
    ) -> None:
        """Pay for tutorials that the new events complete, as far as one user id shows.

        Whatever happens in between, the next reader of the progress does the same.
        """
        if not seen:
            return
        completions = self._store.completions(user_id, [*seen])
        for tutorial_id, arms in seen.items():
            completions[tutorial_id].seen.update(arms)
        due = due_awards(completions, snapshot)
        if due:
            self._store.award_tutorials(user_id, due)

    def _erased(self, user_id: UUID, pings: Mapping[int, StepPing]) -> list[Refusal]:
        """Return those that the store left out, because the user was erased since."""
        erased_at = self._store.erased_at(user_id)
        if erased_at is None:
            return []
        return [
            Refusal(
                index=index,
                code=ProblemCode.USER_ERASED,
                detail="The user was erased after this happened; drop it.",
            )
            for index, ping in pings.items()
            if ping.occurred_at is not None and ping.occurred_at <= erased_at
        ]


def _arms_seen(
    pings: Sequence[StepPing], user_id: UUID, snapshot: Snapshot
) -> list[Seen]:
    """Return the arm of each ping: what it does not tell is what config tells.

    That is the persona, and where no experiment runs the variant.
    """
    known = None
    if any(ping.persona is None for ping in pings):
        known = snapshot.seen(user_id)
    return [
        _shared(
            ping.tutorial_version,
            ping.variant or _only_variant(ping, snapshot),
            ping.persona or _persona(ping, known, snapshot),
        )
        for ping in pings
    ]


#: One object for all pings that saw the same: to make one anew takes longer.
_shared = lru_cache(1_000)(Seen)


def _persona(ping: StepPing, known: KnownUser | None, snapshot: Snapshot) -> str:
    running = snapshot.tutorials[ping.tutorial_id].running
    return known.persona_under(running) if known else ""


def _only_variant(ping: StepPing, snapshot: Snapshot) -> str | None:
    running = snapshot.tutorials[ping.tutorial_id].running
    return CONTROL if running is None else None


def _points(ping: StepPing, seen: Seen, snapshot: Snapshot) -> int | None:
    """Return what the step is worth in the arm that was seen, if it was completed."""
    if ping.status is not StepStatus.COMPLETED:
        return None
    return snapshot.tutorials[ping.tutorial_id].arms.points(ping.step_id, seen)


def _running(ping: StepPing, snapshot: Snapshot) -> str | None:
    running = snapshot.tutorials[ping.tutorial_id].running
    return running.id if running else None


def _last_steps_seen(
    pings: Sequence[StepPing], arms: Sequence[Seen], snapshot: Snapshot
) -> dict[str, set[Seen]]:
    """Return the arms of completed steps in the tutorials that may be complete now.

    A variant that is not known is left to the reader of the progress: the one that is
    stored for the user may show more steps than the tutorial itself.
    """
    seen: dict[str, set[Seen]] = {}
    ending: set[str] = set()
    for ping, arm in zip(pings, arms, strict=True):
        if ping.status is StepStatus.COMPLETED and arm.variant is not None:
            seen.setdefault(ping.tutorial_id, set()).add(arm)
            if snapshot.tutorials[ping.tutorial_id].arms.is_last(ping.step_id):
                ending.add(ping.tutorial_id)
    return {tutorial_id: seen[tutorial_id] for tutorial_id in ending}


def _refusals(pings: Sequence[StepPing], snapshot: Snapshot) -> list[Refusal]:
    refusals = []
    for index, ping in enumerate(pings):
        fault = _fault(ping, snapshot.tutorials.get(ping.tutorial_id), snapshot)
        if fault:
            refusals.append(Refusal(index=index, code=fault[0], detail=fault[1]))
    return refusals


def _fault(
    ping: StepPing, tutorial: PublishedTutorial | None, snapshot: Snapshot
) -> tuple[ProblemCode, str] | None:
    if tutorial is None:
        return (
            ProblemCode.UNKNOWN_TUTORIAL,
            f"No published tutorial has this id; known: {_names(snapshot.tutorials)}.",
        )
    known = tutorial.known
    if ping.step_id not in known.step_ids:
        return (
            ProblemCode.UNKNOWN_STEP,
            "No version of the tutorial ever had this step; "
            f"known: {_names(known.step_ids)}.",
        )
    if ping.variant not in (None, CONTROL) and ping.variant not in tutorial.variants:
        return (
            ProblemCode.UNKNOWN_VARIANT,
            "No experiment on the tutorial has this variant; "
            f"known: {_names({CONTROL, *tutorial.variants})}.",
        )
    version = ping.tutorial_version
    if version is not None and version not in known.versions:
        return (
            ProblemCode.UNKNOWN_VERSION,
            "The tutorial never had this version; "
            f"the newest is {max(known.versions)}.",
        )
    return None


def _names(names: Iterable[str]) -> str:
    known = sorted(names)
    more = len(known) - _MAX_NAMED
    return ", ".join(known[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
