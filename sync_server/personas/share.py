"""The users of a refit in one process: all of them, or the share of one of several workers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np
from threadpoolctl import threadpool_limits

from sync_server.db.pool import connect
from sync_server.personas.chunk import Floats, Reals
from sync_server.personas.clustering import Sums
from sync_server.personas.crowd import Crowd, Part
from sync_server.personas.gathered import Counts, Sample, Tally
from sync_server.personas.model import Model
from sync_server.personas.rotation import Rotation
from sync_server.personas.rows import SOURCES, Rows, add_rows, read_chunks
from sync_server.personas.rules import (
    RULE_CONFIDENCE,
    THIN_CODE,
    THIN_CONFIDENCE,
    codes_by_rule,
)
from sync_server.personas.scaling import Scaling
from sync_server.personas.settling import settle
from sync_server.personas.users import Tick

__all__ = ["Share"]

_MODEL, _HELD, _RULE = (np.int8(SOURCES.index(s)) for s in ("model", "held", "rule"))


def _no_tick(_done: int) -> None:
    """Nobody looks."""


class Share:
    """Reads its users once, answers what a fit asks of them, and writes their personas.

    It is the ``part``-th of ``of``; the hash of the id decides whose users are whose.
    """

    def __init__(
        self, url: str, rotation: Rotation, part: int = 0, of: int = 1
    ) -> None:
        self._url = url
        self._rotation = rotation
        self._part = part
        self._of = of
        self._crowd = Crowd()

    def close(self) -> None:
        """Let the users go."""
        self._crowd.close()

    def read(self, tick: Tick = _no_tick) -> None:
        """Read the users."""
        with connect(self._url) as connection:
            for chunk in read_chunks(connection, part=self._part, of=self._of):
                self._crowd.add(chunk)
                tick(self._crowd.users)

    def counts(self) -> Counts:
        """Return how many users there are, and the moments of their logarithms."""
        return self._crowd.counts()

    def sample(self, share: float, scaling: Scaling, *, seed: int) -> Sample:
        """Return about that share of the users with enough data, by their ids."""
        return self._crowd.sample(share, scaling, seed=seed)

    def sums(self, scaling: Scaling, centres: Reals) -> Sums:
        """Return what a step of Lloyd needs of the users with enough data."""
        with threadpool_limits(1):
            return self._crowd.sums(scaling, centres)

    def tally(self, model: Model) -> Tally:
        """Return what becomes of the users with enough data."""
        return self._crowd.tally(model)

    def write(
        self,
        model: Model | None,
        scaling: Scaling,
        *,
        version: int,
        at: datetime,
        tick: Tick = _no_tick,
    ) -> None:
        """Add the personas to those that are to be served, by rule without a model.

        ``scaling`` is for the embeddings.
        """
        with connect(self._url) as connection:
            blocks = self._blocks(model, scaling, tick)
            add_rows(connection, blocks, version=version, at=at)

    def _blocks(
        self, model: Model | None, scaling: Scaling, tick: Tick
    ) -> Iterator[Rows]:
        done = 0
        for part in self._crowd:
            scaled = scaling.apply(part.logs)
            yield self._rows(part, scaled, model)
            done += len(part)
            tick(done)

    def _rows(self, part: Part, scaled: Floats, model: Model | None) -> Rows:
        embeddings = self._rotation.embed(scaled)
        if model is None:
            codes = codes_by_rule(np.expm1(part.logs))
            confidences = np.where(part.thin, THIN_CONFIDENCE, RULE_CONFIDENCE)
            sources = np.full(len(part), _RULE, np.int8)
            return Rows(part.ids, codes, sources, confidences, embeddings)
        settled = settle(scaled, model.centres, part.previous)
        return Rows(
            part.ids,
            np.where(part.thin, THIN_CODE, settled.codes),
            np.where(part.thin, _RULE, np.where(settled.held, _HELD, _MODEL)),
            np.where(part.thin, THIN_CONFIDENCE, settled.confidences),
            embeddings,
        )
