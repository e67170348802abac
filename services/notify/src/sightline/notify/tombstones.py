"""What the ledger of the gallery says of deletions: it takes no key to read that somebody is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from nats.js.errors import NotFoundError

from sightline.chassis import topology
from sightline.chassis.bus import answering
from sightline.chassis.topology import GALLERY, GalleryKind
from sightline.v1.records_pb2 import LedgerEntry

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus
    from sightline.chassis.handling import Delivery

_WATCHLIST, _KIND, _ID = 2, 3, 4


class Forgets(Protocol):
    """Who removes what is known of the erased."""

    async def person(self, watchlist_id: str, person_id: str, occasion: str) -> None:
        """Of a person. `occasion` tells several erasures of them apart."""

    async def watchlist(self, watchlist_id: str, occasion: str) -> None:
        """Of everybody in a watchlist."""


class Tombstones:
    """Hears of deletions, and knows of those that were."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def is_gone(self, watchlist_id: str, person_id: str) -> bool:
        """Whether the person, or the watchlist with them, is deleted. Raises Unavailable BROKER_UNAVAILABLE."""
        records = ((GalleryKind.PERSON, person_id), (GalleryKind.WATCHLIST, watchlist_id))
        return any([await self._is_buried(topology.gallery(watchlist_id, *record)) for record in records])

    async def _is_buried(self, subject: str) -> bool:
        try:
            with answering():
                message = await self._bus.js.get_last_msg(GALLERY, subject)
        except NotFoundError:
            return False
        return LedgerEntry.FromString(message.data or b"").HasField("delete_time")


class ErasureLane:
    """Passes tombstones on to those who forget; everything else in the ledger is none of their business."""

    def __init__(self, forgets: Forgets) -> None:
        self._forgets = forgets

    async def handle(self, entry: LedgerEntry, delivery: Delivery) -> None:
        """Handles one record of a person or a watchlist, as often as it comes."""
        if not entry.HasField("delete_time"):
            return
        tokens = delivery.subject.split(".")
        occasion = str(delivery.sequence)
        if tokens[_KIND] == GalleryKind.PERSON:
            await self._forgets.person(tokens[_WATCHLIST], tokens[_ID], occasion)
        else:
            await self._forgets.watchlist(tokens[_WATCHLIST], occasion)
