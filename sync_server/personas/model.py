"""What a fit found: enough to place any user, and to explain it.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sync_server.personas.chunk import Reals
from sync_server.personas.clustering import CLUSTERS
from sync_server.personas.features import FEATURES
from sync_server.personas.scaling import Scaling

__all__ = ["Model"]

#: Digits after the point that a typical user is told with: no unit needs more.
_DIGITS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A scaling, and the scaled centres (4, 32) in the order of the names."""

    scaling: Scaling
    centres: Reals

    @classmethod
    def of(
        cls,
        mean: Sequence[float],
        deviation: Sequence[float],
        centres: Sequence[float],
    ) -> Model:
        """Return the model of three stored lists: 32, 32 and 4 x 32 numbers."""
        shape = (CLUSTERS, len(FEATURES))
        scaling = Scaling(np.array(mean, np.float64), np.array(deviation, np.float64))
        return cls(scaling, np.array(centres, np.float64).reshape(shape))

    def centres_in(self, scaling: Scaling) -> Reals:
        """Return the centres in another scaling, as that of the next night."""
        return self.scaling.moved(self.centres, scaling)

    def typical(self) -> Reals:
        """Return the typical user of each persona (4, 32) in the features' units.

        What rounding leaves of nothing is nothing.
        """
        typical: Reals = np.round(self.scaling.raw(self.centres), _DIGITS) + 0.0
        return typical
