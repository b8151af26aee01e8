"""Why there is a tour now, or none: what the SDK explains, as the app's users say it.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from client_sdk import Explanation
from demo_app.wording import count

__all__ = ["Reason", "headline", "reasons"]

_HEADLINES = {
    "may_start": "The tour may start",
    "resumes": "The tour goes on where you were",
    "no_content": "There is no tour on this device yet",
    "ruled_out": "The tour does not start by itself",
}
_SOURCES = {
    "fresh": "from the server, up to date",
    "stale": "from the server; it will be asked for a newer one",
    "pinned": "as you began it; the next tour is a newer one",
    "bundled": "shipped with the app; the server will be asked",
}
#: By the rule's name in a tutorial's file.
_RULES = {
    "devices": "Kinds of device",
    "personas": "For whom",
    "startsAt": "First day",
    "endsAt": "Last day",
    "requires": "What comes before",
    "repeatable": "How often",
    "maxRuns": "At most",
    "cooldownSeconds": "Pause in between",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One line; ``is_met`` is None where it is a fact and no rule."""

    title: str
    detail: str
    icon: str
    is_met: bool | None = None


def headline(found: Explanation) -> str:
    """Return what the user meets, in one sentence."""
    return _HEADLINES[found.verdict]


def reasons(found: Explanation) -> tuple[Reason, ...]:
    """Return the rules in the order in which they count, then the facts."""
    return (*_rules(found), *_facts(found))


def _rules(found: Explanation) -> Iterator[Reason]:
    for check in found.rules:
        yield Reason(
            title=_RULES.get(check.rule, check.rule),
            detail=_sentence(check.detail),
            icon="check" if check.is_met else "close",
            is_met=check.is_met,
        )


def _facts(found: Explanation) -> Iterator[Reason]:
    config, variant = found.config, found.variant
    if config.version is not None:
        content = f"Version {config.version}, {_SOURCES[config.source]}"
        arm = f"{variant.variant}: {variant.detail}"
        yield Reason(title="Content", detail=content, icon="folder")
        yield Reason(title="Variant", detail=arm, icon="settings")
        yield Reason(title="Persona", detail=found.persona or "not known", icon="team")
        yield Reason(title="Survey", detail=_survey(found), icon="assistant")
    yield Reason(title="On its way", detail=_waiting(found), icon="sync")


def _survey(found: Explanation) -> str:
    survey = found.survey
    if survey.closed_until is not None:
        day = survey.closed_until
        return f"Asked; not again before {day.day} {day:%B}"
    return "Asked after the last card" if survey.verdict == "asked" else "None"


def _waiting(found: Explanation) -> str:
    queue = found.queue
    if not queue.pings + queue.surveys:
        return "Everything has arrived"
    waiting = f"{count(queue.pings, 'event')} and {count(queue.surveys, 'answer')}"
    return f"{waiting[0].upper()}{waiting[1:]} wait on this device"


def _sentence(detail: str) -> str:
    return detail[:1].upper() + detail[1:]
