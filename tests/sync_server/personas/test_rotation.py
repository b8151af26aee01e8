"""The keyed rotation."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from sync_server.personas.features import FEATURES
from sync_server.personas.rotation import Rotation
from sync_server.personas.scaling import CLIP
from tests.support.effort import examples

SIZE = len(FEATURES)
FIRST_NUMBERS = [-0.134247, 0.235211, -0.099315]
SECRETS = st.binary(min_size=32, max_size=32)


def scaled(seed: int, users: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform(-CLIP, CLIP, (users, SIZE)).astype(np.float32)


def distances(points: np.ndarray) -> np.ndarray:
    wide = points.astype(np.float64)
    apart: np.ndarray = np.sqrt(((wide[:, None] - wide[None]) ** 2).sum(2))
    return apart


@given(secret=SECRETS, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=examples(40), deadline=None)
def test_distances_stay_to_the_precision_of_a_float(secret, seed):
    before = scaled(seed)
    after = Rotation(secret).embed(before)
    assert after.dtype == np.float32
    np.testing.assert_allclose(distances(after), distances(before), atol=2e-5)


@given(secret=SECRETS, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=examples(20), deadline=None)
def test_the_key_gives_the_features_back(secret, seed):
    before = scaled(seed)
    rotation = Rotation(secret)
    np.testing.assert_allclose(
        rotation.recover(rotation.embed(before)), before, atol=1e-5
    )


def test_the_same_key_makes_the_same_embedding_for_ever():
    # numbers of the first release: a change would make every stored embedding worthless
    embedded = Rotation(bytes(range(32))).embed(np.eye(SIZE, dtype=np.float32))
    np.testing.assert_allclose(embedded[0, :3], FIRST_NUMBERS, atol=1e-6)


def test_another_key_makes_another_embedding_and_another_fingerprint():
    one, other = Rotation(b"1" * 32), Rotation(b"2" * 32)
    assert one.fingerprint != other.fingerprint
    assert np.abs(one.embed(scaled(1)) - other.embed(scaled(1))).max() > 1


def test_every_feature_is_spread_over_all_numbers():
    # each unit vector has no number that holds most of it
    embedded = Rotation(b"1" * 32).embed(np.eye(SIZE, dtype=np.float32))
    assert (embedded**2).max() < 0.5
