"""Which tutorials may start now, decided the same way on server and device."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, NamedTuple

from client_sdk.contracts.codec import format_timestamp
from client_sdk.contracts.constraints import AtLeast
from client_sdk.contracts.limits import Id, Moment, Version
from client_sdk.contracts.tutorial import DEFAULT_PERSONA, Device, Priority, Rules
from client_sdk.contracts.wire import Wire, wire

__all__ = [
    "Launch",
    "LaunchFacts",
    "LaunchItem",
    "LaunchReason",
    "RuleCheck",
    "launch_order",
    "may_start",
    "rule_checks",
]

_NO_RULES = Rules()


class LaunchReason(StrEnum):
    """Why a tutorial may start, or may not."""

    #: It may start.
    OK = "ok"
    #: The rules name devices, and not this one.
    WRONG_DEVICE = "wrong_device"
    #: The rules name personas, and not this one.
    WRONG_PERSONA = "wrong_persona"
    #: ``startsAt`` is still to come.
    NOT_YET = "not_yet"
    #: ``endsAt`` has passed.
    OVER = "over"
    #: A tutorial that must come first is not finished.
    REQUIRES = "requires"
    #: It is finished, and not repeatable.
    ALREADY_COMPLETED = "already_completed"
    #: It was run ``maxRuns`` times.
    TOO_OFTEN = "too_often"
    #: The last run is less than ``cooldownSeconds`` ago.
    COOLING_DOWN = "cooling_down"


@wire(frozen=True, kw_only=True)
class LaunchFacts(Wire):
    """What the decision about one tutorial asks of a person and device.

    ``finished`` are the tutorials that the person is through with; ``is_finished`` says
    so of this one, ``is_unfinished`` that there is something to go on with.  ``runs`` is
    how often this one was run, ``last_run_at`` when something last happened in it.
    """

    device: Id = Device.WEB.value
    persona: Id = DEFAULT_PERSONA
    finished: tuple[Id, ...] = ()
    is_finished: bool = False
    is_unfinished: bool = False
    runs: Annotated[int, AtLeast(0)] = 0
    last_run_at: Moment | None = None


@wire(frozen=True, kw_only=True)
class LaunchItem(Wire):
    """A tutorial that may start; ``etag`` is that of its config for the same user."""

    #: The tutorial, as its author named it.
    tutorial_id: Id
    #: Of the published tutorial.
    version: Version
    #: That of its config for the same user: what differs is worth fetching.
    etag: str
    #: The higher one starts first.
    priority: Priority
    #: Whether the person has begun it and may go on.
    resumes: bool


@wire(frozen=True, kw_only=True)
class Launch(Wire):
    """Answer of ``GET /api/tutorial/launch``: the first tutorial should start first."""

    #: In the order in which they should start.
    tutorials: tuple[LaunchItem, ...]
    #: When to ask again.
    expires: Moment


class RuleCheck(NamedTuple):
    """One rule, whether it lets the tutorial start, and what it was held against."""

    #: The rule's JSON name.
    rule: str
    is_met: bool
    #: What `may_start` says if this is the first rule against.
    reason: LaunchReason
    #: In words, for a support person.
    detail: str


def launch_order(item: LaunchItem) -> tuple[bool, int, str]:
    """Return the key to sort by: the unfinished first, then by priority, then by id."""
    return (not item.resumes, -item.priority, item.tutorial_id)


def may_start(rules: Rules | None, facts: LaunchFacts, now: datetime) -> LaunchReason:
    """Return OK, or the first reason against; ``now`` has a UTC offset.

    What is unfinished goes on, whatever was run how often: the run has begun already.
    """
    rules = rules or _NO_RULES
    return _audience(rules, facts) or _window(rules, now) or _history(rules, facts, now)


def _audience(rules: Rules, facts: LaunchFacts) -> LaunchReason | None:
    if rules.devices is not None and facts.device not in rules.devices:
        return LaunchReason.WRONG_DEVICE
    if rules.personas is not None and facts.persona not in rules.personas:
        return LaunchReason.WRONG_PERSONA
    return None


def _window(rules: Rules, now: datetime) -> LaunchReason | None:
    if rules.starts_at is not None and now < rules.starts_at:
        return LaunchReason.NOT_YET
    if rules.ends_at is not None and now >= rules.ends_at:
        return LaunchReason.OVER
    return None


def _history(rules: Rules, facts: LaunchFacts, now: datetime) -> LaunchReason:
    if not set(rules.requires) <= set(facts.finished):
        return LaunchReason.REQUIRES
    if facts.is_finished and not rules.repeatable:
        return LaunchReason.ALREADY_COMPLETED
    if facts.is_unfinished:
        return LaunchReason.OK
    if rules.max_runs is not None and facts.runs >= rules.max_runs:
        return LaunchReason.TOO_OFTEN
    if _is_cooling_down(rules, facts, now):
        return LaunchReason.COOLING_DOWN
    return LaunchReason.OK


def _is_cooling_down(rules: Rules, facts: LaunchFacts, now: datetime) -> bool:
    if facts.last_run_at is None or rules.cooldown_seconds is None:
        return False
    # the difference and not the sum: no date lies beyond the calendar's end
    return now - facts.last_run_at < timedelta(seconds=rules.cooldown_seconds)


def rule_checks(
    rules: Rules | None, facts: LaunchFacts, now: datetime
) -> tuple[RuleCheck, ...]:
    """Return each rule that there is, in the order in which ``may_start`` asks.

    The first one that is not met gives the reason of ``may_start``.
    """
    rules = rules or _NO_RULES
    return (*_audience_checks(rules, facts), *_other_checks(rules, facts, now))


def _audience_checks(rules: Rules, facts: LaunchFacts) -> Iterator[RuleCheck]:
    if rules.devices is not None:
        yield RuleCheck(
            rule="devices",
            is_met=facts.device in rules.devices,
            reason=LaunchReason.WRONG_DEVICE,
            detail=f"for {_list(rules.devices)}; this one is {facts.device}",
        )
    if rules.personas is not None:
        yield RuleCheck(
            rule="personas",
            is_met=facts.persona in rules.personas,
            reason=LaunchReason.WRONG_PERSONA,
            detail=f"for {_list(rules.personas)}; the user is {facts.persona}",
        )


def _other_checks(
    rules: Rules, facts: LaunchFacts, now: datetime
) -> Iterator[RuleCheck]:
    if rules.starts_at is not None:
        yield RuleCheck(
            rule="startsAt",
            is_met=now >= rules.starts_at,
            reason=LaunchReason.NOT_YET,
            detail=f"from {format_timestamp(rules.starts_at)}",
        )
    if rules.ends_at is not None:
        yield RuleCheck(
            rule="endsAt",
            is_met=now < rules.ends_at,
            reason=LaunchReason.OVER,
            detail=f"until {format_timestamp(rules.ends_at)}",
        )
    missing = [one for one in rules.requires if one not in facts.finished]
    if rules.requires:
        rest = f"; not finished: {_list(missing)}" if missing else "; all finished"
        yield RuleCheck(
            rule="requires",
            is_met=not missing,
            reason=LaunchReason.REQUIRES,
            detail=f"after {_list(rules.requires)}{rest}",
        )
    yield from _history_checks(rules, facts, now)


def _history_checks(
    rules: Rules, facts: LaunchFacts, now: datetime
) -> Iterator[RuleCheck]:
    word = "may start again" if rules.repeatable else "starts once"
    yield RuleCheck(
        rule="repeatable",
        is_met=rules.repeatable or not facts.is_finished,
        reason=LaunchReason.ALREADY_COMPLETED,
        detail=f"{word}; {'finished' if facts.is_finished else 'not finished'} before",
    )
    resumed = "; the open run goes on" if facts.is_unfinished else ""
    if rules.max_runs is not None:
        yield RuleCheck(
            rule="maxRuns",
            is_met=facts.is_unfinished or facts.runs < rules.max_runs,
            reason=LaunchReason.TOO_OFTEN,
            detail=f"at most {rules.max_runs} runs; there were {facts.runs}{resumed}",
        )
    if rules.cooldown_seconds is not None:
        last = facts.last_run_at
        since = f"last seen {format_timestamp(last)}" if last else "not seen before"
        yield RuleCheck(
            rule="cooldownSeconds",
            is_met=facts.is_unfinished or not _is_cooling_down(rules, facts, now),
            reason=LaunchReason.COOLING_DOWN,
            detail=f"{rules.cooldown_seconds} s between runs; {since}{resumed}",
        )


def _list(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names) or "nobody"
