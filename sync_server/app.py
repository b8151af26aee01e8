"""The application factory: everything is made and wired here, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Flask, Request
from werkzeug.routing import MapAdapter

from client_sdk.contracts.limits import MAX_BODY_BYTES
from sync_server.activity.intake import ActivityIntake, names_of
from sync_server.activity.store import ActivityStore
from sync_server.api.activity import activity_blueprint
from sync_server.api.anonymous import anonymous_blueprint
from sync_server.api.assign import assign_blueprint
from sync_server.api.coding import install_compression
from sync_server.api.config import config_blueprint
from sync_server.api.express import Express
from sync_server.api.health import health_blueprint
from sync_server.api.identify import identify_blueprint
from sync_server.api.launch import launch_blueprint
from sync_server.api.operation import Access, operation_of
from sync_server.api.paths import install_strict_paths
from sync_server.api.persona import persona_blueprint
from sync_server.api.progress import progress_blueprint
from sync_server.api.steps import StepTaker, steps_blueprint
from sync_server.api.survey import survey_blueprint
from sync_server.api.users import users_blueprint
from sync_server.auth.guards import Guard
from sync_server.auth.tokens import TokenIssuer, TokenKey
from sync_server.auth.trusts import trusts_of
from sync_server.auth.verifier import TokenVerifier
from sync_server.clock import Clock, system_clock
from sync_server.crypto import CommentCipher
from sync_server.db.migrations import migration_names
from sync_server.db.pool import Pool
from sync_server.db.readiness import Readiness
from sync_server.errors import install_error_handlers
from sync_server.events.assignments import DeviceAssignments
from sync_server.events.ingest import Ingest
from sync_server.events.store import EventStore
from sync_server.experiments.assignments import Assignments
from sync_server.identity.links import IdentityLinks
from sync_server.identity.persons import Persons
from sync_server.launch.service import LaunchService
from sync_server.launch.store import RunStore
from sync_server.logs import RequestLog
from sync_server.metrics import Metrics
from sync_server.openapi.pages import openapi_blueprint
from sync_server.personas.age import ServedSince
from sync_server.privacy.audit import AuditLog
from sync_server.privacy.erasure import Erasure
from sync_server.privacy.export import Export
from sync_server.progress.service import ProgressService
from sync_server.progress.store import ProgressStore
from sync_server.ratelimits.gate import Gate
from sync_server.ratelimits.limits import RateLimits
from sync_server.settings import Settings
from sync_server.surveys.service import SurveyService
from sync_server.surveys.store import SurveyStore
from sync_server.telemetry import Telemetry
from sync_server.tutorials.catalog import Catalog
from sync_server.tutorials.known_users import KnownUsers
from sync_server.tutorials.store import TutorialStore

__all__ = ["create_app"]

#: Makes users out of nothing, so it has a limit of its own.
_ANONYMOUS_ENDPOINT = "anonymous.anonymous"
#: Asked by the machinery around the server, every few seconds, from one address.
_UNLIMITED_ENDPOINTS = frozenset(
    {"health.healthz", "health.readyz", "health.prometheus"}
)


def create_app(
    settings: Settings,
    *,
    pool: Pool,
    clock: Clock = system_clock,
    limits: RateLimits | None = None,
) -> Flask:
    """Return the server as a WSGI application; the caller opens and closes the pool.

    The settings must have their keys (:func:`sync_server.keys.with_keys`).
    """
    app = _Application("sync_server", static_folder=None)
    # werkzeug cuts a longer body without a length off here, in silence: the byte more
    # tells the route's check that it was too long
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES + 1
    metrics = Metrics(
        pool_state=partial(_pool_state, pool), personas_since=ServedSince(pool)
    )
    users = KnownUsers(Persons(pool), Assignments(pool))
    catalog = Catalog(pool, TutorialStore(), users)
    install_error_handlers(app)
    telemetry = Telemetry(metrics=metrics, log=RequestLog(settings.log_level))
    telemetry.install(app)
    install_strict_paths(app)
    install_compression(app)
    verifier = TokenVerifier(
        trusts_of(settings), clock=clock, leeway_seconds=settings.jwt_leeway_seconds
    )
    gate = Gate(
        limits or RateLimits.of(settings, seconds=lambda: clock().timestamp()),
        proxy_hops=settings.proxy_hops,
        remembered=verifier.remembered,
    )
    guard = Guard(verifier, admit=gate.admit_user)
    ingest = _ingest(pool=pool, catalog=catalog, metrics=metrics, clock=clock)
    taker = StepTaker(ingest, guard)
    app.register_blueprint(
        steps_blueprint(taker=taker, metrics=metrics, admit_events=gate.admit_events)
    )
    for blueprint in _user_blueprints(
        settings, pool=pool, catalog=catalog, metrics=metrics, clock=clock, guard=guard
    ):
        app.register_blueprint(blueprint)
    for blueprint in _person_blueprints(
        pool=pool, catalog=catalog, guard=guard, verifier=verifier
    ):
        app.register_blueprint(blueprint)
    app.register_blueprint(
        activity_blueprint(
            intake=ActivityIntake(
                ActivityStore(pool), names=names_of(settings), clock=clock
            ),
            guard=guard,
            metrics=metrics,
        )
    )
    app.register_blueprint(
        health_blueprint(
            readiness=Readiness(pool, migrations=migration_names(), clock=clock),
            metrics=metrics,
        )
    )
    app.register_blueprint(openapi_blueprint())
    gate.install(
        app,
        guarded=_guarded_endpoints(app),
        anonymous=_ANONYMOUS_ENDPOINT,
        unlimited=_UNLIMITED_ENDPOINTS,
    )
    app.wsgi_app = Express(  # type: ignore[method-assign]
        app.wsgi_app,
        take=taker.take,
        remembered=verifier.remembered,
        telemetry=telemetry,
    )
    return app


class _Application(Flask):
    """Flask without what this application never uses and every request would pay for."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        # none of our functions is a coroutine, and Flask asks seven times a request
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        # our rules know no host, script name or subdomain, which it would look up
        if request is None:
            return super().create_url_adapter(request)
        environ = request.environ
        return self.url_map.bind(
            "localhost",
            # WSGI hands UTF-8 over as latin-1 (PEP 3333)
            path_info=environ["PATH_INFO"].encode("latin-1").decode(errors="replace"),
            default_method=environ["REQUEST_METHOD"],
            query_args=environ.get("QUERY_STRING", ""),
        )


def _user_blueprints(
    settings: Settings,
    *,
    pool: Pool,
    catalog: Catalog,
    metrics: Metrics,
    clock: Clock,
    guard: Guard,
) -> tuple[Blueprint, ...]:
    key = TokenKey.of(settings)
    progress = ProgressService(
        pool=pool, store=ProgressStore(), catalog=catalog, clock=clock
    )
    cipher = CommentCipher(settings.comment_keys)
    audit = AuditLog.of(settings)
    surveys = SurveyService(
        pool=pool, store=SurveyStore(cipher), catalog=catalog, clock=clock
    )
    return (
        config_blueprint(
            catalog=catalog,
            guard=guard,
            clock=clock,
            ttl_seconds=settings.config_ttl_seconds,
        ),
        anonymous_blueprint(
            issuer=TokenIssuer(key, clock=clock),
            lifetime=timedelta(days=settings.anonymous_token_days),
        ),
        survey_blueprint(surveys=surveys, guard=guard, metrics=metrics),
        progress_blueprint(progress=progress, guard=guard),
        launch_blueprint(
            launch=LaunchService(
                catalog=catalog, progress=progress, runs=RunStore(pool), clock=clock
            ),
            guard=guard,
            clock=clock,
            ttl_seconds=settings.config_ttl_seconds,
        ),
        users_blueprint(
            export=Export(pool, cipher=cipher, audit=audit, clock=clock),
            erasure=Erasure(pool, audit),
            guard=guard,
        ),
    )


def _ingest(*, pool: Pool, catalog: Catalog, metrics: Metrics, clock: Clock) -> Ingest:
    return Ingest(
        store=EventStore(pool),
        catalog=catalog,
        metrics=metrics,
        assignments=DeviceAssignments(
            persons=Persons(pool), assignments=Assignments(pool), metrics=metrics
        ),
        clock=clock,
    )


def _person_blueprints(
    *, pool: Pool, catalog: Catalog, guard: Guard, verifier: TokenVerifier
) -> tuple[Blueprint, ...]:
    """Return the routes about who somebody is, most of them for other services."""
    return (
        identify_blueprint(links=IdentityLinks(pool), guard=guard, verifier=verifier),
        assign_blueprint(catalog=catalog, guard=guard),
        persona_blueprint(catalog=catalog, guard=guard),
    )


def _guarded_endpoints(app: Flask) -> set[str]:
    """Return the endpoints whose views check a token."""
    operations = {name: operation_of(view) for name, view in app.view_functions.items()}
    return {
        name
        for name, operation in operations.items()
        if operation is not None and operation.access is not Access.OPEN
    }


def _pool_state(pool: Pool) -> tuple[int, int, int]:
    """Return connections open, connections free, requests waiting for one."""
    state = pool.get_stats()
    return (
        state.get("pool_size", 0),
        state.get("pool_available", 0),
        state.get("requests_waiting", 0),
    )
