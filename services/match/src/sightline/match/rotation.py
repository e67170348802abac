"""A rotation of the vector space that a secret chooses: cosines are the same behind it, and nothing across it.

What is stolen from behind it compares with no template of elsewhere, and a new secret makes it worthless. It is no
cipher: whoever also has some hundred of the templates that are behind it can compute it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sightline.match.vectors import Vector

_MANTISSA = 53
_TOGETHER = 16
"""Vectors that are turned together: each reads the matrix from memory again otherwise."""
_SMALL = 1 << 18
"""Multiplications that OpenBLAS does by itself: of a larger product its threads get their part (interface/gemm.c)."""


class Rotation:
    """An orthonormal matrix, drawn evenly from all of them.

    Nothing here is left to a library's threads: under load a product of small matrices waits tens of milliseconds for
    them. One vector takes 20 microseconds (512 dimensions), each of many 9.

    Args:
        seed: secret; the same one gives the same matrix, to the rounding of float32.
        dimension: of a vector.
    """

    def __init__(self, seed: bytes, dimension: int) -> None:
        self._there = _orthonormal(_normal_numbers(seed, dimension * dimension).reshape(dimension, dimension))
        self._back = np.ascontiguousarray(self._there.T)

    def turn(self, vectors: Sequence[Vector]) -> list[Vector]:
        """Vectors behind the rotation."""
        return _products(vectors, self._there)

    def turn_back(self, vectors: Sequence[Vector]) -> list[Vector]:
        """As they were before `turn`, to the rounding of float32."""
        return _products(vectors, self._back)


def _products(vectors: Sequence[Vector], matrix: NDArray[np.float32]) -> list[Vector]:
    if len(vectors) < _TOGETHER:
        return [vector @ matrix for vector in vectors]
    width = max(1, _SMALL // (_TOGETHER * len(matrix)))
    products: list[Vector] = []
    for start in range(0, len(vectors), _TOGETHER):
        block = np.stack(vectors[start : start + _TOGETHER])
        parts = [block @ matrix[:, first : first + width] for first in range(0, len(matrix), width)]
        products.extend(np.hstack(parts))
    return products


def _orthonormal(normal: NDArray[np.float64]) -> NDArray[np.float32]:
    """A product of random reflections, each within one dimension less (Stewart 1980, SIAM J. Numer. Anal. 17, 403)."""
    made = np.eye(len(normal))
    for first in reversed(range(len(normal))):
        axis = normal[first, first:].copy()
        sign = np.copysign(1.0, axis[0])
        axis[0] += sign * np.sqrt(axis @ axis)
        axis *= np.sqrt(2.0 / (axis @ axis))
        block = made[first:, first:]
        block -= np.outer(axis, axis @ block)
        block *= -sign
    return made.astype(np.float32)


def _normal_numbers(seed: bytes, count: int) -> NDArray[np.float64]:
    """Normal numbers by a fixed formula, as generators of libraries change: Box and Muller, of SHAKE-256's bytes."""
    pairs = (count + 1) // 2
    drawn = np.frombuffer(hashlib.shake_256(seed).digest(16 * pairs), "<u8") >> np.uint64(64 - _MANTISSA)
    # Never 0, of which there is no logarithm.
    radii = np.sqrt(-2.0 * np.log((drawn[:pairs] + 0.5) * 2.0**-_MANTISSA))
    angles = 2.0 * np.pi * drawn[pairs:] * 2.0**-_MANTISSA
    return np.concatenate([radii * np.cos(angles), radii * np.sin(angles)])[:count]
