"""The index on a Qdrant server: one collection for the embedder, with the watchlist as its tenant.

An alias names the collection that answers, so that a new one can be made beside it and take its place at once. Each
space of vectors has an alias of its own: a replica that has not heard of a rotation searches where it always did.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ApiException

from sightline.chassis.errors import Conflict, Internal
from sightline.chassis.ids import new_id
from sightline.match.entering import Entering
from sightline.match.index import Copy, Probe, point_id
from sightline.match.index_status import Building, Built, IndexStatus
from sightline.match.server_aliases import ServerAliases
from sightline.match.server_collection import CollectionOptions, check_collection, create_collection, search_params
from sightline.match.server_errors import answering
from sightline.match.server_growing import GrowingCollection
from sightline.match.server_leftovers import Leftovers
from sightline.match.server_points import delete, read_face, read_hit, upsert
from sightline.match.server_security import server_security
from sightline.match.space import Plain, PlainAlone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from sightline.match.index import FaceSource, Hit, IndexedFace
    from sightline.match.space import Space, Spaces
    from sightline.match.vectors import Vector

log = structlog.get_logger()

# Faces in one request to the server.
BLOCK = 256


class ServerIndex:
    """A FaceIndex on a server. See `open_server_index`."""

    def __init__(
        self, client: AsyncQdrantClient, base: str, dimension: int, options: CollectionOptions, spaces: Spaces
    ) -> None:
        self._client = client
        self._aliases = ServerAliases(client, base)
        self._leftovers = Leftovers(client, base)
        self._spaces = spaces
        self._space: Space = Plain()
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
        """Finds the collection, or makes it where there is none in a space whose secret is known.

        Raises:
            Unavailable: QDRANT_UNAVAILABLE.
            FailedPrecondition: INDEX_DIFFERS, there is one that is not as the options say.
        """
        with answering():
            if not await self._adopt():
                await self._begin()
            info = await self._client.get_collection(self._alias)
        check_collection(info, self._alias, self._dimension, self._options)

    async def put(self, faces: Sequence[IndexedFace]) -> None:
        """See FaceIndex. `wait` and strong ordering: what is answered is on disk, in the order of the ledger."""
        async with self._writing:
            with answering():
                await self._put(self._alias, self._space, faces)
            if self._changes is not None:
                self._changes.update((face.face_id, face) for face in faces)

    async def remove(self, face_ids: Sequence[str]) -> None:
        """See FaceIndex."""
        async with self._writing:
            with answering():
                await delete(self._client, self._alias, face_ids)
            self._removed += len(face_ids)
            if self._changes is not None:
                self._changes.update(dict.fromkeys(face_ids))

    async def clear(self) -> None:
        """See FaceIndex."""
        async with self._writing:
            self._changes = None
            with answering():
                await self._begin()

    async def nearest(self, vector: Vector, watchlist_id: str, limit: int, *, exact: bool = False) -> list[Hit]:
        """See FaceIndex."""
        return (await self.nearest_many([Probe(vector, watchlist_id, limit, exact)]))[0]

    async def nearest_many(self, probes: Sequence[Probe]) -> list[list[Hit]]:
        """See FaceIndex."""
        if not probes:
            return []
        requests = [self._request(probe) for probe in self._space.probes(probes)]
        with answering():
            responses = await self._client.query_batch_points(self._alias, requests)
        return [[read_hit(point) for point in response.points] for response in responses]

    async def vectors(self, face_ids: Sequence[str]) -> dict[str, Vector]:
        """See FaceIndex."""
        found: dict[str, Vector] = {}
        for start in range(0, len(face_ids), BLOCK):
            ids = [point_id(face_id) for face_id in face_ids[start : start + BLOCK]]
            space = self._space
            with answering():
                records = await self._client.retrieve(self._alias, ids, with_payload=True, with_vectors=True)
            found |= space.vectors({face.face_id: face.vector for face in map(read_face, records)})
        return found

    async def faces(self) -> AsyncIterator[list[IndexedFace]]:
        """See FaceIndex."""
        async for space, block in self._blocks():
            yield space.leaving(block)

    async def kept(self, space: Space) -> AsyncIterator[list[IndexedFace]]:
        """See Keeper."""
        async for present, block in self._blocks():
            yield block if space.id == present.id else space.entering(present.leaving(block))

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
            rotation=self._space.id,
        )

    async def check(self) -> None:
        """See FaceIndex. Goes over to a newer collection of another replica's, and removes what nobody can search."""
        with answering():
            if self._building is None and await self._adopt():
                if gone := await self._aliases.sweep(self._ids()):
                    log.info("collections_removed", rotations=gone)
                if left := await self._leftovers.remove():
                    log.info("collections_removed", collections=left)
            await self._client.get_collection(self._alias)

    async def rebuild(self, source: FaceSource | None = None) -> None:
        """See FaceIndex. A new collection takes the faces, then what changed meanwhile, and then the alias."""
        if self._building is not None:
            raise Conflict("REBUILD_RUNNING", "The index is being built already: wait, or cancel that first.")
        self._building, self._changes = Building(), {}
        began, fresh = time.monotonic(), ""
        try:
            space = await asyncio.to_thread(self._spaces.named, self._ids()[0])
            poured = source or Copy(self, space)
            self._building.expected = await poured.expected()
            with answering():
                fresh = await self._fresh()
                growing = GrowingCollection(self._client, fresh, self._building)
                await poured.pour(Entering(growing, space) if source else growing)
                await self._switch(fresh, space)
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

    async def _switch(self, fresh: str, space: Space) -> None:
        """While nobody writes, the new collection gets the last changes and the alias."""
        async with self._writing:
            changes = self._changes
            if changes is None:
                raise Internal("REBUILD_FAILED", "The index was emptied while it was being built.")
            await delete(self._client, fresh, [face_id for face_id, face in changes.items() if face is None])
            await self._put(fresh, space, [face for face in changes.values() if face is not None])
            await self._aliases.point(space.id, fresh)
            self._space, self._removed = space, 0

    async def _put(self, collection: str, space: Space, faces: Sequence[IndexedFace]) -> None:
        for start in range(0, len(faces), BLOCK):
            await upsert(self._client, collection, space.entering(faces[start : start + BLOCK]))

    async def _blocks(self) -> AsyncIterator[tuple[Space, list[IndexedFace]]]:
        """Faces as they are kept, and where; all of one collection."""
        offset: Any = None
        space, alias = self._space, self._alias
        while True:
            with answering():
                records, offset = await self._client.scroll(
                    alias, limit=BLOCK, offset=offset, with_payload=True, with_vectors=True
                )
            if records:
                yield space, [read_face(record) for record in records]
            if offset is None:
                return

    async def _adopt(self) -> bool:
        """Goes to the collection of the first space that has one; False where none has."""
        there = await self._aliases.collections()
        known = next((space_id for space_id in self._ids() if space_id in there), None)
        if known is not None:
            self._space = await asyncio.to_thread(self._spaces.named, known)
        return known is not None

    async def _begin(self) -> None:
        """An empty collection answers, in the space that is current."""
        space = self._spaces.named(self._ids()[0])
        await self._aliases.point(space.id, await self._fresh())
        self._space = space

    def _ids(self) -> Sequence[str]:
        return self._spaces.ids()

    @property
    def _alias(self) -> str:
        return self._aliases.name(self._space.id)

    async def _fresh(self) -> str:
        name = f"{self._aliases.base}_{new_id()}"
        await create_collection(self._client, name, self._dimension, self._options)
        return name

    async def _discard(self, name: str) -> None:
        """Removes a collection that did not get to answer; what cannot be removed now is only room that is lost."""
        try:
            if name not in (await self._aliases.collections()).values():
                await self._client.delete_collection(name)
        except (ApiException, OSError) as error:
            log.warning("collection_left", collection=name, error=type(error).__name__)

    def _request(self, probe: Probe) -> models.QueryRequest:
        condition = models.FieldCondition(key="watchlist", match=models.MatchValue(value=probe.watchlist_id))
        return models.QueryRequest(
            query=probe.vector.tolist(),
            filter=models.Filter(must=[condition]),
            limit=probe.limit,
            with_payload=True,
            params=search_params(self._options, exact=probe.exact),
        )


@asynccontextmanager
async def open_server_index(
    url: str,
    api_key: str,
    embedder_id: str,
    dimension: int,
    options: CollectionOptions | None = None,
    spaces: Spaces | None = None,
    authorities: Path | None = None,
) -> AsyncIterator[ServerIndex]:
    """Connects, makes the embedder's collection where there is none, and disconnects. Raises as `server_security`.

    `spaces` are those in which vectors may be kept; None: that of the templates themselves.
    """
    security = server_security(url, authorities)
    client = AsyncQdrantClient(url=url, api_key=api_key or None, timeout=10, check_compatibility=False, **security)
    try:
        asked, base = options or CollectionOptions(), f"sightline_{embedder_id}"
        index = ServerIndex(client, base, dimension, asked, spaces or PlainAlone())
        await index.prepare()
        yield index
    finally:
        await client.close()
