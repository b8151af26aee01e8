"""Reads from the device's file what an explanation needs; it writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from client_sdk._config_cache import CachedConfig
from client_sdk._decisions import Decisions, is_fresh
from client_sdk._explanation import (
    ConfigExplanation,
    ConfigSource,
    Explanation,
    QueueExplanation,
    RunExplanation,
    SurveyExplanation,
    SurveyVerdict,
    VariantExplanation,
    Verdict,
)
from client_sdk._launching import Launching
from client_sdk._runs import Run, RunStatus, RunStore
from client_sdk._storage import Database
from client_sdk._survey_windows import SurveyWindows
from client_sdk.contracts.launch import LaunchReason
from client_sdk.contracts.planning import VariantReason
from client_sdk.contracts.progress import Progress

__all__ = ["explain"]

_PINGS = "SELECT count(*) FROM pings WHERE tutorial_id = ?"
_SURVEYS = "SELECT count(*) FROM survey_answers WHERE tutorial_id = ?"
# Of the body only the tutorial is read: the rest may hold what somebody wrote.
_SET_ASIDE = (
    "SELECT code, count(*) FROM set_aside"
    " WHERE json_valid(body) AND json_extract(body, '$.tutorial_id') = ?"
    " GROUP BY code ORDER BY code"
)
_RUNS = "SELECT count(*) FROM runs WHERE user_id = ? AND tutorial_id = ?"


class _Case(NamedTuple):
    """About whom and when, and where to look."""

    database: Database
    decisions: Decisions
    user_id: str
    now_ms: int

    @property
    def now(self) -> datetime:
        return _moment(self.now_ms)


def explain(
    database: Database,
    decisions: Decisions,
    *,
    user_id: str,
    tutorial_id: str,
    now_ms: int,
    progress: Progress | None = None,
) -> Explanation:
    """Return what is decided about a tutorial for a user, by the device's own facts.

    ``progress`` is what the server said of the person's other devices.  sqlite3.Error if
    the file cannot be read.
    """
    case = _Case(database, decisions, user_id, now_ms)
    run = RunStore().latest(database, user_id=user_id, tutorial_id=tutorial_id)
    cached, source = _shown(case, run, tutorial_id)
    launching = Launching(
        database, decisions, user_id=user_id, now_ms=now_ms, progress=progress
    )
    launch, rules = launching.judge(cached.config) if cached else (None, ())
    return Explanation(
        tutorial_id=tutorial_id,
        at=case.now,
        user_id=user_id or None,
        device=decisions.cache.device,
        verdict=_verdict(cached, run, launch),
        config=_config(case, cached, source),
        variant=_variant(case, cached, source),
        persona=cached.config.persona if cached else None,
        launch=launch,
        rules=rules,
        run=_run(case, run) if run else None,
        survey=_survey(case, cached),
        queue=_queue(database, tutorial_id),
    )


def _shown(
    case: _Case, run: Run | None, tutorial_id: str
) -> tuple[CachedConfig | None, ConfigSource]:
    place = {"user_id": case.user_id, "tutorial_id": tutorial_id}
    cached = case.decisions.current(case.database, **place, is_use=False)
    if run is not None and run.is_open and (not cached or cached.etag != run.etag):
        pinned = case.decisions.pinned(case.database, **place, etag=run.etag)
        if pinned is not None and pinned.etag == run.etag:
            return pinned, ConfigSource.PINNED
    return cached, _source(case, cached)


def _source(case: _Case, cached: CachedConfig | None) -> ConfigSource:
    if cached is None:
        return ConfigSource.NONE
    if cached.is_bundled:
        return ConfigSource.BUNDLED
    is_due = not is_fresh(cached, case.now_ms)
    return ConfigSource.STALE if is_due else ConfigSource.FRESH


def _verdict(
    cached: CachedConfig | None, run: Run | None, launch: LaunchReason | None
) -> Verdict:
    if cached is None:
        return Verdict.NO_CONTENT
    if run is not None and run.status is RunStatus.RUNNING:
        # a session goes on whatever the rules say: the user has begun already
        return Verdict.RESUMES
    is_free = launch is LaunchReason.OK
    return Verdict.MAY_START if is_free else Verdict.RULED_OUT


def _config(
    case: _Case, cached: CachedConfig | None, source: ConfigSource
) -> ConfigExplanation:
    bundle = case.decisions.bundle
    faults = bundle.faults if bundle else 0
    if cached is None:
        return ConfigExplanation(source=source, bundle_faults=faults)
    since_ms = cached.confirmed_ms
    return ConfigExplanation(
        source=source,
        etag=cached.etag,
        version=cached.config.version,
        age=None
        if since_ms is None
        else timedelta(milliseconds=case.now_ms - since_ms),
        bundle_faults=faults,
    )


def _variant(
    case: _Case, cached: CachedConfig | None, source: ConfigSource
) -> VariantExplanation:
    if cached is None:
        return VariantExplanation(
            variant=None, reason=VariantReason.DEFAULT, detail="there is no content"
        )
    plan = cached.config.experiment
    reason, detail = _reason(case, cached, source)
    return VariantExplanation(
        variant=cached.config.variant,
        reason=reason,
        detail=detail,
        experiment_id=plan.id if plan else None,
    )


def _reason(
    case: _Case, cached: CachedConfig, source: ConfigSource
) -> tuple[VariantReason, str]:
    if source is not ConfigSource.PINNED:
        allotment = case.decisions.allotment(
            case.database,
            user_id=case.user_id,
            tutorial_id=cached.config.tutorial_id,
        )
        if allotment is not None:
            return allotment.reason, allotment.detail
    if cached.config.experiment is None:
        return VariantReason.DISABLED, "no experiment runs"
    if cached.assignment is not None:
        return VariantReason.CACHED, "taken by the device when the run began"
    is_stale = source is ConfigSource.STALE
    reason = VariantReason.STALE if is_stale else VariantReason.CACHED
    return reason, "the server assigned it"


def _run(case: _Case, run: Run) -> RunExplanation:
    ((count,),) = case.database.execute(_RUNS, (case.user_id, run.tutorial_id))
    return RunExplanation(
        status=run.status.value,
        step_id=run.step_id,
        variant=run.variant,
        started_at=_moment(run.started_ms),
        runs=count,
    )


def _survey(case: _Case, cached: CachedConfig | None) -> SurveyExplanation:
    if cached is None or cached.config.survey is None:
        return SurveyExplanation(verdict=SurveyVerdict.NONE)
    closed_until = SurveyWindows().closed_until(
        case.database, user_id=case.user_id, now_ms=case.now_ms
    )
    is_open = closed_until is None
    return SurveyExplanation(
        verdict=SurveyVerdict.ASKED if is_open else SurveyVerdict.TOO_EARLY,
        closed_until=closed_until,
    )


def _queue(database: Database, tutorial_id: str) -> QueueExplanation:
    ((pings,),) = database.execute(_PINGS, (tutorial_id,))
    ((surveys,),) = database.execute(_SURVEYS, (tutorial_id,))
    aside = database.execute(_SET_ASIDE, (tutorial_id,))
    return QueueExplanation(
        pings=pings,
        surveys=surveys,
        set_aside=tuple((code, count) for code, count in aside),
    )


def _moment(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)
