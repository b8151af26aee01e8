"""Fits of made-up populations whose personas are known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from sync_server.personas import fitting
from sync_server.personas.chunk import NOBODY, Chunk
from sync_server.personas.fitting import NoModelError, fit
from sync_server.personas.model import Model
from sync_server.personas.naming import NAMES, name_centres
from sync_server.personas.quality import Gates
from sync_server.personas.scaling import Moments, Scaling, logarithms
from tests.support.populations import TYPICAL, Population, population
from tests.sync_server.personas.crowds import crowd_of, fit_of, settled

#: How far night differs from night: three tenths of what a user did lately is new.
UNREST = 0.3


def nobody(users: Population) -> np.ndarray:
    return np.full(len(users), NOBODY, np.int8)


def codes(users: Population, model: Model) -> np.ndarray:
    return settled(users, model, nobody(users)).codes


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("separation", "spread"), [(1.0, 0.35), (0.8, 0.6)])
def test_personas_that_are_apart_are_found(seed, separation, spread):
    users = population(
        4_000, np.random.default_rng(seed), separation=separation, spread=spread
    )
    found = fit_of(users, seed=seed)
    labels = codes(users, found.model)
    assert adjusted_rand_score(users.truth, labels) >= 0.95
    assert (labels == users.truth).mean() >= 0.97
    assert Gates().faults(found.metrics) == ()


def test_names_are_right_in_100_of_100_shuffled_refits():
    rng = np.random.default_rng(5)
    users = population(2_000, rng, separation=0.7, spread=0.6)
    right = 0
    for seed in range(100):
        night = users.only(rng.permutation(len(users))[:1_500])
        labels = codes(night, fit_of(night, seed=seed).model)
        # the name of most users of every persona
        most = [np.bincount(labels[night.truth == c]).argmax() for c in range(4)]
        right += most == [0, 1, 2, 3]
    assert right == 100


@pytest.mark.parametrize("separation", [0.5, 0.4, 0.3])
def test_with_overlap_a_third_of_plain_refittings_changes_at_most(separation):
    rng = np.random.default_rng(7)
    night = population(2_000, rng, separation=separation, spread=1.0)
    model = fit_of(night).model
    ours = plain = codes(night, model)
    changes, plain_changes = 0, 0
    for number in range(6):
        night = night.next_night(rng, unrest=UNREST)
        model = fit_of(night, model, previous=ours, seed=number).model
        tonight = settled(night, model, ours).codes
        refitted = _refitted_plainly(night, seed=number)
        changes += int((tonight != ours).sum())
        plain_changes += int((refitted != plain).sum())
        ours, plain = tonight, refitted
    assert plain_changes > 100
    assert changes <= plain_changes / 3
    # and not by ignoring who they are
    assert (ours == night.truth).mean() >= (plain == night.truth).mean() - 0.01


def _refitted_plainly(users: Population, *, seed: int) -> np.ndarray:
    """KMeans anew, named as we name; without yesterday's centres and personas."""
    logs = logarithms(users.features)
    scaled = Scaling.of(Moments.of(logs)).apply(logs)
    with threadpool_limits(1):
        found = KMeans(4, n_init=10, random_state=seed).fit(scaled)
    naming = name_centres(found.cluster_centers_.astype(float))
    names = np.empty(4, np.int8)
    names[naming.clusters] = np.arange(4)
    codes_found: np.ndarray = names[found.labels_]
    return codes_found


def test_a_user_who_became_another_one_is_told_so_the_same_night():
    rng = np.random.default_rng(8)
    users = population(4_000, rng, separation=0.8, spread=0.6)
    model = fit_of(users).model
    before = codes(users, model)
    became = rng.random(len(users)) < 0.05
    users.truth[became] = (users.truth[became] + 1) % 4
    night = users.next_night(rng, unrest=UNREST)
    model = fit_of(night, model, previous=before).model
    tonight = settled(night, model, before).codes
    assert (tonight == night.truth)[became].mean() >= 0.95


def test_the_same_crowd_and_seed_give_the_same_model_in_any_order():
    users = population(3_000, np.random.default_rng(9), separation=0.6, spread=0.7)
    shuffled = users.only(np.random.default_rng(1).permutation(len(users)))
    one, other = fit_of(users, seed=4), fit_of(shuffled, seed=4)
    np.testing.assert_allclose(one.model.centres, other.model.centres, atol=1e-6)
    again = fit_of(users, seed=4)
    np.testing.assert_array_equal(one.model.centres, again.model.centres)
    assert one.metrics == again.metrics


def test_beyond_the_sample_everybody_counts(monkeypatch):
    users = population(8_000, np.random.default_rng(10), separation=0.6, spread=0.7)
    whole = fit_of(users)
    monkeypatch.setattr(fitting, "SAMPLE_USERS", 1_000)
    with crowd_of(users.chunks(size=900), memory_bytes=200_000) as crowd:
        streamed = fit(crowd, seed=1)
    assert len(streamed.sample) < 1_300
    np.testing.assert_allclose(streamed.model.centres, whole.model.centres, atol=0.02)


def test_thirty_nights_keep_every_name():
    rng = np.random.default_rng(11)
    night = population(1_500, rng, separation=0.7, spread=0.7)
    first = fit_of(night)
    model, before = first.model, codes(night, first.model)
    for number in range(30):
        night = night.next_night(rng, unrest=UNREST)
        found = fit_of(night, model, previous=before, seed=number)
        assert Gates().faults(found.metrics) == ()
        model = found.model
        before = settled(night, model, before).codes
        assert (before == night.truth).mean() > 0.95


def test_the_typical_user_of_a_persona_is_told_in_its_own_units():
    users = population(6_000, np.random.default_rng(12), spread=0.2)
    typical = fit_of(users).model.typical()
    calls = list(TYPICAL).index("ai_calls_per_active_day")
    np.testing.assert_allclose(
        typical[NAMES.index("ai-power"), calls],
        TYPICAL["ai_calls_per_active_day"][3],
        rtol=0.1,
    )


def test_what_nobody_of_a_persona_does_is_told_as_nothing():
    """Not as the billionth that rounding leaves, of either sign."""
    users = population(6_000, np.random.default_rng(12), spread=0.2)
    idle = [list(TYPICAL).index(name) for name in ("invites_sent", "pm_feature_uses")]
    users.features[np.ix_(users.truth != NAMES.index("team-manager"), idle)] = 0
    typical = fit_of(users).model.typical()
    told = {f"{value:.3g}" for value in np.delete(typical, 2, axis=0)[:, idle].ravel()}
    assert told == {"0"}


# nights that went wrong


def yesterday() -> tuple[Population, Model, np.ndarray, int]:
    users = population(3_000, np.random.default_rng(13), separation=0.8, spread=0.6)
    found = fit_of(users)
    return users, found.model, codes(users, found.model), found.metrics.users


def faults(users: Population, features: np.ndarray) -> tuple[str, ...]:
    _, model, before, count = yesterday()
    chunk = Chunk(users.ids, before, features)
    found = fit(crowd_of([chunk]), model, seed=2, users_before=count)
    return Gates().faults(found.metrics)


def test_a_user_with_ten_times_as_much_of_everything_changes_nothing():
    users, model, before, _ = yesterday()
    features = users.features.copy()
    features[17] *= 10
    assert faults(users, features) == ()
    found = fit(crowd_of([Chunk(users.ids, before, features)]), model, seed=2)
    assert found.metrics.changed_share == pytest.approx(0, abs=0.002)


def test_ten_times_as_much_of_everybody_is_held_back():
    users = yesterday()[0]
    (fault,) = faults(users, users.features * 10)
    assert "standard deviations a feature" in fault


def test_half_of_the_users_new_is_served():
    users, model, before, count = yesterday()
    others = population(1_500, np.random.default_rng(14), separation=0.8, spread=0.6)
    chunks = [
        *users.only(np.arange(1_500)).chunks(before[:1_500]),
        *others.chunks(),
    ]
    found = fit(crowd_of(chunks), model, seed=2, users_before=count)
    assert Gates().faults(found.metrics) == ()
    assert found.metrics.changed_share == pytest.approx(0, abs=0.01)
    assert (codes(others, found.model) == others.truth).mean() > 0.97


def test_most_users_gone_is_held_back():
    users, model, before, count = yesterday()
    left = users.only(np.arange(1_000)).chunks(before[:1_000])
    found = fit(crowd_of(left), model, seed=2, users_before=count)
    assert any("users" in fault for fault in Gates().faults(found.metrics))


def test_noise_without_personas_is_held_back():
    rng = np.random.default_rng(15)
    features = rng.lognormal(2, 0.5, (3_000, 32)).astype(np.float32)
    features[:, 2] = 20
    users = population(3_000, rng)
    found = fit(crowd_of([Chunk(users.ids, nobody(users), features)]), seed=1)
    assert any("do not come back" in fault for fault in Gates().faults(found.metrics))


def test_many_bad_rows_are_held_back_and_one_is_not():
    users = yesterday()[0]
    features = users.features.copy()
    features[0, 0] = np.nan
    assert faults(users, features) == ()
    features[:300, 0] = np.nan
    (fault,) = faults(users, features)
    assert "300 of 3,000 rows" in fault


# too little to cluster


@pytest.mark.parametrize("count", [0, 1, 3, 99])
def test_a_few_users_make_no_model(count):
    users = population(1_000, np.random.default_rng(16)).only(np.arange(count))
    with pytest.raises(NoModelError, match="100 are needed"):
        fit_of(users)


def test_users_who_are_all_the_same_make_no_model():
    users = population(500, np.random.default_rng(17))
    features = np.repeat(users.features[users.truth == 3][:1], 500, axis=0)
    with pytest.raises(NoModelError, match="four different"):
        fit(crowd_of([Chunk(users.ids, nobody(users), features)]), seed=1)


def test_features_that_are_the_same_for_all_are_no_trouble():
    users = population(2_000, np.random.default_rng(18), spread=0.4)
    features = users.features.copy()
    features[:, [1, 5, 8, 31]] = 3.0
    found = fit(crowd_of([Chunk(users.ids, nobody(users), features)]), seed=1)
    assert Gates().faults(found.metrics) == ()
    assert np.isfinite(found.model.centres).all()
