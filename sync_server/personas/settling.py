"""Which persona a user has tonight, given the centres and last night's persona.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sync_server.personas.chunk import NOBODY, Bools, Codes, Floats, Reals
from sync_server.personas.clustering import distances_to

__all__ = ["HABIT", "Settled", "margins", "settle"]

#: How far beyond the border a user must be to change persona: 0 is the border, 1 as far
#: beyond as the other persona's centre lies.
HABIT = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Personas (n,), confidences (n,), and who was held back (n,).

    A confidence is 1/2 at the border to the persona that the user is next likely to have, 1 at
    the centre, less than 1/2 where a user beyond the border was held back."""

    codes: Codes
    confidences: Floats
    held: Bools


def settle(scaled: Floats, centres: Reals, previous: Codes) -> Settled:
    """Give each of the scaled users (n, 32) a persona; ``centres`` are in their order.

    The nearest centre's, unless a user who has another one lies too near to the border:
    noise would carry such a user over and back again every night.
    """
    distances = distances_to(scaled, centres)
    nearest = distances.argmin(axis=1).astype(np.int8)
    before = np.where(previous == NOBODY, nearest, previous)
    to_nearest = margins(distances, centres, before)[np.arange(len(nearest)), nearest]
    held = (before != nearest) & (to_nearest > -HABIT)
    codes = np.where(held, before, nearest).astype(np.int8)
    least = margins(distances, centres, codes).min(axis=1)
    return Settled(codes, np.clip((1 + least) / 2, 0, 1), held)


def margins(distances: Floats, centres: Reals, own: Codes) -> Floats:
    """Return how far (n, k) users are on their own side of each border.

    1 at the own centre, 0 at the border, -1 at the other centre; infinite for the own
    persona.  Squares of distances are compared, so that what a user has in no relation to
    either centre cancels out.
    """
    apart = ((centres[:, None] - centres[None]) ** 2).sum(axis=2)
    scale = np.maximum(apart, 1e-9).astype(np.float32)[own]
    squares = distances**2
    rows = np.arange(len(own))
    found: Floats = (squares - squares[rows, own][:, None]) / scale
    found[rows, own] = np.inf
    return found
