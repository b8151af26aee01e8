"""Features on one scale: logarithms, standardised, clipped.  Pure.

Counts of what people do are spread over powers of ten, so that without the logarithm a
few heavy users would stretch every axis and the rest would lie in one heap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sync_server.personas.chunk import Bools, Floats, Reals

__all__ = ["CLIP", "Moments", "Scaling", "is_sound", "logarithms"]

#: Standard deviations beyond which a user counts as no farther away.
CLIP = 3.0
#: Least standard deviation of a logarithm: what varies by less than a twentieth over the
#: population is not stretched until it matters as much as the rest.
_LEAST_DEVIATION = 0.05


def is_sound(features: Floats) -> Bools:
    """Tell for each row of (n, 32) raw features whether all are finite and none negative."""
    fits: Bools = np.isfinite(features) & (features >= 0)
    return np.asarray(fits.all(axis=1))


def logarithms(features: Floats) -> Floats:
    """Return ``log(1 + x)`` of raw features."""
    return np.log1p(features)


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Count, mean (32,) and sum of squared deviations (32,) of logarithms.

    Those of parts merge into those of the whole (Chan, Golub, LeVeque 1979), so that a
    population may come in chunks and from several workers.
    """

    count: int
    mean: Reals
    squares: Reals

    @classmethod
    def of(cls, logs: Floats) -> Moments:
        """Return those of one chunk (n, 32); n may be 0."""
        if not len(logs):
            zeros = np.zeros(logs.shape[1])
            return cls(0, zeros, zeros)
        mean = logs.mean(axis=0, dtype=np.float64)
        centred = logs - mean.astype(np.float32)
        squares = np.einsum("ij,ij->j", centred, centred, dtype=np.float64)
        return cls(len(logs), mean, squares)

    def merged(self, other: Moments) -> Moments:
        """Return those of both together."""
        count = self.count + other.count
        if not count:
            return self
        apart = other.mean - self.mean
        weight = other.count / count
        return Moments(
            count,
            self.mean + apart * weight,
            self.squares + other.squares + apart**2 * (self.count * weight),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Mean and deviation (32,) of the logarithms that a model was fitted to."""

    mean: Reals
    deviation: Reals

    @classmethod
    def of(cls, moments: Moments) -> Scaling:
        """Return the scaling of a population; a constant feature becomes 0 everywhere."""
        variance = moments.squares / max(moments.count, 1)
        return cls(moments.mean, np.maximum(np.sqrt(variance), _LEAST_DEVIATION))

    def apply(self, logs: Floats) -> Floats:
        """Return (n, 32) logarithms standardised and clipped to +-CLIP."""
        scaled = logs - self.mean.astype(np.float32)
        scaled /= self.deviation.astype(np.float32)
        return np.clip(scaled, -CLIP, CLIP, out=scaled)

    def moved(self, centres: Reals, to: Scaling) -> Reals:
        """Return centres (k, 32) of this scaling in another one."""
        logs = centres * self.deviation + self.mean
        moved: Reals = np.clip((logs - to.mean) / to.deviation, -CLIP, CLIP)
        return moved

    def raw(self, centres: Reals) -> Reals:
        """Return centres (k, 32) in the units of the features."""
        raw: Reals = np.maximum(np.expm1(centres * self.deviation + self.mean), 0.0)
        return raw
