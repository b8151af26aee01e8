"""When something happened on a device whose clock may be years off.  Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from client_sdk.contracts.ping import StepPing

__all__ = ["TOLERATED_ERROR", "occurred_at", "with_right_times"]

#: A smaller difference between device and server is the network's, or hurts nobody.
TOLERATED_ERROR = timedelta(seconds=60)
#: Nothing happened before; PostgreSQL knows times that Python cannot read back.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def with_right_times(
    pings: Sequence[StepPing], *, sent_at: datetime | None, now: datetime
) -> Sequence[StepPing]:
    """Return the pings with the times at which they occurred by the server's clock."""
    is_clock_right = sent_at is None or abs(sent_at - now) <= TOLERATED_ERROR
    return [
        ping
        if ping.occurred_at is None
        or (is_clock_right and _EPOCH <= ping.occurred_at <= now)
        else _at(ping, occurred_at(ping.occurred_at, sent_at=sent_at, now=now))
        for ping in pings
    ]


def occurred_at(
    moment: datetime, *, sent_at: datetime | None, now: datetime
) -> datetime:
    """Return when something occurred, by the server's clock; never in the future.

    ``moment`` and ``sent_at`` are by the device's clock, ``now`` is when they arrived.
    The device's clock is off by e = sent_at - now.  Where abs(e) > 60 s, the event was
    ``sent_at - moment`` old when it was sent, whatever the clock says, and so it occurred
    at now - (sent_at - moment) = moment - e.  Differences alone are computed: the sum of
    a hostile time and a hostile error lies beyond the calendar.
    """
    if sent_at is not None and abs(sent_at - now) > TOLERATED_ERROR:
        age = min(max(sent_at - moment, timedelta()), now - _EPOCH)
        return now - age
    return min(max(moment, _EPOCH), now)


def _at(ping: StepPing, moment: datetime) -> StepPing:
    # a copy costs as much as all checks of a ping
    if moment is ping.occurred_at:
        return ping
    return dataclasses.replace(ping, occurred_at=moment)
