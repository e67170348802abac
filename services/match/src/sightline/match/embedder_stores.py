"""Where an embedder's index and projection are kept: of the one in use, and beside them of the coming one."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.match.edge_index import open_edge_index
from sightline.match.index_settings import collection_options, index_options
from sightline.match.key_sources import server_key
from sightline.match.projection import GalleryProjection
from sightline.match.turned_space import TurnedSpaces
from sightline.v1 import migration_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from sightline.chassis.installation_keys import InstallationKeys
    from sightline.chassis.pack import Pack
    from sightline.match.index import FaceIndex
    from sightline.match.settings import MatchSettings


@dataclass(frozen=True)
class Store:
    """What is kept for one embedder."""

    index: FaceIndex
    projection: GalleryProjection


class EmbedderStores:
    """All of one process. What they hold can be made again from the ledger.

    Args:
        settings: of match.
        rotation_keys: turn the vectors of every index.
    """

    def __init__(self, settings: MatchSettings, rotation_keys: InstallationKeys) -> None:
        self._settings = settings
        self._rotation_keys = rotation_keys

    def folder(self, embedder_id: str) -> Path:
        """What is kept in files."""
        return self._settings.state_dir / "match" / embedder_id

    def open_index(self, embedder: pb.Embedder) -> AbstractAsyncContextManager[FaceIndex]:
        """The index on a server where one is configured, else in this process."""
        settings, spaces = self._settings, TurnedSpaces(self._rotation_keys, embedder.dimension)
        if settings.qdrant_url:
            from sightline.match.server_index import open_server_index  # noqa: PLC0415 - its client: half of the start

            where = (settings.qdrant_url, server_key(settings), embedder.id, embedder.dimension)
            return open_server_index(*where, collection_options(settings), spaces, settings.authorities)
        options = index_options(settings, embedder.threshold)
        return open_edge_index(self.folder(embedder.id) / "index", embedder.dimension, options, spaces)

    @asynccontextmanager
    async def opened(self, embedder: pb.Embedder) -> AsyncIterator[Store]:
        """Opens both, makes them where there are none, and closes them after the block."""
        async with self.open_index(embedder) as index:
            with closing(GalleryProjection(self.folder(embedder.id) / "projection.db")) as projection:
                yield Store(index, projection)

    async def discard(self, embedder: pb.Embedder) -> None:
        """Removes what is kept for an embedder that is not used any more; nothing happens where it is gone."""
        if self._settings.qdrant_url:
            async with self.open_index(embedder) as index:
                await index.clear()
        await asyncio.to_thread(shutil.rmtree, self.folder(embedder.id), ignore_errors=True)


def embedder_of(pack: Pack) -> pb.Embedder:
    """What a pack says of its embedder."""
    spec = pack.embedder
    return pb.Embedder(id=pack.embedder_id, dimension=spec.dimension, threshold=spec.threshold, pack=pack.name)
