"""The index inside this process: Qdrant Edge, the engine of Qdrant without its server.

The engine holds the interpreter during every call, whichever thread makes it. So it is called from the event loop, in
pieces of a few milliseconds with room for others between two, and what takes longer (graphs) is done by another process
that makes a second shard; see `EdgeIndex.rebuild`.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from itertools import islice
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import Conflict, Internal
from sightline.match.entering import Entering
from sightline.match.index import Copy, Probe
from sightline.match.index_options import IndexOptions
from sightline.match.index_status import Building, IndexStatus
from sightline.match.index_upkeep import keeping_up
from sightline.match.shard_build import open_build
from sightline.match.shard_builder import BuildOrder
from sightline.match.shard_folder import ShardFolder, space_of, warm
from sightline.match.space import PlainAlone
from sightline.match.turned_shard import TurnedShard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from sightline.match.edge_shard import PointId
    from sightline.match.index import FaceSource, Hit, IndexedFace
    from sightline.match.index_status import Built
    from sightline.match.space import Space, Spaces
    from sightline.match.vectors import Vector

log = structlog.get_logger()

# So many faces are written, or read, in a few milliseconds.
PIECE = 64
# Pieces of changes that are brought to the disk together: all at once, 100,000 faces held everybody up for two seconds.
FLUSHED_TOGETHER = 64
# Probes that are searched before others get their turn.
TOGETHER = 8


class EdgeIndex:
    """A FaceIndex on one shard, and on a second one while that is being built. See `open_edge_index`."""

    def __init__(self, folder: Path, dimension: int, options: IndexOptions, spaces: Spaces) -> None:
        self._folder = ShardFolder(folder)
        self._dimension = dimension
        self._options = options
        self._spaces = spaces
        self._path = self._folder.open(spaces.ids())
        self._built: Built | None = self._folder.built(self._path)
        self._shard = self._opened(self._path, self._built)
        self._folder.sweep()
        self._building: Building | None = None
        self._last_error = ""
        # What changed since the build began: the face, or None where it was removed.
        self._changes: dict[str, IndexedFace | None] | None = None

    async def put(self, faces: Sequence[IndexedFace]) -> None:
        """See FaceIndex."""
        for start in range(0, len(faces), PIECE):
            piece = faces[start : start + PIECE]
            self._shard.put(piece)
            if self._changes is not None:
                self._changes.update((face.face_id, face) for face in piece)
            await asyncio.sleep(0)

    async def remove(self, face_ids: Sequence[str]) -> None:
        """See FaceIndex."""
        for start in range(0, len(face_ids), PIECE):
            piece = face_ids[start : start + PIECE]
            self._remove(piece)
            if self._changes is not None:
                self._changes.update(dict.fromkeys(piece))
            await asyncio.sleep(0)

    async def clear(self) -> None:
        """See FaceIndex. A build that runs is of no use any more, and fails."""
        self._changes = None
        fresh, old = self._fresh(), self._path
        self._shard.close()
        self._folder.choose(fresh, None)
        self._shard, self._path, self._built = self._opened(fresh), fresh, None
        await asyncio.to_thread(self._folder.discard, old)

    async def nearest(self, vector: Vector, watchlist_id: str, limit: int, *, exact: bool = False) -> list[Hit]:
        """See FaceIndex."""
        return self._shard.nearest_many([Probe(vector, watchlist_id, limit, exact)], self._ef)[0]

    async def nearest_many(self, probes: Sequence[Probe]) -> list[list[Hit]]:
        """See FaceIndex."""
        hits: list[list[Hit]] = []
        for start in range(0, len(probes), TOGETHER):
            hits += self._shard.nearest_many(probes[start : start + TOGETHER], self._ef)
            await asyncio.sleep(0)
        return hits

    async def vectors(self, face_ids: Sequence[str]) -> dict[str, Vector]:
        """See FaceIndex."""
        found: dict[str, Vector] = {}
        for start in range(0, len(face_ids), PIECE):
            found |= self._shard.vectors(face_ids[start : start + PIECE])
            await asyncio.sleep(0)
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
        return self._shard.size()

    async def status(self) -> IndexStatus:
        """See FaceIndex."""
        size, indexed = self._shard.estimate()
        return IndexStatus(
            engine="edge",
            quantization=self._built.quantization if self._built else "none",
            size=size,
            indexed=indexed,
            pending_deletions=self._folder.removed(self._path),
            built=self._built,
            building=self._building,
            last_error=self._last_error,
            rotation=self._shard.space.id,
        )

    def oldest_removal(self) -> datetime | None:
        """Since when a removed face's vector has been waiting to leave the disk."""
        return self._folder.oldest_removal(self._path)

    async def check(self) -> None:
        """See FaceIndex."""
        self._shard.check()

    async def rebuild(self, source: FaceSource | None = None) -> None:
        """See FaceIndex. The second shard takes the changes that came meanwhile, and then the first one's place."""
        if self._building is not None:
            raise Conflict("REBUILD_RUNNING", "The index is being built already: wait, or cancel that first.")
        self._building, self._changes, fresh = Building(), {}, self._fresh()
        try:
            await self._switch(fresh, await self._build(fresh, source, self._building))
        except Exception as error:
            self._last_error = f"{type(error).__name__}: {error}"
            raise
        finally:
            self._building = self._changes = None
            if self._path != fresh:
                await asyncio.to_thread(self._folder.discard, fresh)

    async def warm_up(self) -> None:
        """Asks for its files to be read before they are searched."""
        await asyncio.to_thread(warm, self._path)

    def close(self) -> None:
        """Writes what is pending and gives the folder free."""
        self._shard.close()
        self._folder.closed()

    async def _build(self, fresh: Path, source: FaceSource | None, building: Building) -> Built:
        """Whoever builds gets the faces as they are to be kept, and so needs no secret."""
        space = await asyncio.to_thread(self._spaces.named, space_of(fresh))
        poured = source or Copy(self, space)
        building.expected = await poured.expected()
        order = BuildOrder(
            folder=fresh,
            began=building.began,
            dimension=self._dimension,
            expected=building.expected,
            options=self._options,
        )
        async with open_build(order, building) as build:
            await poured.pour(Entering(build, space) if source else build)
            return await build.finish()

    async def _switch(self, fresh: Path, built: Built) -> None:
        """Brings the new shard up to date; in one turn of the loop it is then complete, on the disk, and used."""
        self._progress("switching")
        await asyncio.to_thread(warm, fresh)
        shard, old = self._opened(fresh, built), self._path
        pieces = 0
        while self._changes is not None and len(self._changes) > PIECE:
            self._apply(shard, fresh, PIECE)
            pieces += 1
            if pieces % FLUSHED_TOGETHER == 0:
                shard.flush()
            await asyncio.sleep(0)
        if self._changes is None:
            shard.close()
            raise Internal("REBUILD_FAILED", "The index was emptied while it was being built.")
        self._apply(shard, fresh, PIECE)
        shard.flush()
        self._folder.choose(fresh, built)
        self._shard.close()
        self._shard, self._path, self._built, self._last_error = shard, fresh, built, ""
        log.info("index_built", **built.model_dump(exclude={"time"}))
        await asyncio.to_thread(self._folder.discard, old)

    async def _blocks(self) -> AsyncIterator[tuple[Space, list[IndexedFace]]]:
        """Faces as they are kept, and where."""
        offset: PointId | None = None
        while True:
            space = self._shard.space
            block, offset = self._shard.kept_block(offset, PIECE)
            if block:
                yield space, block
            await asyncio.sleep(0)
            if offset is None:
                return

    def _fresh(self) -> Path:
        """Where a new shard goes, in the space that is current."""
        return self._folder.fresh(self._spaces.ids()[0])

    def _opened(self, path: Path, built: Built | None = None) -> TurnedShard:
        space = self._spaces.named(space_of(path))
        return TurnedShard(space, path, self._dimension, self._options, built.way if built else "exact")

    def _apply(self, shard: TurnedShard, path: Path, limit: int) -> None:
        """Takes some changes out and writes them to the new shard."""
        changes = self._changes or {}
        taken = {face_id: changes.pop(face_id) for face_id in list(islice(changes, limit))}
        if gone := [face_id for face_id, face in taken.items() if face is None]:
            # The new shard may have got them before they went: they are on the disk for longer than they are removed.
            began = self._building.began if self._building else None
            shard.remove(gone, lambda count: self._folder.note_removed(path, count, began))
        if there := [face for face in taken.values() if face is not None]:
            shard.put(there)

    def _remove(self, face_ids: Sequence[str]) -> None:
        # Noted first: whoever dies between the two has noted it, and a face that is gone is not counted again.
        self._shard.remove(face_ids, lambda count: self._folder.note_removed(self._path, count))

    def _progress(self, phase: str) -> None:
        if self._building is not None:
            self._building.phase = phase

    @property
    def _ef(self) -> int:
        return self._built.ef if self._built else 0


@asynccontextmanager
async def open_edge_index(
    folder: Path, dimension: int, options: IndexOptions | None = None, spaces: Spaces | None = None
) -> AsyncIterator[EdgeIndex]:
    """Opens the index, makes it where there is none, keeps it fast while the block runs, and closes it.

    Args:
        folder: its own; what it holds can be made again.
        dimension: of a vector.
        options: None: the defaults.
        spaces: in which vectors are kept; None: in that of the templates themselves.

    Raises:
        FailedPrecondition: INDEX_UNREADABLE, INDEX_IN_USE, and what is wrong with the secrets of the spaces.
    """
    options = options or IndexOptions()
    index = EdgeIndex(folder, dimension, options, spaces or PlainAlone())
    try:
        await index.warm_up()
        async with keeping_up(index, options):
            yield index
    finally:
        index.close()
