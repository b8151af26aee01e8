"""All users of a refit, in memory or in a file."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from sync_server.personas.chunk import Chunk
from sync_server.personas.clustering import Sums
from sync_server.personas.crowd import Crowd
from sync_server.personas.gathered import Counts, Sample, Tally
from sync_server.personas.naming import PLACES
from sync_server.personas.scaling import Moments, Scaling
from tests.support.populations import population
from tests.sync_server.personas.crowds import crowd_of, fit_of

USERS = population(5_000, np.random.default_rng(1))


def columns(crowd: Crowd) -> list[np.ndarray]:
    parts = list(crowd)
    names = ("ids", "previous", "thin", "logs")
    return [np.concatenate([getattr(p, name) for p in parts]) for name in names]


@pytest.mark.parametrize("memory_bytes", [0, 300_000])
def test_what_does_not_fit_into_memory_comes_back_from_the_file(memory_bytes):
    previous = np.arange(5_000).astype(np.int8) % 5 - 1
    chunks = USERS.chunks(previous, size=700)
    with (
        crowd_of(chunks) as whole,
        crowd_of(chunks, memory_bytes=memory_bytes) as filed,
    ):
        for _ in range(2):
            for ours, theirs in zip(columns(whole), columns(filed), strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_a_row_that_cannot_be_is_left_out_and_counted():
    features = USERS.features[:4].copy()
    features[1, 5] = np.nan
    features[2, 7] = -1
    crowd = crowd_of([Chunk(USERS.ids[:4], np.zeros(4, np.int8), features)])
    assert (crowd.users, crowd.refused) == (2, 2)
    np.testing.assert_array_equal(columns(crowd)[0], USERS.ids[[0, 3]])


def test_only_bad_rows_leave_an_empty_crowd():
    features = np.full((3, 32), np.nan, np.float32)
    crowd = crowd_of([Chunk(USERS.ids[:3], np.zeros(3, np.int8), features)])
    assert (crowd.users, crowd.refused, list(crowd)) == (0, 3, [])


def test_users_with_little_data_are_kept_and_shape_no_scaling():
    features = USERS.features[:100].copy()
    features[:40, PLACES["active_days"]] = 1
    crowd = crowd_of([Chunk(USERS.ids[:100], np.zeros(100, np.int8), features)])
    assert crowd.users == 100
    assert crowd.thin >= 40
    assert crowd.moments.count == 100 - crowd.thin


def test_the_sample_is_the_same_in_whatever_order_the_rows_come():
    order = np.random.default_rng(2).permutation(len(USERS))
    scaling = Scaling.of(Moments.of(np.log1p(USERS.features)))
    shuffled = crowd_of(USERS.only(order).chunks(size=333))
    one, other = (
        crowd.sample(0.2, scaling, seed=7).in_order()
        for crowd in (crowd_of(USERS.chunks()), shuffled)
    )
    np.testing.assert_array_equal(one, other)
    # a fifth of those with enough data
    assert 800 < len(one) < 1_000


def test_another_seed_draws_others():
    crowd = crowd_of(USERS.chunks())
    scaling = Scaling.of(crowd.moments)
    one, other = (crowd.sample(0.2, scaling, seed=seed).rows for seed in (1, 2))
    assert len(set(map(bytes, one)) & set(map(bytes, other))) < 350


def test_a_sample_may_be_everybody():
    crowd = crowd_of(USERS.chunks())
    sample = crowd.sample(1.0, Scaling.of(crowd.moments), seed=1)
    assert len(sample.rows) == crowd.users - crowd.thin


def test_what_parts_of_a_crowd_answer_merges_into_the_answer_of_the_whole():
    model = fit_of(USERS).model
    chunks = USERS.chunks(USERS.truth, size=700)
    whole, *parts = (crowd_of(some) for some in (chunks, chunks[:3], chunks[3:], []))
    counts = reduce(Counts.merged, (part.counts() for part in parts), Counts.nothing())
    assert (counts.users, counts.thin) == (whole.users, whole.thin)
    np.testing.assert_allclose(counts.moments.mean, whole.moments.mean)
    sums = reduce(
        Sums.merged, (part.sums(model.scaling, model.centres) for part in parts)
    )
    assert (
        sums.counts.tolist() == whole.sums(model.scaling, model.centres).counts.tolist()
    )
    tally = reduce(Tally.merged, (part.tally(model) for part in parts), Tally.nothing())
    for name in ("compared", "changed", "held"):
        assert getattr(tally, name) == getattr(whole.tally(model), name)
    samples = (part.sample(0.3, model.scaling, seed=5) for part in parts)
    np.testing.assert_array_equal(
        reduce(Sample.merged, samples).in_order(),
        whole.sample(0.3, model.scaling, seed=5).in_order(),
    )
