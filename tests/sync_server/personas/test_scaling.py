"""Features on one scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from sync_server.personas.features import FEATURES
from sync_server.personas.scaling import CLIP, Moments, Scaling, is_sound, logarithms
from tests.support.effort import examples

SIZE = len(FEATURES)


def features(seed: int, users: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.lognormal(1.0, 1.5, (users, SIZE)).astype(np.float32)


@given(
    seed=st.integers(0, 2**32 - 1),
    users=st.integers(0, 200),
    cuts=st.lists(st.integers(0, 200), max_size=4),
)
@settings(max_examples=examples(60), deadline=None)
def test_moments_of_parts_merge_into_those_of_the_whole(seed, users, cuts):
    logs = logarithms(features(seed, users))
    merged = Moments.of(logs[:0])
    for part in np.split(logs, sorted(min(cut, users) for cut in cuts)):
        merged = merged.merged(Moments.of(part))
    assert merged.count == users
    if users:
        np.testing.assert_allclose(merged.mean, logs.mean(0, np.float64), rtol=1e-5)
        variance = logs.astype(np.float64).var(0) * users
        np.testing.assert_allclose(merged.squares, variance, rtol=1e-3, atol=1e-3)


def test_scaled_features_have_mean_0_and_deviation_1():
    logs = logarithms(features(1, 20_000))
    scaled = Scaling.of(Moments.of(logs)).apply(logs)
    # what is beyond the clip is missing from both
    assert np.abs(scaled.mean(0)).max() < 0.01
    assert np.abs(scaled.std(0) - 1).max() < 0.02


@given(seed=st.integers(0, 2**32 - 1), factor=st.floats(1, 1e12))
@settings(max_examples=examples(40), deadline=None)
def test_nothing_lies_beyond_the_clip(seed, factor):
    raw = features(seed, 50)
    logs = logarithms(raw)
    scaling = Scaling.of(Moments.of(logs))
    scaled = scaling.apply(logarithms(raw * np.float32(factor)))
    assert np.isfinite(scaled).all()
    assert np.abs(scaled).max() <= CLIP


def test_a_feature_that_is_the_same_for_all_becomes_0():
    raw = features(1, 100)
    raw[:, 3] = 7.0
    logs = logarithms(raw)
    assert np.abs(Scaling.of(Moments.of(logs)).apply(logs)[:, 3]).max() < 1e-4


def test_centres_move_from_one_scaling_to_the_other_and_back():
    first = Scaling.of(Moments.of(logarithms(features(1, 500))))
    second = Scaling.of(Moments.of(logarithms(features(2, 500))))
    centres = np.random.default_rng(3).uniform(-1, 1, (4, SIZE))
    np.testing.assert_allclose(
        second.moved(first.moved(centres, second), first), centres, atol=1e-9
    )


def test_a_centre_is_told_in_the_units_of_the_features():
    raw = np.full((50, SIZE), 30.0, np.float32)
    scaling = Scaling.of(Moments.of(logarithms(raw)))
    assert scaling.raw(np.zeros((1, SIZE))) == pytest.approx(30.0, rel=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1.0])
def test_a_row_with_a_number_that_cannot_be_is_not_sound(bad):
    raw = features(1, 3)
    raw[1, 20] = bad
    assert is_sound(raw).tolist() == [True, False, True]
