"""The hash of the assignment in plain Python, for devices that have no xxhash.

XXH32 as its author specifies it (xxHash's doc/xxhash_spec.md, "XXH32 algorithm
description").  It is much slower than the compiled one, and runs once an experiment.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

__all__ = ["xxh32_intdigest"]

_PRIMES = (2654435761, 2246822519, 3266489917, 668265263, 374761393)
_MASK = 0xFFFFFFFF
_STRIPE_BYTES = 16


def xxh32_intdigest(content: bytes, seed: int = 0) -> int:
    """Return the 32 bits of the hash; ``seed`` is taken modulo 2**32."""
    stripes = len(content) // _STRIPE_BYTES * _STRIPE_BYTES
    is_long = stripes > 0
    mixed = _converge(_lanes(content[:stripes], seed)) if is_long else seed + _PRIMES[4]
    return _avalanche(_rest(content[stripes:], (mixed + len(content)) & _MASK))


def _lanes(stripes: bytes, seed: int) -> list[int]:
    first, second, *_ = _PRIMES
    lanes = [seed + first + second, seed + second, seed, seed - first]
    for words in struct.iter_unpack("<4I", stripes):
        for number, word in enumerate(words):
            mixed = (lanes[number] + word * second) & _MASK
            lanes[number] = _rotated(mixed, 13) * first & _MASK
    return lanes


def _converge(lanes: list[int]) -> int:
    turns = (1, 7, 12, 18)
    return sum(_rotated(lane, by) for lane, by in zip(lanes, turns, strict=True))


def _rest(tail: bytes, mixed: int) -> int:
    first, _, third, fourth, fifth = _PRIMES
    for word in _words(tail):
        mixed = _rotated((mixed + word * third) & _MASK, 17) * fourth & _MASK
    for byte in tail[len(tail) // 4 * 4 :]:
        mixed = _rotated((mixed + byte * fifth) & _MASK, 11) * first & _MASK
    return mixed


def _words(tail: bytes) -> Iterator[int]:
    whole = tail[: len(tail) // 4 * 4]
    return (word for (word,) in struct.iter_unpack("<I", whole))


def _avalanche(mixed: int) -> int:
    _, second, third, *_ = _PRIMES
    mixed = (mixed ^ mixed >> 15) * second & _MASK
    mixed = (mixed ^ mixed >> 13) * third & _MASK
    return mixed ^ mixed >> 16


def _rotated(word: int, by: int) -> int:
    return (word << by | word >> 32 - by) & _MASK
