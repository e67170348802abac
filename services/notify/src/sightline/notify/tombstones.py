"""What the ledger of the gallery says of deletions: it takes no key to read that somebody is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nats.js.errors import NotFoundError

from sightline.chassis.bus import answering
from sightline.chassis.gallery_subjects import GalleryKind, gallery
from sightline.chassis.topology import GALLERY
from sightline.v1.records_pb2 import LedgerEntry

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus


class Tombstones:
    """Knows who is deleted now, and not enrolled again."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def is_gone(self, watchlist_id: str, person_id: str) -> bool:
        """Whether the person, or the watchlist with them, is deleted. Raises Unavailable BROKER_UNAVAILABLE."""
        records = ((GalleryKind.PERSON, person_id), (GalleryKind.WATCHLIST, watchlist_id))
        return any([await self._is_buried(gallery(watchlist_id, *record)) for record in records])

    async def _is_buried(self, subject: str) -> bool:
        try:
            with answering():
                message = await self._bus.js.get_last_msg(GALLERY, subject)
        except NotFoundError:
            return False
        return LedgerEntry.FromString(message.data or b"").HasField("delete_time")
