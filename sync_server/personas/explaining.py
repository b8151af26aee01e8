"""Why a user has a persona, and who is alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from psycopg import Connection

from client_sdk.contracts.codec import format_timestamp
from client_sdk.contracts.tutorial import DEFAULT_PERSONA
from sync_server.db.queries import load_queries
from sync_server.personas.chunk import NOBODY, Floats, Reals
from sync_server.personas.clustering import distances_to
from sync_server.personas.features import FEATURES
from sync_server.personas.model import Model
from sync_server.personas.naming import NAMES
from sync_server.personas.rules import codes_by_rule, is_thin
from sync_server.personas.scaling import logarithms
from sync_server.personas.settling import HABIT, settle
from sync_server.personas.versions import Versions

__all__ = ["Neighbour", "explanation", "neighbours"]

#: Features that are told.
_FEATURES_TOLD = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Somebody alike; the distance is that of the embeddings."""

    user_id: UUID
    persona: str
    distance: float


def neighbours(
    connection: Connection[Any], user_id: UUID, *, count: int
) -> list[Neighbour] | None:
    """Return the users nearest to the person of a user id; None if it has no embedding."""
    queries = load_queries("sync_server.personas")
    row = queries.row_of(connection, user_id=user_id)
    if row is None:
        return None
    rows = queries.nearest(connection, user_id=row[0], count=count)
    return [
        Neighbour(user_id=other, persona=persona, distance=distance)
        for other, persona, distance in rows
    ]


def explanation(connection: Connection[Any], user_id: UUID) -> Iterator[str]:
    """Yield what is served of the person, and how it compares now, line by line."""
    queries = load_queries("sync_server.personas")
    row = queries.row_of(connection, user_id=user_id)
    if row is None:
        yield f"served: {DEFAULT_PERSONA}, because no refit has seen the user"
    else:
        _, persona, confidence, source, at, version = row
        yield f"served: {persona}, confidence {confidence:.2f}, {_WORDS[source]}"
        yield f"since: {format_timestamp(at)}, version {version}"
    values = queries.features_of(connection, user_id=user_id)
    if values is None:
        yield "features: none, the user has done nothing that was counted"
        return
    features = np.array([values], np.float32)
    served = Versions().served(connection)
    if served is None or served.model is None or is_thin(features)[0]:
        name = NAMES[codes_by_rule(features)[0]]
        reason = "little data" if is_thin(features)[0] else "there is no model"
        yield f"now: {name}, by rule ({reason})"
        yield from _features_by_name(features[0])
        return
    yield from _compared(features, served.model)


_WORDS = {
    "model": "found by the model",
    "held": "kept: the model says another one, but the user is near the border",
    "rule": "by rule, for want of data",
}


def _compared(features: Floats, model: Model) -> Iterator[str]:
    scaled = model.scaling.apply(logarithms(features))
    found = settle(scaled, model.centres, np.array([NOBODY], np.int8))
    own = int(found.codes[0])
    distances = distances_to(scaled, model.centres)[0]
    yield f"now: {NAMES[own]}, confidence {found.confidences[0]:.2f}"
    yield "distances: " + ", ".join(
        f"{name} {distance:.2f}"
        for name, distance in zip(NAMES, distances, strict=True)
    )
    other = int(np.argsort(distances)[1])
    yield f"a user changes persona when {HABIT:.0%} of the way beyond the border"
    yield f"for {NAMES[own]} rather than {NAMES[other]} speak most:"
    yield from _reasons(features[0], scaled[0], model, own, other)


def _reasons(
    features: Floats, scaled: Floats, model: Model, own: int, other: int
) -> Iterator[str]:
    gains = (scaled - model.centres[other]) ** 2 - (scaled - model.centres[own]) ** 2
    typical: Reals = model.typical()
    for place in np.argsort(-gains)[:_FEATURES_TOLD]:
        feature = FEATURES[place]
        yield (
            f"   {feature.name}: {features[place]:,.4g} {feature.unit} (typical "
            f"{NAMES[own]} {typical[own, place]:,.4g}, {NAMES[other]} "
            f"{typical[other, place]:,.4g})"
        )


def _features_by_name(features: Floats) -> Iterator[str]:
    for feature, value in zip(FEATURES, features, strict=True):
        if value:
            yield f"   {feature.name}: {value:,.4g} {feature.unit}"
