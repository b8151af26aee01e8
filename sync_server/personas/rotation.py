"""The keyed rotation that turns scaled features into an embedding.  Pure.

An orthogonal matrix keeps every distance and every angle, so that neighbours stay
neighbours, and mixes all 32 meanings into each number.  Whoever has neither the key nor
pairs of features and embedding cannot say what a number means; 32 independent pairs
give the matrix away.  docs/personas.md has the measurements.
"""

from __future__ import annotations

import hashlib

import numpy as np
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from scipy.special import ndtri

from sync_server.personas.chunk import Floats, Reals
from sync_server.personas.features import FEATURES

__all__ = ["Rotation"]

_SIZE = len(FEATURES)
#: What the derived key is for (RFC 5869 section 3.2).
_KEY_PURPOSE = b"kazi-tutorial persona rotation"


class Rotation:
    """A random rotation or reflection of 32 dimensions, always the same for one key."""

    def __init__(self, secret: bytes) -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_KEY_PURPOSE).derive(
            secret
        )
        self._matrix = _orthogonal(key)
        self._matrix_32 = self._matrix.astype(np.float32)
        #: Tells embeddings of one key from those of another, and nothing of the key.
        self.fingerprint = hashlib.sha256(b"fingerprint" + key).hexdigest()[:16]

    def embed(self, scaled: Floats) -> Floats:
        """Return the embeddings of scaled features (n, 32)."""
        return scaled @ self._matrix_32

    def recover(self, embeddings: Floats) -> Reals:
        """Return the scaled features (n, 32) behind embeddings: what the key can do."""
        recovered: Reals = embeddings.astype(np.float64) @ self._matrix.T
        return recovered


def _orthogonal(key: bytes) -> Reals:
    """Return a matrix (32, 32) drawn evenly from all orthogonal ones (Haar measure).

    QR of a Gaussian matrix with the signs of R's diagonal taken out (Mezzadri 2007).  The
    numbers come from SHAKE-256, since numpy's generators are made for simulations: who
    knows some of their numbers can tell the others.
    """
    stream = hashlib.shake_256(key).digest(8 * _SIZE**2)
    words = np.frombuffer(stream, ">u8").astype(np.uint64) >> np.uint64(11)
    uniform = (words.astype(np.float64) + 0.5) * 2.0**-53
    q, r = np.linalg.qr(ndtri(uniform).reshape(_SIZE, _SIZE))
    orthogonal: Reals = q * np.sign(np.diag(r))
    return orthogonal
