"""What a fit asks of users, wherever they are: in this process, or shared by several.  Pure.

Every answer merges: those of parts make that of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sync_server.personas.chunk import Floats, Reals
from sync_server.personas.clustering import CLUSTERS, Sums
from sync_server.personas.features import FEATURES
from sync_server.personas.model import Model
from sync_server.personas.scaling import Moments, Scaling

__all__ = ["Counts", "Gathered", "Sample", "Tally"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """Users, those of them with little data, refused rows; moments of the others."""

    users: int
    thin: int
    refused: int
    moments: Moments

    @classmethod
    def nothing(cls) -> Counts:
        """Return those of nobody."""
        moments = Moments.of(np.zeros((0, len(FEATURES)), np.float32))
        return cls(users=0, thin=0, refused=0, moments=moments)

    def merged(self, other: Counts) -> Counts:
        """Return those of both together."""
        return Counts(
            users=self.users + other.users,
            thin=self.thin + other.thin,
            refused=self.refused + other.refused,
            moments=self.moments.merged(other.moments),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Scaled features (m, 32) of some users, and the numbers (m,) that drew them."""

    rows: Floats
    draws: Reals

    def merged(self, other: Sample) -> Sample:
        """Return those of both together."""
        return Sample(
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.draws, other.draws]),
        )

    def in_order(self) -> Floats:
        """Return the rows in the order of their draws: the same wherever they were."""
        return self.rows[self.draws.argsort(kind="stable")]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """What becomes of users with a model: how many have each persona (k,), how many had one
    before and how many of those change, how many are held near a border.
    """

    sizes: NDArray[np.int64]
    compared: int
    changed: int
    held: int

    @classmethod
    def nothing(cls) -> Tally:
        """Return that of nobody."""
        return cls(sizes=np.zeros(CLUSTERS, np.int64), compared=0, changed=0, held=0)

    def merged(self, other: Tally) -> Tally:
        """Return that of both together."""
        return Tally(
            sizes=self.sizes + other.sizes,
            compared=self.compared + other.compared,
            changed=self.changed + other.changed,
            held=self.held + other.held,
        )


class Gathered(Protocol):
    """Users that were read, as a fit needs them."""

    def counts(self) -> Counts:
        """Return how many users there are, and the moments of their logarithms."""

    def sample(self, share: float, scaling: Scaling, *, seed: int) -> Sample:
        """Return about that share of the users with enough data, by their ids."""

    def sums(self, scaling: Scaling, centres: Reals) -> Sums:
        """Return what a step of Lloyd needs of the users with enough data."""

    def tally(self, model: Model) -> Tally:
        """Return what becomes of the users with enough data."""
