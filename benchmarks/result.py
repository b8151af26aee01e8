"""What a benchmark reports: ours, the limit, the peers, and the ratio that is claimed."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

__all__ = ["Measurement", "Result", "interleave", "paired_ratio", "rounds_of"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One thing measured in every round, as it reads in the table."""

    name: str
    rounds: Sequence[float]

    @property
    def median(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table.

    ``ratio`` is ours to the limit, paired round by round; ``bound`` is what it must
    reach: at most that where ``is_upper_bound``, at least that otherwise; None where it
    is only reported.
    """

    what: str
    unit: str
    ours: Measurement
    limit: Measurement
    peers: Sequence[Measurement] = field(default=())
    bound: float | None
    is_upper_bound: bool = True

    @property
    def ratio(self) -> float:
        """Ours to the limit: the median of the rounds' ratios."""
        return paired_ratio(self.ours, self.limit)

    @property
    def is_reached(self) -> bool:
        """Tell whether the ratio keeps its bound."""
        if self.bound is None:
            return True
        if self.is_upper_bound:
            return self.ratio <= self.bound
        return self.ratio >= self.bound


def paired_ratio(one: Measurement, other: Measurement) -> float:
    """Return the median ratio of two measurements of the same rounds.

    Rounds are paired because a shared machine drifts: both sides of a round saw the
    same machine, two medians over all rounds may not have.
    """
    pairs = zip(one.rounds, other.rounds, strict=True)
    return statistics.median(a / b for a, b in pairs)


def interleave(
    cases: dict[str, Callable[[], float]], *, rounds: int
) -> dict[str, Measurement]:
    """Run the cases as :func:`rounds_of` does, and return a measurement of each."""
    found = rounds_of(cases, rounds=rounds)
    return {name: Measurement(name=name, rounds=found[name]) for name in cases}


def rounds_of(
    cases: Mapping[str, Callable[[], T]], *, rounds: int
) -> dict[str, list[T]]:
    """Run every case once a round, the order turned by one each time.

    A round before them is not counted: a server that has just started looks up every user
    and checks every token for the first time.
    """
    names = list(cases)
    for name in names:
        cases[name]()
    found: dict[str, list[T]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            found[name].append(cases[name]())
    return found
