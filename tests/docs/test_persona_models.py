"""docs/personas.md tells how personas are found, and the bounds that a model must keep."""

from __future__ import annotations

from pathlib import Path

from client_sdk.contracts.persona import PersonaSource
from sync_server.personas.crowd import MEMORY_BYTES
from sync_server.personas.fitting import MIN_USERS, SAMPLE_USERS
from sync_server.personas.quality import Gates
from sync_server.personas.rules import (
    MIN_ACTIVE_DAYS,
    MIN_EVENTS,
    RULE_CONFIDENCE,
    THIN_CONFIDENCE,
)
from sync_server.personas.scaling import CLIP
from sync_server.personas.settling import HABIT

TEXT = " ".join(
    (Path(__file__).parents[2] / "docs" / "personas.md").read_text("utf-8").split()
)


def test_the_bounds_are_the_codes():
    gates = Gates()
    for told in (
        f"stability at least {gates.least_stability:g}",
        f"at least {gates.least_lead:g} more",
        f"at least {100 * gates.least_share:g} % of the users",
        f"more than {gates.most_drift:g} standard deviations a feature",
        f"at most {100 * gates.most_changed:g} % of the users change",
        f"at most {100 * gates.most_refused:g} % of the rows refused",
    ):
        assert told in TEXT
    assert gates.least_kept_users == 0.5
    assert "at least half as many users as before" in TEXT


def test_so_are_the_numbers_of_a_fit():
    for told in (
        f"clipped to {CLIP:g} standard deviations",
        f"scikit-learn fits {SAMPLE_USERS:,} users",
        f"when {100 * HABIT:g} % of the way beyond the border",
        f"active on at least {MIN_ACTIVE_DAYS} days, with at least {MIN_EVENTS} events",
        f"fewer than {MIN_USERS} users have enough data",
        f"{(1 - HABIT) / 2:g} to 0.5",
    ):
        assert told in TEXT
    assert f"less data than that: `newbie` | {THIN_CONFIDENCE:g} |" in TEXT
    assert f"thresholds of the specification | {RULE_CONFIDENCE:g} |" in TEXT
    assert round(MEMORY_BYTES / 146 / 1e6, 1) == 1.8
    assert "beyond 1.8 million" in TEXT


def test_every_source_is_told():
    assert [source for source in PersonaSource if f"| `{source}` |" not in TEXT] == []
