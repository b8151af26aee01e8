"""Assignments that a device made by itself: computed again, and stored if they are right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from client_sdk.contracts.assignment import assign_variant
from client_sdk.contracts.experiment import SPEC_V1, DeviceAssignment
from client_sdk.contracts.ping import StepPing
from client_sdk.contracts.tutorial import PERSONAS
from sync_server.experiments.assignments import Assignments
from sync_server.identity.persons import Assigned, Persons
from sync_server.metrics import Metrics
from sync_server.tutorials.definition import Experiment, ExperimentStatus
from sync_server.tutorials.snapshot import Snapshot

__all__ = ["DeviceAssignments"]


class DeviceAssignments:
    """Takes over the arms of pings (DESIGN section 4); the first write wins."""

    def __init__(
        self, *, persons: Persons, assignments: Assignments, metrics: Metrics
    ) -> None:
        self._persons = persons
        self._assignments = assignments
        self._metrics = metrics

    def accept(
        self, user_id: UUID, pings: Sequence[StepPing], snapshot: Snapshot
    ) -> None:
        """Store the assignments that the pings tell and that the function gives, too.

        The others are counted and left out: a ping is good without its assignment.
        """
        for told, first in _told(pings).items():
            if snapshot.has_variant(user_id, told.experiment_id):
                continue
            experiment = _experiment(told, snapshot)
            is_valid = experiment is not None and self._is_right(
                user_id, told, experiment
            )
            self._metrics.count_device_assignment(is_valid=is_valid)
            if experiment is not None and is_valid:
                self._store(user_id, told, first, experiment, snapshot)

    def _is_right(
        self, user_id: UUID, told: DeviceAssignment, experiment: Experiment
    ) -> bool:
        """Tell whether the function gives this arm to the sender, or to an id that it had."""
        if _gives([user_id], told, experiment):
            return True
        return _gives(self._persons.ids(user_id), told, experiment)

    def _store(
        self,
        user_id: UUID,
        told: DeviceAssignment,
        first: StepPing,
        experiment: Experiment,
        snapshot: Snapshot,
    ) -> None:
        # the content that the device showed stays, and that is the persona's, too
        persona = first.persona if first.persona in PERSONAS else None
        is_kept = self._assignments.assign_from_device(
            user_id,
            told.experiment_id,
            Assigned(told.variant, persona),
            at=first.occurred_at,
        )
        if is_kept and experiment.status is ExperimentStatus.RUNNING:
            # from here on the pings that tell it again cost nothing
            snapshot.user(user_id, experiment)


def _told(pings: Iterable[StepPing]) -> dict[DeviceAssignment, StepPing]:
    """Return each assignment once, with the ping that told it first."""
    told: dict[DeviceAssignment, StepPing] = {}
    for ping in pings:
        if ping.assignment is not None:
            told.setdefault(ping.assignment, ping)
    return told


def _experiment(told: DeviceAssignment, snapshot: Snapshot) -> Experiment | None:
    """Return the experiment if a device can have assigned under it."""
    experiment = snapshot.experiments.get(told.experiment_id)
    if experiment is None or experiment.status is ExperimentStatus.DRAFT:
        return None
    allocation = experiment.allocation
    is_known = allocation.algorithm == SPEC_V1 and allocation.epoch == told.epoch
    return experiment if is_known else None


def _gives(ids: Iterable[UUID], told: DeviceAssignment, experiment: Experiment) -> bool:
    return any(
        assign_variant(str(id_), experiment.variants) == told.variant for id_ in ids
    )
