"""The ledger as a source of faces: a second copy of the gallery is followed from its beginning into a new index."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import closing
from typing import TYPE_CHECKING

from sightline.chassis.errors import Unavailable
from sightline.match.gallery import Gallery
from sightline.match.projection import GalleryProjection

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.match.index import FaceIndex, FaceSink
    from sightline.match.ledger import Ledger

_LOOK_EVERY = 0.05


class LedgerFaces:
    """A FaceSource. What a ledger's entries mean is decided where it always is: by a Gallery, with a copy of its own.

    Args:
        ledger: what is read.
        index: of which the size is asked, for progress.
        folder: for the copy while it is needed; what is in it is thrown away.
        embedder_id: whose faces.
        dimension: of a vector.
    """

    def __init__(self, ledger: Ledger, index: FaceIndex, folder: Path, embedder_id: str, dimension: int) -> None:
        self._ledger = ledger
        self._index = index
        self._folder = folder
        self._embedder_id = embedder_id
        self._dimension = dimension

    async def expected(self) -> int:
        """See FaceSource: as many as there are now."""
        return await self._index.size()

    async def pour(self, sink: FaceSink) -> None:
        """See FaceSource. Raises Unavailable GALLERY_STUCK where an entry cannot be applied."""
        target = await self._ledger.last_sequence()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
        try:
            with closing(GalleryProjection(self._folder / "projection.db")) as projection:
                gallery = Gallery(self._ledger, sink, projection, self._embedder_id, self._dimension)
                async with gallery.following():
                    while projection.sequence < target:
                        await _require_moving(gallery)
                        await asyncio.sleep(_LOOK_EVERY)
        finally:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)


async def _require_moving(gallery: Gallery) -> None:
    try:
        await gallery.check()
    except Unavailable as error:
        if error.reason != "GALLERY_LOADING":
            raise
