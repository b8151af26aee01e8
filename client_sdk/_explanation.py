"""Why a tutorial is or is not shown, as codes for programs and in words for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from client_sdk.contracts.launch import LaunchReason, RuleCheck
from client_sdk.contracts.planning import VariantReason

__all__ = [
    "ConfigExplanation",
    "ConfigSource",
    "Explanation",
    "QueueExplanation",
    "RunExplanation",
    "SurveyExplanation",
    "SurveyVerdict",
    "VariantExplanation",
    "Verdict",
]


class Verdict(StrEnum):
    """What the user meets."""

    #: ``start()`` shows a first step.
    MAY_START = "may_start"
    #: ``start()`` goes on where the user was.
    RESUMES = "resumes"
    #: There is no content on the device.
    NO_CONTENT = "no_content"
    #: A rule is against it; ``launch`` says which.
    RULED_OUT = "ruled_out"


class ConfigSource(StrEnum):
    """Where the content comes from, in the order in which it is looked for."""

    FRESH = "fresh"
    #: The server should be asked again; until it answers this is shown.
    STALE = "stale"
    #: What the open run began with; there is newer content for the next one.
    PINNED = "pinned"
    #: What the app ships.
    BUNDLED = "bundled"
    NONE = "none"


class SurveyVerdict(StrEnum):
    """Whether the survey is shown after the last step."""

    ASKED = "asked"
    #: Another answer is less than 30 days away.
    TOO_EARLY = "too_early"
    #: The tutorial has no survey, or there is no content.
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigExplanation:
    """The content."""

    source: ConfigSource
    etag: str | None = None
    version: int | None = None
    #: Since the server last served it, or since the bundle was made; None if not known.
    age: timedelta | None = None
    #: What could not be used of the app's bundle.
    bundle_faults: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantExplanation:
    """The variant, and why it is that one, in OpenFeature's words."""

    variant: str | None
    reason: VariantReason
    detail: str
    experiment_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunExplanation:
    """The run begun last on this device."""

    status: str
    step_id: str
    variant: str
    started_at: datetime
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyExplanation:
    """The survey."""

    verdict: SurveyVerdict
    closed_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueExplanation:
    """Rows about this tutorial, of every user."""

    pings: int
    surveys: int
    #: How many rows were set aside, by code.
    set_aside: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What was decided about one tutorial, for one user, at one moment."""

    tutorial_id: str
    at: datetime
    #: None before an account is known.
    user_id: str | None
    device: str
    verdict: Verdict
    config: ConfigExplanation
    variant: VariantExplanation
    persona: str | None
    #: OK, or the first reason against; None where there is no content.
    launch: LaunchReason | None
    #: Each rule with its result, in the order in which they count.
    rules: tuple[RuleCheck, ...]
    run: RunExplanation | None
    survey: SurveyExplanation
    queue: QueueExplanation

    def __str__(self) -> str:
        """Return what a support person reads."""
        lines = (f"  {name:<9} {text}" for name, text in self._lines())
        return "\n".join((f"{self.tutorial_id}: {self._headline()}", *lines))

    def _headline(self) -> str:
        if self.verdict is Verdict.NO_CONTENT:
            return "is not shown: there is no content on this device yet"
        against = next((rule for rule in self.rules if not rule.is_met), None)
        if self.verdict is Verdict.RULED_OUT and against is not None:
            return f"does not start by itself: {self.launch} ({against.detail})"
        if self.verdict is Verdict.RESUMES:
            return "goes on where the user was"
        return "may start"

    def _lines(self) -> Iterator[tuple[str, str]]:
        yield "user", self.user_id or "not known yet"
        yield "device", f"{self.device}, at {_date(self.at)}"
        yield "content", _content(self.config)
        yield "variant", _variant(self.variant)
        yield "persona", self.persona or "not known"
        for rule in self.rules:
            yield (
                "rule",
                f"{'ok ' if rule.is_met else 'NO '} {rule.rule}: {rule.detail}",
            )
        yield "run", _run(self.run)
        yield "survey", _survey(self.survey)
        yield "queue", _queue(self.queue)


def _content(config: ConfigExplanation) -> str:
    faults = config.bundle_faults
    trouble = f"; {faults} fault(s) in the app's bundle" if faults else ""
    if config.source is ConfigSource.NONE:
        return f"none: neither in the cache nor in a bundle of the app{trouble}"
    words = {
        ConfigSource.FRESH: "fresh, from the cache",
        ConfigSource.STALE: "stale, from the cache; the next sync asks the server",
        ConfigSource.PINNED: "as the open run began with it; there is newer content",
        ConfigSource.BUNDLED: "bundled with the app; the next sync asks the server",
    }
    age = "age not known" if config.age is None else f"{_duration(config.age)} old"
    what = f"version {config.version}, {config.etag}, {age}"
    return f"{words[config.source]} ({what}){trouble}"


def _variant(variant: VariantExplanation) -> str:
    experiment = f" of {variant.experiment_id}" if variant.experiment_id else ""
    name = variant.variant or "none"
    return f"{name}{experiment}, {variant.reason}: {variant.detail}"


def _run(run: RunExplanation | None) -> str:
    if run is None:
        return "none on this device"
    place = f"{run.status} at {run.step_id} as {run.variant}"
    return f"{place}, begun {_date(run.started_at)}; {run.runs} in all"


def _survey(survey: SurveyExplanation) -> str:
    if survey.verdict is SurveyVerdict.TOO_EARLY and survey.closed_until is not None:
        return f"not asked: the last one keeps it closed until {_date(survey.closed_until)}"
    return "asked after the last step" if survey.verdict == "asked" else "none"


def _queue(queue: QueueExplanation) -> str:
    aside = ", ".join(f"{count} set aside as {code}" for code, count in queue.set_aside)
    waiting = f"{queue.pings} ping(s) and {queue.surveys} answer(s) wait"
    return f"{waiting}; {aside}" if aside else waiting


def _date(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _duration(age: timedelta) -> str:
    """Return the largest unit; a negative age says that the clock has been set back."""
    seconds = int(age.total_seconds())
    if seconds < 0:
        return "(by a clock that has been set back since) 0 s"
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
