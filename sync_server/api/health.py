"""``/healthz``, ``/readyz`` and ``/metrics``, for the machinery around the server."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST

from client_sdk.contracts.problem import FieldError, ProblemCode
from client_sdk.contracts.wire import Wire
from sync_server.api.answer import json_response
from sync_server.api.operation import Access, Answer, Operation, Tag, describe
from sync_server.db.readiness import Finding, Readiness
from sync_server.errors import DATABASE_RETRY_SECONDS, ApiError
from sync_server.metrics import Metrics

__all__ = ["Check", "Health", "Readied", "health_blueprint"]


class State(StrEnum):
    """The one word of an answer with status 200."""

    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health(Wire):
    """The process answers."""

    status: State = State.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Wire):
    """One thing that is as it must be."""

    name: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readied(Wire):
    """Everything that serving needs is there."""

    status: State = State.OK
    checks: tuple[Check, ...]


_HEALTHZ = Operation(
    summary="Whether the process lives",
    tag=Tag.OPERATIONS,
    access=Access.OPEN,
    answers={200: Answer(about="It does.", type=Health)},
    is_machinery=True,
)
_READYZ = Operation(
    summary="Whether the server can serve",
    tag=Tag.OPERATIONS,
    access=Access.OPEN,
    answers={200: Answer(about="It can; a line for each check.", type=Readied)},
    problems=frozenset({ProblemCode.DATABASE_UNAVAILABLE}),
    is_machinery=True,
)
_METRICS = Operation(
    summary="Metrics for Prometheus",
    tag=Tag.OPERATIONS,
    access=Access.OPEN,
    answers={
        200: Answer(
            about="The text exposition, of all worker processes of this server.",
            content_type=CONTENT_TYPE_LATEST,
        )
    },
    is_machinery=True,
)


def health_blueprint(*, readiness: Readiness, metrics: Metrics) -> Blueprint:
    """Return the three routes."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    @describe(_HEALTHZ)
    def healthz() -> Response:
        """Answers 200 as long as the process does, whatever the database does."""
        return json_response(Health())

    @blueprint.get("/readyz")
    @describe(_READYZ)
    def readyz() -> Response:
        """Answers 200 when the database answers, has every migration and agrees on the
        time, else 503 within a second, with what to do in `errors`."""
        return _ready(readiness.findings())

    @blueprint.get("/metrics")
    @describe(_METRICS)
    def prometheus() -> Response:
        """Counts since the server's start; `docs/operations.md` says what each means."""
        return Response(metrics.render(), content_type=CONTENT_TYPE_LATEST)

    return blueprint


def _ready(findings: tuple[Finding, ...]) -> Response:
    """Return all good findings; ApiError with a line for each bad one."""
    faults = [finding for finding in findings if not finding.is_good]
    if faults:
        raise ApiError(
            ProblemCode.DATABASE_UNAVAILABLE,
            "Not ready: " + " ".join(fault.detail for fault in faults),
            errors=[
                FieldError(pointer=f"/checks/{fault.name}", detail=fault.detail)
                for fault in faults
            ],
            retry_after_seconds=DATABASE_RETRY_SECONDS,
        )
    return json_response(
        Readied(checks=tuple(Check(name=f.name, detail=f.detail) for f in findings))
    )
