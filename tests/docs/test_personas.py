"""docs/personas.md tells what is counted, and what becomes of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_server.activity.kinds import NAMES, Kind
from sync_server.activity.uses import MAX_AMOUNT, Fault
from sync_server.personas.features import FEATURES, HEAVY_AI_CALLS, NEVER_HOURS

TEXT = (Path(__file__).parents[2] / "docs" / "personas.md").read_text("utf-8")


@pytest.mark.parametrize("place", range(len(FEATURES)))
def test_a_feature_is_told_with_unit_window_and_reason(place):
    feature = FEATURES[place]
    window = "ever" if feature.window_days is None else f"{feature.window_days} days"

    assert (
        f"| {place + 1} | `{feature.name}` | {feature.unit} | {window} | {feature.reason} |"
    ) in TEXT


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_is_told_with_all_its_names(kind):
    (row,) = [line for line in TEXT.splitlines() if line.startswith(f"| `{kind}` |")]

    names = [name for name, of in NAMES.items() if of is kind and name != kind]
    assert [name for name in names if f"`{name}`" not in row] == []


@pytest.mark.parametrize("fault", Fault)
def test_a_reason_is_told(fault):
    assert f"| `{fault}` |" in TEXT


def test_the_numbers_are_the_codes():
    assert f"stays at {MAX_AMOUNT:,} a day" in TEXT
    assert f"took {NEVER_HOURS} hours" in TEXT
    assert f"A heavy day has {HEAVY_AI_CALLS} AI\ncalls" in TEXT
