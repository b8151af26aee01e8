"""When the story is interrupted: at rest by default, at awkward moments by a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["FIRST_KILL_AT", "LAST_KILL_AT", "ONLINE_STEPS", "Plan", "draw_plan"]

#: Steps that are completed before the network goes.
ONLINE_STEPS = 3
DEFAULT_KILL_AT = 6
FIRST_KILL_AT = 0
#: The control tour has eight cards, then come the survey and what follows its answer.
LAST_KILL_AT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One course of events."""

    #: The app is killed at this stop: 0 is its first start, then come the cards, the
    #: open survey, and the moment of its answer.
    kill_at: int
    #: From the touch that leads to that stop until SIGKILL, in seconds; None: once
    #: everything stands still.
    kill_delay_seconds: float | None = None
    #: From the touch that ends the online steps until the server's SIGKILL, in seconds;
    #: None: once everything has arrived.
    cut_delay_seconds: float | None = None
    #: From the touch that asks for a sync, with the server back, until that server is
    #: killed once more; None: it stays.
    second_cut_delay_seconds: float | None = None


def draw_plan(*, kill_at: int | None, seed: int | None) -> Plan:
    """Return the plan that is asked for.

    Without a seed both kills happen while nothing is on its way.  A seed draws the stop,
    unless it is given, and delays that are short enough to hit writes and requests half
    done.
    """
    if seed is None:
        return Plan(kill_at=DEFAULT_KILL_AT if kill_at is None else kill_at)
    rng = random.Random(seed)  # noqa: S311 - it picks moments, it protects nothing
    drawn = rng.randint(FIRST_KILL_AT, LAST_KILL_AT)
    return Plan(
        kill_at=drawn if kill_at is None else kill_at,
        kill_delay_seconds=rng.uniform(0.0, 0.4),
        cut_delay_seconds=rng.uniform(0.0, 2.0),
        second_cut_delay_seconds=rng.uniform(0.0, 0.3),
    )
