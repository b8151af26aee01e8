"""What somebody learns from embeddings: of features, without and with leaked pairs.

The attacker has embeddings, and knows how the features of all users are spread (means
and covariances, say from a product like ours).  Leaked pairs are users whose scaled
features the attacker knows as well.  What is measured is the share of the variance of
the features that the attacker's best guess explains: 1 is everything, 0 nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["explained", "guess_by_pairs", "guess_by_spread"]

Points = NDArray[np.float64]


def explained(guess: Points, features: Points) -> float:
    """Return the share of the variance of ``features`` (n, 32) that a guess explains."""
    error = ((guess - features) ** 2).sum()
    return float(1 - error / ((features - features.mean(axis=0)) ** 2).sum())


def guess_by_pairs(
    embeddings: Points, known_embeddings: Points, known_features: Points
) -> Points:
    """Guess from leaked pairs: the orthogonal matrix that fits them best (Procrustes).

    Directions that no pair shows are guessed to be 0.
    """
    left, sizes, right = np.linalg.svd(known_embeddings.T @ known_features)
    shown = sizes > 1e-6 * sizes[0]
    matrix: Points = left[:, shown] @ right[shown]
    return embeddings @ matrix


def guess_by_spread(embeddings: Points, others: Points) -> Points:
    """Guess without any pair, from the spread of other users' scaled features.

    A rotation turns the axes of the spread and keeps their lengths, so that axes are
    matched by length, and each is flipped so that it is skewed as the other users' is.
    """
    ours, theirs = _axes(embeddings), _axes(others)
    centred = embeddings - embeddings.mean(axis=0)
    guess: Points = others.mean(axis=0) + centred @ ours @ theirs.T
    return guess


def _axes(points: Points) -> Points:
    """Return the axes (32, 32) of a cloud, each pointing where its tail is longer."""
    centred = points - points.mean(axis=0)
    axes = np.linalg.eigh(centred.T @ centred)[1]
    skew = ((centred @ axes) ** 3).sum(axis=0)
    turned: Points = axes * np.where(skew == 0, 1, np.sign(skew))
    return turned
