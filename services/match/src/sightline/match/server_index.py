"""The index on a Qdrant server: one collection for the embedder, with the watchlist as its tenant."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ApiException

from sightline.chassis.errors import Unavailable
from sightline.match.index import Hit, point_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sightline.match.index import IndexedFace
    from sightline.match.vectors import Vector


class ServerIndex:
    """A FaceIndex on a server. See `open_server_index`."""

    def __init__(self, client: AsyncQdrantClient, collection: str, dimension: int) -> None:
        self._client = client
        self._collection = collection
        self._dimension = dimension

    async def prepare(self) -> None:
        """Makes the collection where there is none. Raises Unavailable QDRANT_UNAVAILABLE."""
        try:
            if not await self._client.collection_exists(self._collection):
                await self._create()
        except (ApiException, OSError) as error:
            raise _unavailable() from error

    async def put(self, faces: Sequence[IndexedFace]) -> None:
        """See FaceIndex. `wait` and strong ordering: what is answered is on disk, in the order of the ledger."""
        points = [
            models.PointStruct(
                id=point_id(face.face_id),
                vector=face.vector.tolist(),
                payload={"face": face.face_id, "watchlist": face.watchlist_id, "person": face.person_id},
            )
            for face in faces
        ]
        try:
            await self._client.upsert(self._collection, points, wait=True, ordering=models.WriteOrdering.STRONG)
        except (ApiException, OSError) as error:
            raise _unavailable() from error

    async def remove(self, face_ids: Sequence[str]) -> None:
        """See FaceIndex."""
        selector = models.PointIdsList(points=[point_id(face_id) for face_id in face_ids])
        try:
            await self._client.delete(self._collection, selector, wait=True, ordering=models.WriteOrdering.STRONG)
        except (ApiException, OSError) as error:
            raise _unavailable() from error

    async def clear(self) -> None:
        """See FaceIndex."""
        try:
            await self._client.delete_collection(self._collection)
            await self._create()
        except (ApiException, OSError) as error:
            raise _unavailable() from error

    async def nearest(self, vector: Vector, watchlist_id: str, limit: int) -> list[Hit]:
        """See FaceIndex."""
        condition = models.FieldCondition(key="watchlist", match=models.MatchValue(value=watchlist_id))
        try:
            response = await self._client.query_points(
                self._collection,
                query=vector.tolist(),
                query_filter=models.Filter(must=[condition]),
                limit=limit,
                with_payload=True,
            )
        except (ApiException, OSError) as error:
            raise _unavailable() from error
        return [
            Hit(point.payload["face"], point.payload["person"], point.score)
            for point in response.points
            if point.payload
        ]

    async def size(self) -> int:
        """See FaceIndex."""
        try:
            return (await self._client.count(self._collection, exact=True)).count
        except (ApiException, OSError) as error:
            raise _unavailable() from error

    async def check(self) -> None:
        """See FaceIndex."""
        try:
            await self._client.get_collection(self._collection)
        except (ApiException, OSError) as error:
            raise _unavailable() from error

    async def _create(self) -> None:
        await self._client.create_collection(
            self._collection,
            vectors_config=models.VectorParams(size=self._dimension, distance=models.Distance.DOT),
        )
        await self._client.create_payload_index(
            self._collection,
            "watchlist",
            models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True),
            wait=True,
        )


@asynccontextmanager
async def open_server_index(url: str, api_key: str, embedder_id: str, dimension: int) -> AsyncIterator[ServerIndex]:
    """Connects, makes the embedder's collection where there is none, and disconnects with the block."""
    client = AsyncQdrantClient(url=url, api_key=api_key or None, timeout=10, check_compatibility=False)
    try:
        index = ServerIndex(client, f"sightline_{embedder_id}", dimension)
        await index.prepare()
        yield index
    finally:
        await client.close()


def _unavailable() -> Unavailable:
    return Unavailable("QDRANT_UNAVAILABLE", "Qdrant does not answer: is it running at SIGHTLINE_QDRANT_URL?")
