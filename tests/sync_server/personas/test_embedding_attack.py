"""What embeddings give away; docs/personas.md tells these numbers."""

from __future__ import annotations

import numpy as np
import pytest

from sync_server.personas.rotation import Rotation
from sync_server.personas.scaling import logarithms
from tests.support.embedding_attack import explained, guess_by_pairs, guess_by_spread
from tests.support.populations import population
from tests.sync_server.personas.crowds import fit_of

USERS = 20_000


@pytest.fixture(scope="module")
def leak() -> tuple[Rotation, np.ndarray, np.ndarray, np.ndarray]:
    """A rotation; embeddings, scaled features, and those of another product's users."""
    rng = np.random.default_rng(1)
    ours, theirs = (population(USERS, rng, separation=0.6, spread=0.7) for _ in "12")
    scaling = fit_of(ours).model.scaling
    scaled = scaling.apply(logarithms(ours.features))
    rotation = Rotation(b"a" * 32)
    others = scaling.apply(logarithms(theirs.features)).astype(float)
    return rotation, rotation.embed(scaled).astype(float), scaled.astype(float), others


def test_with_the_key_everything_is_told(leak):
    rotation, embeddings, scaled, _ = leak
    assert explained(rotation.recover(embeddings.astype(np.float32)), scaled) > 0.9999


def test_with_nothing_but_embeddings_no_number_means_a_feature(leak):
    _, embeddings, scaled, _ = leak
    assert explained(embeddings, scaled) < 0


@pytest.mark.parametrize(
    ("pairs", "least", "most"), [(10, 0.4, 0.7), (100, 0.999, 1.0), (1_000, 0.999, 1.0)]
)
def test_leaked_pairs_give_the_rotation_away(leak, pairs, least, most):
    _, embeddings, scaled, _ = leak
    known = np.random.default_rng(2).choice(USERS, pairs, replace=False)
    guess = guess_by_pairs(embeddings, embeddings[known], scaled[known])
    assert least <= explained(guess, scaled) <= most


def test_who_knows_how_features_are_spread_needs_no_pair_for_a_part(leak):
    _, embeddings, scaled, others = leak
    assert 0.2 <= explained(guess_by_spread(embeddings, others), scaled) <= 0.7
