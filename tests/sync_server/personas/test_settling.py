"""Which persona a user has tonight."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from sync_server.personas.chunk import NOBODY
from sync_server.personas.features import FEATURES
from sync_server.personas.settling import HABIT, settle
from tests.support.effort import examples

SIZE = len(FEATURES)
CENTRES = np.zeros((4, SIZE))
CENTRES[[1, 2, 3], [0, 1, 2]] = 4.0


def between(place: float) -> np.ndarray:
    """A user at ``place`` on the way from centre 0 (0) to centre 1 (1)."""
    user = np.zeros((1, SIZE), np.float32)
    user[0, 0] = 4.0 * place
    return user


def codes(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int8)


@given(seed=st.integers(0, 2**32 - 1), size=st.integers(0, 50))
@settings(max_examples=examples(100), deadline=None)
def test_whoever_has_no_persona_gets_the_nearest_with_a_confidence(seed, size):
    rng = np.random.default_rng(seed)
    users = rng.normal(0, 3, (size, SIZE)).astype(np.float32)
    found = settle(users, CENTRES, np.full(size, NOBODY, np.int8))
    apart = ((users[:, None] - CENTRES[None]) ** 2).sum(2)
    assert (found.codes == apart.argmin(1)).all()
    assert not found.held.any()
    assert ((found.confidences >= 0.499) & (found.confidences <= 1)).all()


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=examples(100), deadline=None)
def test_a_user_keeps_a_persona_or_gets_the_nearest(seed):
    rng = np.random.default_rng(seed)
    users = rng.normal(0, 3, (50, SIZE)).astype(np.float32)
    previous = rng.integers(-1, 4, 50).astype(np.int8)
    found = settle(users, CENTRES, previous)
    nearest = settle(users, CENTRES, np.full(50, NOBODY, np.int8)).codes
    assert (found.codes == np.where(found.held, previous, nearest)).all()
    assert ((found.confidences >= 0) & (found.confidences <= 1)).all()
    assert (found.confidences[found.held] <= 0.5).all()
    # once settled, nothing moves until the user does
    assert (settle(users, CENTRES, found.codes).codes == found.codes).all()


def test_a_user_at_the_border_stays_and_one_beyond_it_goes():
    past = 0.5 + HABIT / 2
    assert settle(between(past - 0.01), CENTRES, codes(0)).codes == [0]
    assert settle(between(past + 0.01), CENTRES, codes(0)).codes == [1]
    assert settle(between(past - 0.01), CENTRES, codes(NOBODY)).codes == [1]


def test_confidence_is_a_half_at_the_border_and_1_at_the_centre():
    for place, confidence in ((0.0, 1.0), (0.25, 0.75), (0.5, 0.5), (0.75, 0.75)):
        found = settle(between(place), CENTRES, codes(NOBODY)).confidences
        np.testing.assert_allclose(found, confidence, atol=1e-5)


def test_what_has_to_do_with_no_persona_changes_no_confidence():
    user = between(0.25)
    user[0, 30] = 3.0
    found = settle(user, CENTRES, codes(NOBODY)).confidences
    np.testing.assert_allclose(found, 0.75, atol=1e-5)


def test_centres_that_fall_together_are_survived():
    centres = np.zeros((4, SIZE))
    found = settle(between(0.3), centres, codes(2))
    assert found.codes == [2]
    assert np.isfinite(found.confidences).all()
