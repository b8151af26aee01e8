"""The hash in plain Python is the compiled one's, bit for bit."""

import subprocess
import sys

import xxhash
from hypothesis import given, strategies as st

from client_sdk.contracts.xxh32 import xxh32_intdigest

#: Installs a finder that knows no xxhash, and assigns.
WITHOUT_XXHASH = """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "xxhash":
            raise ImportError(name)
sys.meta_path.insert(0, Finder())
from client_sdk.contracts.assignment import assign_variant
from client_sdk.contracts.experiment import PlannedVariant
arms = [PlannedVariant(id="a", weight=30), PlannedVariant(id="b", weight=70)]
ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(200)]
print(*(assign_variant(one, arms) for one in ids))
assert "xxhash" not in sys.modules
"""


@given(content=st.binary(max_size=100), seed=st.integers(0, 2**32 - 1))
def test_it_is_the_compiled_one(content: bytes, seed: int):
    assert xxh32_intdigest(content, seed) == xxhash.xxh32_intdigest(content, seed)


def test_a_device_without_xxhash_takes_the_same_arms():
    child = subprocess.run(
        [sys.executable, "-c", WITHOUT_XXHASH],
        capture_output=True,
        text=True,
        check=True,
    )
    ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(200)]
    buckets = [xxhash.xxh32_intdigest(one.encode(), 0) % 100 for one in ids]

    assert child.stdout.split() == ["a" if one < 30 else "b" for one in buckets]
