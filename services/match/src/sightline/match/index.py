"""What match needs of a vector store, whichever engine is behind it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.match.vectors import Vector

# Qdrant takes integers and UUIDs as ids; ours are longer, so a point gets the UUID that belongs to its face id.
_NAMESPACE = uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")


@dataclass(frozen=True, slots=True)
class IndexedFace:
    """A face as the index holds it: unit vector, and by what it is filtered."""

    face_id: str
    watchlist_id: str
    person_id: str
    vector: Vector


@dataclass(frozen=True, slots=True)
class Hit:
    """An enrolled face near a probe, with the cosine of the two."""

    face_id: str
    person_id: str
    cosine: float


class FaceIndex(Protocol):
    """Finds the enrolled faces nearest to a probe. Every write is applied when the call returns."""

    async def put(self, faces: Sequence[IndexedFace]) -> None:
        """Adds faces, or replaces those with the same id."""

    async def remove(self, face_ids: Sequence[str]) -> None:
        """Removes faces; those that are not there are ignored."""

    async def clear(self) -> None:
        """Removes everything."""

    async def nearest(self, vector: Vector, watchlist_id: str, limit: int) -> list[Hit]:
        """At most `limit` faces of the watchlist, the most similar first."""

    async def size(self) -> int:
        """How many faces it holds."""

    async def check(self) -> None:
        """Raises unless the index answers; for health."""


def point_id(face_id: str) -> str:
    """The id of a face's point."""
    return str(uuid.uuid5(_NAMESPACE, face_id))
