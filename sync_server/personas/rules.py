"""Personas where there is too little data for a model, by rule.  Pure."""

from __future__ import annotations

import numpy as np

from sync_server.personas.chunk import Bools, Codes, Floats
from sync_server.personas.features import HEAVY_AI_CALLS
from sync_server.personas.naming import NAMES, PLACES

__all__ = [
    "RULE_CONFIDENCE",
    "THIN_CODE",
    "THIN_CONFIDENCE",
    "codes_by_rule",
    "is_thin",
]

#: Days and events below which a user is known too little to be compared with others.
MIN_ACTIVE_DAYS = 2
MIN_EVENTS = 10
#: Who is known too little is a newbie.
THIN_CODE = np.int8(NAMES.index("newbie"))
#: Confidence of a user with little data, and of one whom a rule alone describes.
THIN_CONFIDENCE = 0.25
RULE_CONFIDENCE = 0.5
#: "Invites > 3" and "high AI usage" (specification 5.2).
_MANY_INVITES = 3
_HIGH_AI_CALLS = 5


def is_thin(features: Floats) -> Bools:
    """Tell for each row of raw features (n, 32) whether there is too little to go by."""
    days = _column(features, "active_days")
    events = _column(features, "events_per_active_day") * days
    thin: Bools = (days < MIN_ACTIVE_DAYS) | (events < MIN_EVENTS)
    return thin


def codes_by_rule(features: Floats) -> Codes:
    """Return the persona (n,) that the specification's thresholds name, newbie if none."""
    ai_calls = _column(features, "ai_calls_per_active_day")
    is_manager = _column(features, "invites_sent") > _MANY_INVITES
    is_manager &= _column(features, "pm_feature_uses") > 0
    solo = _column(features, "solo_projects")
    is_freelancer = (solo > _column(features, "shared_projects")) & (
        ai_calls >= _HIGH_AI_CALLS
    )
    choices = {
        "ai-power": ai_calls >= HEAVY_AI_CALLS,
        "team-manager": is_manager,
        "freelancer-pro": is_freelancer,
    }
    codes = [np.int8(NAMES.index(name)) for name in choices]
    found = np.select(list(choices.values()), codes, THIN_CODE)
    return np.where(is_thin(features), THIN_CODE, found).astype(np.int8)


def _column(features: Floats, name: str) -> Floats:
    return features[:, PLACES[name]]
