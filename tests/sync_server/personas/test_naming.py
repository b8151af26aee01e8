"""Names for clusters."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from sync_server.personas.clustering import CLUSTERS
from sync_server.personas.features import FEATURES
from sync_server.personas.naming import HEURISTICS, NAMES, PLACES, name_centres
from tests.support.effort import examples

CENTRES = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).normal(size=(CLUSTERS, len(FEATURES)))
)


def typical_centres() -> np.ndarray:
    """One centre for each name, in their order, with what the heuristics look for."""
    centres = np.zeros((CLUSTERS, len(FEATURES)))
    for row, name in enumerate(NAMES):
        for feature, weight in HEURISTICS[name].items():
            centres[row, PLACES[feature]] += np.sign(weight)
    return centres


@given(order=st.permutations(range(CLUSTERS)))
def test_the_number_of_a_cluster_means_nothing(order):
    naming = name_centres(typical_centres()[list(order)])
    assert [order[cluster] for cluster in naming.clusters] == [0, 1, 2, 3]
    assert naming.lead > 0.5


@given(centres=CENTRES, order=st.permutations(range(CLUSTERS)))
@settings(max_examples=examples(100))
def test_names_follow_the_centres_in_whatever_order(centres, order):
    straight, shuffled = name_centres(centres), name_centres(centres[list(order)])
    assert sorted(straight.clusters) == [0, 1, 2, 3]
    assert [order[cluster] for cluster in shuffled.clusters] == list(straight.clusters)
    np.testing.assert_allclose(shuffled.evidence, straight.evidence)
    assert np.isclose(shuffled.lead, straight.lead)


@given(centres=CENTRES)
@settings(max_examples=examples(100))
def test_the_lead_is_never_negative(centres):
    assert name_centres(centres).lead >= -1e-9


def test_two_clusters_never_get_one_name_though_both_ask_for_it():
    centres = typical_centres()
    centres[1] = centres[3] * 0.9
    assert sorted(name_centres(centres).clusters) == [0, 1, 2, 3]


def test_between_names_that_fit_alike_yesterday_decides():
    before = typical_centres()
    before[1] = before[2] = (before[1] + before[2]) / 2
    before[1, 0] += 0.01
    for order in ([0, 1, 2, 3], [0, 2, 1, 3]):
        naming = name_centres(before[order], before)
        assert [order[cluster] for cluster in naming.clusters] == [0, 1, 2, 3]


def test_strong_evidence_outweighs_yesterday():
    today = typical_centres()
    naming = name_centres(today, today[[0, 2, 1, 3]])
    assert list(naming.clusters) == [0, 1, 2, 3]
