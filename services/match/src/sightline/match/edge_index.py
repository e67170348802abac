"""The index inside this process: Qdrant Edge, the engine of Qdrant without its server."""

from __future__ import annotations

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from qdrant_edge import (
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeShard,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    MatchValue,
    PayloadSchemaType,
    Point,
    Query,
    QueryRequest,
    UpdateOperation,
)

from sightline.match.index import Hit, point_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path
    from uuid import UUID

    from sightline.match.index import IndexedFace
    from sightline.match.vectors import Vector

    PointId = int | UUID | str

T = TypeVar("T")


class EdgeIndex:
    """A FaceIndex on one shard in a folder of its own. See `open_edge_index`."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self._folder = folder
        self._dimension = dimension
        # The engine is called from one thread: it blocks, and the event loop must not.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="qdrant-edge")
        self._shard = _open(folder, dimension)

    async def put(self, faces: Sequence[IndexedFace]) -> None:
        """See FaceIndex."""
        points = [
            Point(
                point_id(face.face_id),
                face.vector.tolist(),
                {"face": face.face_id, "watchlist": face.watchlist_id, "person": face.person_id},
            )
            for face in faces
        ]
        await self._run(lambda: self._shard.update(UpdateOperation.upsert_points(points)))

    async def remove(self, face_ids: Sequence[str]) -> None:
        """See FaceIndex."""
        ids: list[PointId] = [point_id(face_id) for face_id in face_ids]
        await self._run(lambda: self._shard.update(UpdateOperation.delete_points(ids)))

    async def clear(self) -> None:
        """See FaceIndex."""
        await self._run(self._recreate)

    async def nearest(self, vector: Vector, watchlist_id: str, limit: int) -> list[Hit]:
        """See FaceIndex."""
        request = QueryRequest(
            limit=limit,
            query=Query.Nearest(vector.tolist()),
            filter=Filter(must=[FieldCondition("watchlist", match=MatchValue(watchlist_id))]),
            with_payload=True,
        )
        points = await self._run(lambda: self._shard.query(request))
        return [Hit(payload["face"], payload["person"], point.score) for point in points if (payload := point.payload)]

    async def size(self) -> int:
        """See FaceIndex."""
        return await self._run(lambda: self._shard.count(CountRequest(exact=True)))

    async def check(self) -> None:
        """See FaceIndex."""
        await self._run(self._shard.info)

    def close(self) -> None:
        """Writes what is pending and gives the folder free."""
        self._thread.submit(self._shard.flush).result()
        self._thread.submit(self._shard.close).result()
        self._thread.shutdown()

    async def _run(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def _recreate(self) -> None:
        self._shard.close()
        shutil.rmtree(self._folder)
        self._shard = _open(self._folder, self._dimension)


@asynccontextmanager
async def open_edge_index(folder: Path, dimension: int) -> AsyncIterator[EdgeIndex]:
    """Opens the shard, makes it where there is none, and closes it with the block."""
    index = EdgeIndex(folder, dimension)
    try:
        yield index
    finally:
        index.close()


def _open(folder: Path, dimension: int) -> EdgeShard:
    if (folder / "edge_config.json").exists():
        return EdgeShard.load(str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    config = EdgeConfig(vectors=EdgeVectorParams(size=dimension, distance=Distance.Dot))
    shard = EdgeShard.create(str(folder), config)
    shard.update(UpdateOperation.create_field_index("watchlist", PayloadSchemaType.Keyword))
    return shard
