"""How long proofs by example go on, in every folder of tests."""

from __future__ import annotations

from hypothesis import settings

from tests.support.effort import examples

# No deadline: a busy machine is no fault of the code.
settings.register_profile(
    "kazi", parent=settings.default, max_examples=examples(40), deadline=None
)
settings.load_profile("kazi")
