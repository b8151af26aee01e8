"""All users of one refit, in memory, or beyond what fits there in a file without a name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from sync_server.personas.chunk import NOBODY, Bools, Chunk, Codes, Floats, Ids, Reals
from sync_server.personas.clustering import Sums, sums_over
from sync_server.personas.features import FEATURES
from sync_server.personas.gathered import Counts, Sample, Tally
from sync_server.personas.model import Model
from sync_server.personas.rules import is_thin
from sync_server.personas.scaling import Moments, Scaling, is_sound, logarithms
from sync_server.personas.settling import settle

__all__ = ["MEMORY_BYTES", "Crowd", "Part"]

#: Beyond this, about 1.8 million users, the rest waits on disk.
MEMORY_BYTES = 256 * 1024**2
_SIZE = len(FEATURES)
#: Bytes of a user: id, previous persona, whether there is little data, logarithms.
_USER_BYTES = 16 + 1 + 1 + 4 * _SIZE


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A chunk made ready: logarithms in place of features, and who has little data."""

    ids: Ids
    previous: Codes
    thin: Bools
    logs: Floats

    def __len__(self) -> int:
        return len(self.ids)


class Crowd:
    """Takes users once, chunk by chunk, and hands them out as often as they are wanted.

    The file, in the folder for temporary files, has no name: no other process can open
    it, and it goes with this one, however that ends.
    """

    def __init__(self, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self._memory_bytes = memory_bytes
        self._parts: list[Part] = []
        #: Length of each part in the file.
        self._filed: list[int] = []
        self._file: BinaryIO | None = None
        self._kept = 0
        #: Users taken, and among them those with little data.
        self.users = 0
        self.thin = 0
        #: Rows left out: a feature was negative, infinite or not a number.
        self.refused = 0
        #: Of the logarithms of those with enough data.
        self.moments = Moments.of(np.zeros((0, _SIZE), np.float32))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()

    def add(self, chunk: Chunk) -> None:
        """Take users; a row that is not sound is counted and left out."""
        sound = is_sound(chunk.features)
        self.refused += len(chunk) - int(sound.sum())
        chunk = chunk.only(sound)
        if not len(chunk):
            return
        part = Part(
            chunk.ids,
            chunk.previous,
            is_thin(chunk.features),
            logarithms(chunk.features),
        )
        self.users += len(part)
        self.thin += int(part.thin.sum())
        self.moments = self.moments.merged(Moments.of(_known(part)))
        self._keep(part)

    def __iter__(self) -> Iterator[Part]:
        yield from self._parts
        if self._file is not None:
            self._file.seek(0)
            for length in self._filed:
                yield _read(self._file, length)

    def counts(self) -> Counts:
        """Return how many users there are, and the moments of their logarithms."""
        return Counts(
            users=self.users,
            thin=self.thin,
            refused=self.refused,
            moments=self.moments,
        )

    def sample(self, share: float, scaling: Scaling, *, seed: int) -> Sample:
        """Return about that share of the users with enough data.

        The ids decide who is in it: the same users whatever the order of the rows.
        """
        rows, draws = [np.zeros((0, _SIZE), np.float32)], [np.zeros(0)]
        for part in self:
            drawn = _draws(part.ids, seed)
            chosen = ~part.thin & (drawn < share)
            rows.append(scaling.apply(part.logs[chosen]))
            draws.append(drawn[chosen])
        return Sample(np.concatenate(rows), np.concatenate(draws))

    def sums(self, scaling: Scaling, centres: Reals) -> Sums:
        """Return what a step of Lloyd needs of the users with enough data."""
        scaled = (scaling.apply(_known(part)) for part in self)
        return sums_over(scaled, centres)

    def tally(self, model: Model) -> Tally:
        """Return what becomes of the users with enough data."""
        tallies = (_tally(part, model) for part in self)
        return reduce(Tally.merged, tallies, Tally.nothing())

    def _keep(self, part: Part) -> None:
        self._kept += _USER_BYTES * len(part)
        if self._kept <= self._memory_bytes:
            self._parts.append(part)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="kazi-personas-")  # noqa: SIM115
        for column in (part.ids, part.previous, part.thin, part.logs):
            self._file.write(np.ascontiguousarray(column).data)
        self._filed.append(len(part))


def _tally(part: Part, model: Model) -> Tally:
    previous = part.previous[~part.thin]
    settled = settle(model.scaling.apply(_known(part)), model.centres, previous)
    had = previous != NOBODY
    return Tally(
        sizes=np.bincount(settled.codes, minlength=len(model.centres)),
        compared=int(had.sum()),
        changed=int((settled.codes != previous)[had].sum()),
        held=int(settled.held.sum()),
    )


def _known(part: Part) -> Floats:
    """Return the logarithms of those with enough data."""
    return part.logs[~part.thin] if part.thin.any() else part.logs


def _read(file: BinaryIO, length: int) -> Part:
    data = file.read(_USER_BYTES * length)
    ids, codes, flags = 16 * length, 17 * length, 18 * length
    return Part(
        np.frombuffer(data[:ids], np.uint8).reshape(length, 16),
        np.frombuffer(data[ids:codes], np.int8),
        np.frombuffer(data[codes:flags], np.bool_),
        np.frombuffer(data[flags:], np.float32).reshape(length, _SIZE),
    )


def _draws(ids: Ids, seed: int) -> Reals:
    """Return a number from 0 to 1 for each id, always the same for a seed (SplitMix64)."""
    halves = np.ascontiguousarray(ids).view(np.uint64)
    mixed = halves[:, 0] ^ halves[:, 1] * np.uint64(0x9E3779B97F4A7C15)
    mixed += np.uint64(seed * 0xD1B54A32D192ED03 & 0xFFFFFFFFFFFFFFFF)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ mixed >> np.uint64(shift)) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    draws: Reals = (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return draws
