"""Records that the ledger has of what was deleted: whoever wrote them was interrupted before they took them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nats.js.errors import NotFoundError

from sightline.chassis.bus import answering
from sightline.chassis.gallery_subjects import GalleryKind, gallery_watchlist
from sightline.chassis.topology import GALLERY
from sightline.match.ledger import ID_TOKEN, KIND_TOKEN
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus
    from sightline.match.ledger import Ledger


class LateRecords:
    """Of one ledger. Every method raises Unavailable BROKER_UNAVAILABLE."""

    def __init__(self, bus: Bus, ledger: Ledger) -> None:
        self._bus = bus
        self._ledger = ledger

    async def is_buried(self, subject: str) -> bool:
        """Whether it has a tombstone: what cannot be read, as its key is not there, is not deleted by that."""
        return records_pb2.LedgerEntry.FromString(await self._last(subject)).HasField("delete_time")

    async def of(self, watchlist_id: str) -> tuple[set[str], set[str]]:
        """The owners who sealed what there is of a watchlist beside its own record, and the faces that it is about."""
        owners, faces = set(), set()
        for subject in await self._subjects(watchlist_id):
            owners |= await self._owners(subject)
            faces |= await self._faces(subject)
        return owners, faces

    async def _owners(self, subject: str) -> set[str]:
        data = await self._last(subject)
        if _kind(subject) == GalleryKind.CHUNK:
            return {each.entry.key_id for each in records_pb2.LedgerChunk.FromString(data).entries}
        return {records_pb2.LedgerEntry.FromString(data).key_id} - {""}

    async def _faces(self, subject: str) -> set[str]:
        match _kind(subject):
            case GalleryKind.FACE:
                return {subject.split(".")[ID_TOKEN]}
            case GalleryKind.CHUNK:
                chunk = records_pb2.LedgerChunk.FromString(await self._last(subject))
                return {each.id for each in chunk.entries if each.kind == GalleryKind.FACE}
            case GalleryKind.KEY:
                entry = await self._ledger.last(subject)
                return {entry.record.enrolled_face_id} if entry and entry.record else set()
        return set()

    async def _subjects(self, watchlist_id: str) -> list[str]:
        with answering():
            info = await self._bus.js.stream_info(GALLERY, subjects_filter=gallery_watchlist(watchlist_id))
        return [subject for subject in info.state.subjects or {} if _kind(subject) != GalleryKind.WATCHLIST]

    async def _last(self, subject: str) -> bytes:
        try:
            with answering():
                return (await self._bus.js.get_last_msg(GALLERY, subject)).data or b""
        except NotFoundError:
            return b""


def _kind(subject: str) -> str:
    return subject.split(".")[KIND_TOKEN]
