"""Crowds and fits of made-up users."""

from __future__ import annotations

from collections.abc import Iterable

from sync_server.personas.chunk import Chunk, Codes
from sync_server.personas.crowd import Crowd
from sync_server.personas.fitting import Fit, fit
from sync_server.personas.model import Model
from sync_server.personas.scaling import logarithms
from sync_server.personas.settling import Settled, settle
from tests.support.populations import Population

__all__ = ["crowd_of", "fit_of", "settled"]


def crowd_of(chunks: Iterable[Chunk], **options: int) -> Crowd:
    """Return a crowd of all the chunks."""
    crowd = Crowd(**options)
    for chunk in chunks:
        crowd.add(chunk)
    return crowd


def fit_of(
    users: Population,
    before: Model | None = None,
    *,
    previous: Codes | None = None,
    seed: int = 1,
) -> Fit:
    """Return the fit of a night."""
    return fit(crowd_of(users.chunks(previous)), before, seed=seed)


def settled(users: Population, model: Model, previous: Codes) -> Settled:
    """Return the personas of a night, whoever has little data."""
    scaled = model.scaling.apply(logarithms(users.features))
    return settle(scaled, model.centres, previous)
