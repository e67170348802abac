"""The space behind a rotation, as an installation's key chooses it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition
from sightline.chassis.installation_key import NONCE_BYTES
from sightline.chassis.owner_key import OwnerKey, Sealed
from sightline.match.index import IndexedFace
from sightline.match.rotation import Rotation
from sightline.match.vectors import packed_floats, vector_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.chassis.installation_key import InstallationKey
    from sightline.chassis.installation_keys import InstallationKeys
    from sightline.match.index import Probe
    from sightline.match.space import Space
    from sightline.match.vectors import Vector

_TURNING = "sightline: rotation of an index of %d dimensions"
_SEALING = b"sightline: digests in an index"
UNPROVEN = b"\0"
"""The digest of a face that was altered inside an index; no vector has it."""


class TurnedSpace:
    """A Space. Beside each turned vector is the digest of the original, sealed together with it.

    Turned back, a vector differs by rounding, so it would not show whether it is the gallery's. The digest does: it
    opens only beside the vector and the face with which it was sealed, and says nothing without the key.
    """

    def __init__(self, key: InstallationKey, dimension: int) -> None:
        self.id = key.id
        self._rotation = Rotation(key.derived((_TURNING % dimension).encode()), dimension)
        self._seal = OwnerKey(key.id, key.derived(_SEALING))

    def entering(self, faces: Sequence[IndexedFace]) -> list[IndexedFace]:
        """See Space."""
        turned = self._rotation.turn([face.vector for face in faces])
        return [self._entered(face, vector) for face, vector in zip(faces, turned, strict=True)]

    def leaving(self, faces: Sequence[IndexedFace]) -> list[IndexedFace]:
        """See Space."""
        vectors = self._rotation.turn_back([face.vector for face in faces])
        return [
            face._replace(vector=vector, digest=self._digest(face)) for face, vector in zip(faces, vectors, strict=True)
        ]

    def vectors(self, kept: dict[str, Vector]) -> dict[str, Vector]:
        """See Space."""
        return dict(zip(kept, self._rotation.turn_back(list(kept.values())), strict=True))

    def probes(self, probes: Sequence[Probe]) -> list[Probe]:
        """See Space."""
        turned = self._rotation.turn([probe.vector for probe in probes])
        return [replace(probe, vector=vector) for probe, vector in zip(probes, turned, strict=True)]

    def _entered(self, face: IndexedFace, vector: Vector) -> IndexedFace:
        sealed = self._seal.seal(face.digest or vector_hash(face.vector), _context(face, vector))
        digest = sealed.nonce + sealed.ciphertext
        return IndexedFace(face.face_id, face.watchlist_id, face.person_id, vector, digest)

    def _digest(self, kept: IndexedFace) -> bytes:
        sealed = Sealed(kept.digest[:NONCE_BYTES], kept.digest[NONCE_BYTES:])
        try:
            return self._seal.open(sealed, _context(kept, kept.vector))
        except FailedPrecondition:
            return UNPROVEN


class TurnedSpaces:
    """Those of the keys in a file: one while nothing happens, two while an index is rotated.

    Every method raises FailedPrecondition, see InstallationKeys.
    """

    def __init__(self, file: InstallationKeys, dimension: int) -> None:
        self._file = file
        self._dimension = dimension
        self._made: dict[str, TurnedSpace] = {}

    def ids(self) -> Sequence[str]:
        """See Spaces."""
        installed = self._file.keys()
        return [key.id for key in installed]

    def named(self, space_id: str) -> Space:
        """See Spaces. Made once: half a second for 512 dimensions."""
        if space_id not in self._made:
            self._made[space_id] = TurnedSpace(self._file.named(space_id), self._dimension)
        return self._made[space_id]


def _context(face: IndexedFace, vector: Vector) -> bytes:
    return face.face_id.encode() + b"\0" + packed_floats(vector)
