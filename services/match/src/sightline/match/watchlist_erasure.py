"""The end of a watchlist, which may be a very large one: in steps that are small in memory and few in the ledger.

Faces go by the chunks in which they came; a record that says so stands for all of a chunk. Then the keys go, without
which no record of the watchlist can be read, from wherever. Then the ledger forgets its records, and a last one says
that the watchlist is deleted. Each step can be repeated, and what is done is not done again.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.gallery_subjects import GalleryKind
from sightline.match.ledger import subject_of
from sightline.match.vaults import vault_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sightline.chassis.keyring import KeyRing
    from sightline.match.gallery import Gallery
    from sightline.match.ledger import Ledger
    from sightline.match.projection import GalleryProjection, KeptFace
    from sightline.match.references import References

log = structlog.get_logger()

CHUNKS_AT_ONCE = 8
"""Of at most 256 faces each: so many are buried before others who enrol get their turn."""
PERSONS_AT_ONCE = 64
FACES_AT_ONCE = 64
_LOG_EVERY = 5.0


class WatchlistErasure:
    """Of one watchlist that nobody finds any more: it is marked as expired.

    Args:
        watchlist_id: of the watchlist.
        erase_faces: deletes faces one by one, with all that belongs to each of them.
    """

    def __init__(
        self,
        watchlist_id: str,
        ledger: Ledger,
        gallery: Gallery,
        projection: GalleryProjection,
        keys: KeyRing,
        references: References,
        erase_faces: Callable[[Sequence[KeptFace]], Awaitable[int]],
    ) -> None:
        self._id = watchlist_id
        self._ledger = ledger
        self._gallery = gallery
        self._projection = projection
        self._keys = keys
        self._references = references
        self._erase_faces = erase_faces
        self._faces = self._persons = 0
        self._logged = time.monotonic()

    async def run(self) -> int:
        """Deletes all that is in the watchlist, and returns how many faces there were."""
        while chunks := self._projection.chunks_of(self._id):
            for start in range(0, len(chunks), CHUNKS_AT_ONCE):
                await self._end_chunks(chunks[start : start + CHUNKS_AT_ONCE])
        while kept := self._projection.kept_faces(watchlist_id=self._id, limit=FACES_AT_ONCE):
            self._faces += await self._erase_faces(kept)
            self._say()
        await self._destroy_keys(vault_of(self._id))
        await self._ledger.forget(self._id)
        return self._faces

    async def _end_chunks(self, chunks: Sequence[str]) -> None:
        faces = [face for chunk in chunks for face in self._projection.counted_in(chunk)]
        kept = [face.id for face in faces if face.has_reference]
        for start in range(0, len(kept), FACES_AT_ONCE):
            await asyncio.gather(*map(self._references.delete, kept[start : start + FACES_AT_ONCE]))
        subjects = (subject_of(self._id, GalleryKind.CHUNK, chunk) for chunk in chunks)
        await self._gallery.applied(max(await asyncio.gather(*map(self._ledger.bury, subjects))))
        self._faces += len(faces)
        self._say()

    async def _destroy_keys(self, vault: str) -> None:
        """Also of those who come while it works, before their enrolment learns that the watchlist is gone.

        Their entries go first: who is still to be removed could not be read any more without the vault.
        """
        after = 0
        while persons := self._projection.person_rows(self._id, after, PERSONS_AT_ONCE):
            await self._keys.destroy_all([person_id for _, person_id in persons], within=vault)
            after = persons[-1][0]
            self._persons += len(persons)
            self._say()
        await self._keys.destroy(vault)

    def _say(self) -> None:
        """Logs how far it is, from time to time."""
        if time.monotonic() - self._logged >= _LOG_EVERY:
            self._logged = time.monotonic()
            log.info("watchlist_erasing", watchlist=self._id, faces=self._faces, persons=self._persons)
