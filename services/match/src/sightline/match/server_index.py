"""The index on a Qdrant server: one collection for the embedder, with the watchlist as its tenant.

An alias names the collection that answers, so that a new one can be made beside it and take its place at once.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ApiException

from sightline.chassis.errors import Conflict, Internal
from sightline.chassis.ids import new_id
from sightline.match.index import Copy, Hit, IndexedFace, Probe, point_id
from sightline.match.index_status import Building, Built, IndexStatus
from sightline.match.server_collection import CollectionOptions, check_collection, create_collection, search_params
from sightline.match.server_errors import answering
from sightline.match.server_security import server_security

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from sightline.match.index import FaceSource
    from sightline.match.vectors import Vector

log = structlog.get_logger()

# Faces in one request to the server.
BLOCK = 256


class ServerIndex:
    """A FaceIndex on a server. See `open_server_index`."""

    def __init__(self, client: AsyncQdrantClient, alias: str, dimension: int, options: CollectionOptions) -> None:
        self._client = client
        self._alias = alias
        self._dimension = dimension
        self._options = options
        # Writers and the switch to a new collection take turns.
        self._writing = asyncio.Lock()
        self._changes: dict[str, IndexedFace | None] | None = None
        self._building: Building | None = None
        self._built: Built | None = None
        self._last_error = ""
        self._removed = 0

    async def prepare(self) -> None:
        """Makes the collection where there is none.

        Raises:
            Unavailable: QDRANT_UNAVAILABLE.
            FailedPrecondition: INDEX_DIFFERS, there is one that is not as the options say.
        """
        with answering():
            if await self._current() is None:
                await self._point_to(await self._fresh(), None)
            info = await self._client.get_collection(self._alias)
        check_collection(info, self._alias, self._dimension, self._options)

    async def put(self, faces: Sequence[IndexedFace]) -> None:
        """See FaceIndex. `wait` and strong ordering: what is answered is on disk, in the order of the ledger."""
        async with self._writing:
            with answering():
                for start in range(0, len(faces), BLOCK):
                    await self._upsert(self._alias, faces[start : start + BLOCK])
            if self._changes is not None:
                self._changes.update((face.face_id, face) for face in faces)

    async def remove(self, face_ids: Sequence[str]) -> None:
        """See FaceIndex."""
        async with self._writing:
            with answering():
                await self._delete(self._alias, face_ids)
            self._removed += len(face_ids)
            if self._changes is not None:
                self._changes.update(dict.fromkeys(face_ids))

    async def clear(self) -> None:
        """See FaceIndex."""
        async with self._writing:
            self._changes = None
            with answering():
                await self._point_to(await self._fresh(), await self._current())

    async def nearest(self, vector: Vector, watchlist_id: str, limit: int, *, exact: bool = False) -> list[Hit]:
        """See FaceIndex."""
        return (await self.nearest_many([Probe(vector, watchlist_id, limit, exact)]))[0]

    async def nearest_many(self, probes: Sequence[Probe]) -> list[list[Hit]]:
        """See FaceIndex."""
        if not probes:
            return []
        requests = [self._request(probe) for probe in probes]
        with answering():
            responses = await self._client.query_batch_points(self._alias, requests)
        return [[_hit(point) for point in response.points] for response in responses]

    async def vectors(self, face_ids: Sequence[str]) -> dict[str, Vector]:
        """See FaceIndex."""
        found: dict[str, Vector] = {}
        for start in range(0, len(face_ids), BLOCK):
            ids = [point_id(face_id) for face_id in face_ids[start : start + BLOCK]]
            with answering():
                records = await self._client.retrieve(self._alias, ids, with_payload=True, with_vectors=True)
            found |= {face.face_id: face.vector for face in map(_face, records)}
        return found

    async def faces(self) -> AsyncIterator[list[IndexedFace]]:
        """See FaceIndex."""
        offset: Any = None
        while True:
            with answering():
                records, offset = await self._client.scroll(
                    self._alias, limit=BLOCK, offset=offset, with_payload=True, with_vectors=True
                )
            if records:
                yield [_face(record) for record in records]
            if offset is None:
                return

    async def size(self) -> int:
        """See FaceIndex."""
        with answering():
            return (await self._client.count(self._alias, exact=True)).count

    async def status(self) -> IndexStatus:
        """See FaceIndex. Deletions are counted since the start of this process, or the last build."""
        with answering():
            info = await self._client.get_collection(self._alias)
        size = info.points_count or 0
        return IndexStatus(
            engine="server",
            quantization="int8" if self._options.int8 else "none",
            size=size,
            indexed=min(size, info.indexed_vectors_count or 0),
            pending_deletions=self._removed,
            built=self._built,
            building=self._building,
            last_error=self._last_error,
        )

    async def check(self) -> None:
        """See FaceIndex."""
        with answering():
            await self._client.get_collection(self._alias)

    async def rebuild(self, source: FaceSource | None = None) -> None:
        """See FaceIndex. A new collection takes the faces, then what changed meanwhile, and then the alias."""
        if self._building is not None:
            raise Conflict("REBUILD_RUNNING", "The index is being built already: wait, or cancel that first.")
        source = source or Copy(self)
        self._building, self._changes = Building(), {}
        began, fresh = time.monotonic(), ""
        try:
            self._building.expected = await source.expected()
            with answering():
                fresh = await self._fresh()
                await source.pour(_Collection(self, fresh, self._building))
                await self._switch(fresh)
            self._built = Built(time=datetime.now(UTC), seconds=time.monotonic() - began, faces=await self.size())
            self._last_error = ""
        except BaseException as error:
            if isinstance(error, Exception):
                self._last_error = f"{type(error).__name__}: {error}"
            if fresh:
                await asyncio.shield(self._discard(fresh))
            raise
        finally:
            self._building = self._changes = None

    async def _switch(self, fresh: str) -> None:
        """While nobody writes, the new collection gets the last changes and the alias."""
        async with self._writing:
            changes = self._changes
            if changes is None:
                raise Internal("REBUILD_FAILED", "The index was emptied while it was being built.")
            await self._delete(fresh, [face_id for face_id, face in changes.items() if face is None])
            there = [face for face in changes.values() if face is not None]
            for start in range(0, len(there), BLOCK):
                await self._upsert(fresh, there[start : start + BLOCK])
            await self._point_to(fresh, await self._current())
            self._removed = 0

    async def _fresh(self) -> str:
        name = f"{self._alias}_{new_id()}"
        await create_collection(self._client, name, self._dimension, self._options)
        return name

    async def _current(self) -> str | None:
        """The collection that the alias names."""
        aliases = (await self._client.get_aliases()).aliases
        return next((each.collection_name for each in aliases if each.alias_name == self._alias), None)

    async def _point_to(self, name: str, before: str | None) -> None:
        """Gives the alias to a collection, in one step, and removes the one that had it."""
        steps: list[models.DeleteAliasOperation | models.CreateAliasOperation] = []
        if before is not None:
            steps.append(models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=self._alias)))
        create = models.CreateAlias(collection_name=name, alias_name=self._alias)
        steps.append(models.CreateAliasOperation(create_alias=create))
        await self._client.update_collection_aliases(steps)
        if before is not None:
            await self._client.delete_collection(before)

    async def _discard(self, name: str) -> None:
        """Removes a collection that did not get to answer; what cannot be removed now is only room that is lost."""
        try:
            if await self._current() != name:
                await self._client.delete_collection(name)
        except (ApiException, OSError) as error:
            log.warning("collection_left", collection=name, error=type(error).__name__)

    async def _upsert(self, collection: str, faces: Sequence[IndexedFace]) -> None:
        points = [
            models.PointStruct(
                id=point_id(face.face_id),
                vector=face.vector.tolist(),
                payload={"face": face.face_id, "watchlist": face.watchlist_id, "person": face.person_id},
            )
            for face in faces
        ]
        await self._client.upsert(collection, points, wait=True, ordering=models.WriteOrdering.STRONG)

    async def _delete(self, collection: str, face_ids: Sequence[str]) -> None:
        if face_ids:
            selector = models.PointIdsList(points=[point_id(face_id) for face_id in face_ids])
            await self._client.delete(collection, selector, wait=True, ordering=models.WriteOrdering.STRONG)

    def _request(self, probe: Probe) -> models.QueryRequest:
        condition = models.FieldCondition(key="watchlist", match=models.MatchValue(value=probe.watchlist_id))
        return models.QueryRequest(
            query=probe.vector.tolist(),
            filter=models.Filter(must=[condition]),
            limit=probe.limit,
            with_payload=True,
            params=search_params(self._options, exact=probe.exact),
        )


class _Collection:
    """A FaceSink: a collection that does not answer yet."""

    def __init__(self, index: ServerIndex, name: str, building: Building) -> None:
        self._index = index
        self._name = name
        self._building = building

    async def put(self, faces: Sequence[IndexedFace]) -> None:
        if faces:
            await self._index._upsert(self._name, faces)  # noqa: SLF001 - one of its own
            self._building.done += len(faces)

    async def remove(self, face_ids: Sequence[str]) -> None:
        await self._index._delete(self._name, face_ids)  # noqa: SLF001 - one of its own

    async def clear(self) -> None:
        raise Internal("REBUILD_FAILED", "The gallery was emptied while its index was being made; start it again.")

    async def size(self) -> int:
        return self._building.done


@asynccontextmanager
async def open_server_index(
    url: str,
    api_key: str,
    embedder_id: str,
    dimension: int,
    options: CollectionOptions | None = None,
    authorities: Path | None = None,
) -> AsyncIterator[ServerIndex]:
    """Connects, makes the embedder's collection where there is none, and disconnects. Raises as `server_security`."""
    security = server_security(url, authorities)
    client = AsyncQdrantClient(url=url, api_key=api_key or None, timeout=10, check_compatibility=False, **security)
    try:
        index = ServerIndex(client, f"sightline_{embedder_id}", dimension, options or CollectionOptions())
        await index.prepare()
        yield index
    finally:
        await client.close()


def _hit(point: models.ScoredPoint) -> Hit:
    payload = point.payload or {}
    return Hit(payload["face"], payload["person"], point.score)


def _face(record: models.Record) -> IndexedFace:
    payload = record.payload or {}
    return IndexedFace(payload["face"], payload["watchlist"], payload["person"], np.asarray(record.vector, np.float32))
