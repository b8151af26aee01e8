"""Personas by rule."""

from __future__ import annotations

import numpy as np
import pytest

from sync_server.personas.naming import NAMES, PLACES
from sync_server.personas.rules import codes_by_rule, is_thin


def user(**features: float) -> np.ndarray:
    row = np.zeros((1, 32), np.float32)
    known = {"active_days": 10, "events_per_active_day": 20, **features}
    for name, value in known.items():
        row[0, PLACES[name]] = value
    return row


@pytest.mark.parametrize(
    ("features", "persona"),
    [
        ({}, "newbie"),
        ({"ai_calls_per_active_day": 30}, "ai-power"),
        ({"ai_calls_per_active_day": 29.9}, "newbie"),
        ({"invites_sent": 4, "pm_feature_uses": 1}, "team-manager"),
        ({"invites_sent": 3, "pm_feature_uses": 9}, "newbie"),
        ({"invites_sent": 4}, "newbie"),
        ({"solo_projects": 2, "ai_calls_per_active_day": 6}, "freelancer-pro"),
        ({"solo_projects": 2, "ai_calls_per_active_day": 1}, "newbie"),
        (
            {"solo_projects": 2, "shared_projects": 3, "ai_calls_per_active_day": 6},
            "newbie",
        ),
    ],
)
def test_the_specifications_thresholds_name_a_user(features, persona):
    assert NAMES[codes_by_rule(user(**features))[0]] == persona


@pytest.mark.parametrize(
    ("days", "events", "thin"), [(1, 500, True), (2, 4, True), (2, 5, False)]
)
def test_whoever_was_there_once_or_did_next_to_nothing_is_a_newbie(days, events, thin):
    row = user(
        active_days=days, events_per_active_day=events, ai_calls_per_active_day=99
    )
    assert is_thin(row) == [thin]
    assert (NAMES[codes_by_rule(row)[0]] == "newbie") is thin
