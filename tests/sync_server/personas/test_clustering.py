"""KMeans over chunks."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from functools import reduce

import numpy as np
from hypothesis import given, settings, strategies as st
from sklearn.cluster import KMeans

from sync_server.personas.clustering import (
    Sums,
    choose_start,
    distances_to,
    has_clusters,
    lloyd,
    step_sums,
    sums_over,
)
from tests.support.effort import examples

SIZE = 32


def points(seed: int, users: int = 600) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 1, (4, SIZE))
    noise = rng.normal(0, 0.6, (users, SIZE))
    return (centres[rng.integers(0, 4, users)] + noise).astype(np.float32)


@given(seed=st.integers(0, 2**32 - 1), cuts=st.lists(st.integers(1, 599), max_size=5))
@settings(max_examples=examples(40), deadline=None)
def test_sums_of_parts_merge_into_those_of_the_whole(seed, cuts):
    whole = points(seed)
    centres = whole[:4].astype(float)
    merged = reduce(
        Sums.merged, (step_sums(p, centres) for p in np.split(whole, sorted(cuts)))
    )
    straight = step_sums(whole, centres)
    assert merged.counts.tolist() == straight.counts.tolist()
    np.testing.assert_allclose(merged.totals, straight.totals, atol=1e-2)
    np.testing.assert_allclose(merged.inertia, straight.inertia, rtol=1e-5)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=examples(15), deadline=None)
def test_in_chunks_it_ends_where_scikit_learn_does(seed):
    users = points(seed)
    start = users[:4].astype(float)
    ours = lloyd(
        lambda now: sums_over(np.array_split(users, 7), now), start, step=lambda: None
    )
    theirs = KMeans(4, init=users[:4], n_init=1, tol=1e-9, max_iter=50).fit(users)
    inertia = step_sums(users, ours).inertia
    assert inertia <= theirs.inertia_ * 1.001


def test_it_takes_the_memory_of_a_chunk_and_no_more():
    def scan() -> Iterator[np.ndarray]:
        yield from (points(seed % 4, 5_000) for seed in range(12))

    start = points(1)[:4].astype(float)
    # what numpy loads at first use is not counted
    sums_over([points(1)], start)
    tracemalloc.start()
    try:
        lloyd(lambda now: sums_over(scan(), now), start, step=lambda: None)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    chunk_bytes = 5_000 * SIZE * 4
    # numbers are drawn in doubles
    assert peak < 10 * chunk_bytes


def test_a_centre_that_nobody_is_near_to_stays():
    users = points(1)
    start = np.vstack([users[:3], np.full((1, SIZE), 1e3)]).astype(float)
    ours = lloyd(lambda now: step_sums(users, now), start, step=lambda: None)
    np.testing.assert_array_equal(ours[3], start[3])


def test_the_same_seed_starts_the_same():
    one, other = (choose_start(points(1), None, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_centres_that_fit_as_well_stay_what_they_were():
    users = points(1)
    warm = choose_start(users, None, seed=3)
    np.testing.assert_allclose(choose_start(users, warm, seed=99), warm, atol=1e-5)


def test_centres_that_fit_badly_are_given_up():
    users = points(1)
    bad = np.vstack([users.mean(0) + 1e-3 * users[i] for i in range(3)] + [users[0]])
    inertia = step_sums(users, choose_start(users, bad, seed=3)).inertia
    assert inertia < 1.05 * step_sums(users, choose_start(users, None, seed=3)).inertia


def test_distances_are_those_of_the_textbook():
    users, centres = points(1), points(2)[:4].astype(float)
    expected = np.sqrt(((users[:, None].astype(float) - centres[None]) ** 2).sum(2))
    np.testing.assert_allclose(distances_to(users, centres), expected, atol=1e-4)


def test_users_who_are_all_the_same_have_no_clusters():
    assert not has_clusters(np.ones((500, SIZE), np.float32))
    assert not has_clusters(np.repeat(points(1)[:3], 100, axis=0))
    assert has_clusters(np.repeat(points(1)[:4], 100, axis=0))
