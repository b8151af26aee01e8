"""Which tutorials may start now, decided the same way on server and device."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from client_sdk.contracts.constraints import AtLeast
from client_sdk.contracts.limits import Id, Moment, Version
from client_sdk.contracts.tutorial import DEFAULT_PERSONA, Device, Priority, Rules
from client_sdk.contracts.wire import Wire, wire

__all__ = ["Launch", "LaunchFacts", "LaunchItem", "LaunchReason", "may_start"]

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
