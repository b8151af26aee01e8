"""The list of features."""

from __future__ import annotations

from sync_server.personas.features import FEATURES


def test_there_are_32_of_different_names():
    assert len({feature.name for feature in FEATURES}) == len(FEATURES) == 32


def test_each_says_its_unit_and_why_it_is_there():
    assert all(feature.unit and feature.reason for feature in FEATURES)
