"""A collection on a Qdrant server that takes faces and does not answer yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import Internal
from sightline.match.server_points import delete, upsert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qdrant_client import AsyncQdrantClient

    from sightline.match.index import IndexedFace
    from sightline.match.index_status import Building


class GrowingCollection:
    """A FaceSink of faces as they are to be kept."""

    def __init__(self, client: AsyncQdrantClient, name: str, building: Building) -> None:
        self._client = client
        self._name = name
        self._building = building

    async def put(self, faces: Sequence[IndexedFace]) -> None:
        """See FaceSink."""
        await upsert(self._client, self._name, faces)
        self._building.done += len(faces)

    async def remove(self, face_ids: Sequence[str]) -> None:
        """See FaceSink."""
        await delete(self._client, self._name, face_ids)

    async def clear(self) -> None:
        """See FaceSink. Raises Internal REBUILD_FAILED."""
        raise Internal("REBUILD_FAILED", "The gallery was emptied while its index was being made; start it again.")

    async def size(self) -> int:
        """See FaceSink."""
        return self._building.done
