"""Templates as numbers: what may enter the index, and hashes of what is in it."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sightline.chassis.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vector: TypeAlias = NDArray[np.float32]

UNIT_TOLERANCE = 1e-3


def checked(values: Sequence[float] | Vector, dimension: int) -> Vector:
    """The vector as float32 of shape (dimension,).

    Raises:
        InvalidInput: TEMPLATE_INVALID, where it has another dimension, is not finite or not of unit length; an index
            would take all of these silently.
    """
    vector = np.asarray(values, np.float32)
    if vector.shape != (dimension,):
        raise InvalidInput("TEMPLATE_INVALID", f"The template has {vector.size} numbers; {dimension} are needed.")
    # In float64 nothing overflows. The comparison is False for NaN, too.
    wide = vector.astype(np.float64)
    if not abs(math.sqrt(wide.dot(wide)) - 1.0) <= UNIT_TOLERANCE:
        raise InvalidInput("TEMPLATE_INVALID", "The template is not a finite vector of unit length.")
    return vector


def packed_floats(vector: Vector) -> bytes:
    """The vector's float32 bytes, little endian: as they are hashed, and as protobuf sends them."""
    return vector.astype("<f4", copy=False).tobytes()


def vector_hash(vector: Vector) -> bytes:
    """SHA-256 of the vector's bytes."""
    return hashlib.sha256(packed_floats(vector)).digest()


class SetHash:
    """An incremental hash over a set of faces: the sum modulo 2^256 of SHA-256(face id, vector hash).

    Adding and removing commute, so the hash depends on the set alone and never on its history.
    """

    MODULUS = 1 << 256

    def __init__(self, value: int = 0) -> None:
        self.value = value

    @staticmethod
    def element(face_id: str, vector_digest: bytes) -> int:
        """What one face adds."""
        return int.from_bytes(hashlib.sha256(face_id.encode() + vector_digest).digest(), "big")

    def add(self, element: int) -> SetHash:
        """The hash with that face."""
        return SetHash((self.value + element) % self.MODULUS)

    def remove(self, element: int) -> SetHash:
        """The hash without that face."""
        return SetHash((self.value - element) % self.MODULUS)

    def to_bytes(self) -> bytes:
        """32 bytes, big endian."""
        return self.value.to_bytes(32, "big")
