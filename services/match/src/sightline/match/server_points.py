"""Faces on a Qdrant server: written to a collection, and read from it, as they are kept there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qdrant_client import models

from sightline.match.index import Hit, point_id
from sightline.match.payload import face_of, ids_of, payload_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qdrant_client import AsyncQdrantClient

    from sightline.match.index import IndexedFace


async def upsert(client: AsyncQdrantClient, collection: str, faces: Sequence[IndexedFace]) -> None:
    """Adds or replaces faces. `wait` and strong ordering: what is answered is on disk, in the order of the calls."""
    points = [
        models.PointStruct(id=point_id(face.face_id), vector=face.vector.tolist(), payload=payload_of(face))
        for face in faces
    ]
    if points:
        await client.upsert(collection, points, wait=True, ordering=models.WriteOrdering.STRONG)


async def delete(client: AsyncQdrantClient, collection: str, face_ids: Sequence[str]) -> None:
    """Removes faces, with the same promises."""
    if face_ids:
        selector = models.PointIdsList(points=[point_id(face_id) for face_id in face_ids])
        await client.delete(collection, selector, wait=True, ordering=models.WriteOrdering.STRONG)


def read_hit(point: models.ScoredPoint) -> Hit:
    """What a search found."""
    face_id, person_id, _ = ids_of(point.payload or {})
    return Hit(face_id, person_id, point.score)


def read_face(record: models.Record) -> IndexedFace:
    """A face as it was written."""
    return face_of(record.payload or {}, record.vector)
