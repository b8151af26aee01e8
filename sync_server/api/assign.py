"""``POST /_internal/experiments/assign``: a user's variant (specification 2.3)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response
from pydantic import TypeAdapter

from client_sdk.contracts.assignment import (
    AssignmentAnswer,
    AssignmentReason,
    AssignmentRequest,
)
from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.routes import ASSIGN
from client_sdk.contracts.tutorial import CONTROL
from sync_server.api.answer import json_response
from sync_server.api.body import decode_body
from sync_server.api.operation import Access, Answer, Operation, Tag, describe
from sync_server.auth.guards import Guard
from sync_server.errors import ApiError
from sync_server.tutorials.catalog import Catalog
from sync_server.tutorials.definition import Experiment, ExperimentStatus

__all__ = ["assign_blueprint"]

_REQUEST = TypeAdapter(AssignmentRequest)
_OPERATION = Operation(
    summary="Get a user's variant of an experiment",
    tag=Tag.INTERNAL,
    access=Access.SERVICE,
    body=AssignmentRequest,
    example={
        "userId": "019aa1d4-7c5e-7b60-8a51-3f1d2c4b5a69",
        "experimentId": "welcome-v1",
    },
    answers={
        200: Answer(about="The variant, and why it is that one.", type=AssignmentAnswer)
    },
    problems=frozenset({ProblemCode.UNKNOWN_EXPERIMENT}),
)


def assign_blueprint(*, catalog: Catalog, guard: Guard) -> Blueprint:
    """Return the route."""
    blueprint = Blueprint("assign", __name__)

    @blueprint.post(ASSIGN)
    @describe(_OPERATION)
    def assign() -> Response:
        """A user without a variant is assigned for good: the same question always has the
        same answer while the experiment runs.

        `reason` is `SPLIT` while it runs; a draft and a finished experiment answer
        `control` and `DISABLED`.
        """
        guard.service()
        asked = decode_body(_REQUEST)
        experiment = _experiment(catalog, asked.experiment_id)
        if experiment.status is not ExperimentStatus.RUNNING:
            return json_response(
                AssignmentAnswer(variant=CONTROL, reason=AssignmentReason.DISABLED)
            )
        known = catalog.current().user(UUID(asked.user_id), experiment)
        return json_response(
            AssignmentAnswer(
                variant=known.variants[experiment.id], reason=AssignmentReason.SPLIT
            )
        )

    return blueprint


def _experiment(catalog: Catalog, experiment_id: str) -> Experiment:
    experiment = catalog.current().experiments.get(experiment_id)
    if experiment is None:
        # another worker may have published it a moment ago
        experiment = catalog.recheck().experiments.get(experiment_id)
    if experiment is None:
        raise ApiError(ProblemCode.UNKNOWN_EXPERIMENT, "No experiment has this id.")
    return experiment
