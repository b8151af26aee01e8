"""``/healthz``, ``/readyz`` and ``/metrics``, for the machinery around the server."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST

from client_sdk.contracts.problem import ProblemCode
from sync_server.db.migrations import pending
from sync_server.db.pool import Pool
from sync_server.errors import ApiError
from sync_server.metrics import Metrics

__all__ = ["health_blueprint"]


def health_blueprint(
    *, pool: Pool, migrations: Sequence[str], metrics: Metrics
) -> Blueprint:
    """Return the routes; ``migrations`` are those that this version of the code needs."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        """Answer 200 as long as the process does."""
        return _ok()

    @blueprint.get("/readyz")
    def readyz() -> Response:
        """Answer 200 when the database answers and has every migration, else 503."""
        with pool.connection() as connection:
            missing = pending(connection, migrations)
        if missing:
            raise ApiError(
                ProblemCode.DATABASE_UNAVAILABLE,
                f"The database lacks {', '.join(missing)}; run: kazi-server migrate.",
            )
        return _ok()

    @blueprint.get("/metrics")
    def prometheus() -> Response:
        return Response(metrics.render(), content_type=CONTENT_TYPE_LATEST)

    return blueprint


def _ok() -> Response:
    return Response(json.dumps({"status": "ok"}), mimetype="application/json")
