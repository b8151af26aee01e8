"""The days of made-up users in a database, as the counting leaves them.

From the features of a population (`tests/support/populations.py`) it makes the days that
such a user would have had: as many active days of the last four weeks, each with its
number of events and AI calls by chance (Poisson), and what happens seldom spread over
them.  Features that are computed from these days are near those of the population, with
the noise of whole numbers; who the users are does not change.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sync_server.db.copying import Column, RowFormat, uuids
from sync_server.db.pool import connect
from sync_server.personas.features import FEATURES
from tests.support.populations import Population

__all__ = ["fill_days"]

Values = NDArray[Any]

#: Days since 2000 of everybody's last day, and its end in microseconds.
_LAST_DAY = 9_000
_DAY_MICROSECONDS = 86_400_000_000
_WINDOW_DAYS = 28
_MOST = 10_000
#: Counters that are spread over the active days, and the features that tell how many.
_SELDOM = {
    "solo_projects": "solo_projects",
    "shared_projects": "shared_projects",
    "tasks_completed": "tasks_completed",
    "invoices_sent": "invoices_sent",
    "exports_made": "exports_made",
    "invites_sent": "invites_sent",
    "invites_accepted": "invites_accepted",
    "pm_feature_uses": "pm_feature_uses",
    "messages_sent": "messages_sent",
    "steps_started": "steps_started",
    "steps_completed": "steps_completed",
    "steps_skipped": "steps_skipped",
    "steps_dismissed": "steps_dismissed",
}
_COUNTERS = ("events", "ai_calls", *_SELDOM, "largest_project_members", "steps_timed")
_DAYS = RowFormat(
    uuids("user_id"),
    Column("day", ">i4", np.int32),
    *(Column(name, ">i4", np.int32) for name in _COUNTERS),
    Column("steps_ms", ">i8", np.int64),
)
_SPANS = RowFormat(
    uuids("user_id"),
    *(
        Column(name, ">i8", np.int64)
        for name in ("first_at", "last_at", "first_value_at")
    ),
)


def fill_days(url: str, users: Population, rng: np.random.Generator) -> int:
    """Add the days of these users by COPY; return how many they are.

    The features are still to be computed.
    """
    of = {
        feature.name: users.features[:, place] for place, feature in enumerate(FEATURES)
    }
    active = np.rint(of["active_days"]).clip(1, _WINDOW_DAYS).astype(np.int64)
    user, age = _days(active, rng)
    with connect(url) as connection:
        _DAYS.write(
            connection,
            "user_days",
            {
                "user_id": users.ids[user],
                "day": (_LAST_DAY - age).astype(np.int32),
                **_counters(of, active, user, rng),
            },
        )
        _SPANS.write(connection, "user_spans", _spans(users, of))
    return len(user)


def _days(active: Values, rng: np.random.Generator) -> tuple[Values, Values]:
    """Return the user and the age of each active day; the last day is one of them."""
    order = rng.random((len(active), _WINDOW_DAYS))
    order[:, 0] = -1
    rank = order.argsort(axis=1).argsort(axis=1)
    user, age = np.nonzero(rank < active[:, None])
    return user, age


def _counters(
    of: dict[str, Values], active: Values, user: Values, rng: np.random.Generator
) -> dict[str, Values]:
    events = rng.poisson(of["events_per_active_day"][user])
    calls = rng.poisson(of["ai_calls_per_active_day"][user])
    counters = {"events": np.maximum(events, calls), "ai_calls": calls}
    for name, feature in _SELDOM.items():
        counters[name] = rng.poisson((of[feature] / active)[user])
    counters["largest_project_members"] = np.where(
        counters["shared_projects"] > 0,
        np.rint(of["largest_project_members"][user]).clip(2),
        np.minimum(counters["solo_projects"], 1),
    )
    counters["steps_timed"] = counters["steps_completed"]
    found: dict[str, Values] = {
        name: values.clip(0, _MOST).astype(np.int32)
        for name, values in counters.items()
    }
    milliseconds = 1_000 * of["seconds_per_step"][user].clip(0, 600)
    found["steps_ms"] = (milliseconds * found["steps_timed"]).astype(np.int64)
    return found


def _spans(users: Population, of: dict[str, Values]) -> dict[str, Values]:
    days = np.rint(of["tenure_days"]).clip(0, 365).astype(np.int64)
    first = (_LAST_DAY - days) * _DAY_MICROSECONDS
    hours = of["time_to_first_value_hours"].clip(0, 672)
    return {
        "user_id": users.ids,
        "first_at": first,
        "last_at": np.full(len(users), (_LAST_DAY + 1) * _DAY_MICROSECONDS - 1),
        "first_value_at": first + (hours * 3_600e6).astype(np.int64),
    }
