"""How long proofs by search go on: a moment in ``make test``, long in ``make soak``."""

import os

__all__ = ["examples"]


def examples(short: int) -> int:
    """Return how many examples to try: ``short``, times ``KAZI_EFFORT`` (1)."""
    return short * int(os.environ.get("KAZI_EFFORT", "1"))
