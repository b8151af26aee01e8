"""Assignment as a whole: shares, order, and that it never changes its mind."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given, strategies as st
from xxhash import xxh32_intdigest

from client_sdk.contracts.assignment import assign_variant
from sync_server.tutorials.definition import Variant
from tests.contracts.wire_cases import load_case_file

WEIGHTS = st.lists(st.integers(1, 100), min_size=1, max_size=8)


def variants(weights):
    return [Variant(id=f"v{i}", weight=weight) for i, weight in enumerate(weights)]


def test_the_hash_is_the_one_of_xxhash_wasm():
    for case in load_case_file("assignment")["hashes"]:
        assert xxh32_intdigest(case["userId"].encode(), 0) == case["h32"]


@given(st.text(), WEIGHTS)
def test_it_is_always_the_same_and_one_of_the_variants(user_id, weights):
    known = variants(weights)

    first = assign_variant(user_id, known)

    assert first == assign_variant(user_id, known)
    assert first in {variant.id for variant in known}


@given(st.text(), WEIGHTS)
def test_a_user_beyond_the_weights_gets_the_first_variant(user_id, weights):
    bucket = xxh32_intdigest(user_id.encode(), 0) % 100
    if bucket >= sum(weights):
        assert assign_variant(user_id, variants(weights)) == "v0"


def test_the_shares_are_the_weights():
    """Four standard deviations: 20,000 users, so 0.0014 for a share of 4 %."""
    users = [str(UUID(int=number * 0x9E3779B97F4A7C15)) for number in range(20_000)]
    counts = Counter(assign_variant(u, variants([4, 26, 70])) for u in users)

    for name, share in (("v0", 0.04), ("v1", 0.26), ("v2", 0.70)):
        deviation = (share * (1 - share) / len(users)) ** 0.5
        assert abs(counts[name] / len(users) - share) < 4 * deviation


def test_no_variants_is_an_error():
    with pytest.raises(ValueError, match="at least one variant"):
        assign_variant("user", [])
