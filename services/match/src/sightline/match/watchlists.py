"""Watchlists: made with a reason, found by id or name, deleted with all that is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.access import Place
from sightline.chassis.errors import AlreadyExists, FailedPrecondition, NotFound
from sightline.chassis.ids import derived_id, new_id
from sightline.chassis.topology import GalleryKind
from sightline.match.ledger import WRONG_LAST_SEQUENCE, subject_of
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from sightline.chassis.identity.rights import Selection
    from sightline.chassis.keyring import KeyRing
    from sightline.match.gallery import Gallery
    from sightline.match.ledger import Ledger
    from sightline.match.projection import GalleryProjection

DEFAULT_COOLDOWN_SECONDS = 30


class Watchlists:
    """The use cases of watchlists."""

    def __init__(
        self, ledger: Ledger, gallery: Gallery, projection: GalleryProjection, keys: KeyRing, embedder_id: str
    ) -> None:
        self._ledger = ledger
        self._gallery = gallery
        self._projection = projection
        self._keys = keys
        self._embedder_id = embedder_id

    async def create(self, asked: pb.Watchlist) -> pb.Watchlist:
        """Makes a watchlist. Raises AlreadyExists WATCHLIST_EXISTS, where the name is taken."""
        watchlist = self._completed(asked)
        try:
            await self._claim(watchlist)
            record = records_pb2.LedgerRecord(watchlist=watchlist)
            sequence = await self._ledger.append(_subject(watchlist.id), watchlist.id, record, expected=0)
        except FailedPrecondition as error:
            if error.reason != WRONG_LAST_SEQUENCE:
                raise
            message = f"There is a watchlist named '{watchlist.name}' already."
            raise AlreadyExists("WATCHLIST_EXISTS", message) from error
        await self._gallery.applied(sequence)
        return watchlist

    def get(self, id_or_name: str) -> pb.Watchlist:
        """Raises NotFound WATCHLIST_NOT_FOUND."""
        watchlist = self._projection.watchlist(id_or_name)
        if watchlist is None:
            raise self.missing(id_or_name)
        return watchlist

    async def place(self, name: str) -> Place | None:
        """See sightline.chassis.access.Locator."""
        watchlist = self._projection.watchlist(name)
        return Place(watchlist=watchlist.id) if watchlist else None

    def missing(self, name: str) -> NotFound:
        """See sightline.chassis.access.Locator."""
        return NotFound("WATCHLIST_NOT_FOUND", f"There is no watchlist '{name}': `sightline watchlists list`.")

    def list(self, after_name: str, limit: int, chosen: Selection) -> list[pb.Watchlist]:
        """Those of the chosen watchlists that are behind that name, by name."""
        return self._projection.watchlists(after_name, limit, chosen)

    async def delete(self, id_or_name: str) -> int:
        """Deletes the watchlist, every person and face in it, and their keys; returns how many faces there were.

        What is in it goes first: interrupted and repeated, the deletion ends complete.
        """
        watchlist = self.get(id_or_name)
        faces = self._projection.enrolment_keys(watchlist.id)
        persons = self._projection.person_ids(watchlist.id)
        for face_id, key in faces.items():
            await self._ledger.bury(subject_of(watchlist.id, GalleryKind.KEY, key))
            await self._ledger.bury(subject_of(watchlist.id, GalleryKind.FACE, face_id))
        for person_id in persons:
            await self._ledger.bury(subject_of(watchlist.id, GalleryKind.PERSON, person_id))
            await self._keys.destroy(person_id)
        sequence = await self._ledger.bury(_subject(watchlist.id))
        await self._ledger.bury(_name_subject(watchlist.name))
        await self._gallery.applied(sequence)
        await self._keys.destroy(watchlist.id)
        return len(faces)

    def _completed(self, asked: pb.Watchlist) -> pb.Watchlist:
        watchlist = pb.Watchlist()
        watchlist.CopyFrom(asked)
        watchlist.id = new_id()
        watchlist.embedder_id = self._embedder_id
        watchlist.face_count = 0
        watchlist.create_time.GetCurrentTime()
        watchlist.review_policy = asked.review_policy or pb.REVIEW_POLICY_TWO
        if not asked.HasField("cooldown"):
            watchlist.cooldown.seconds = DEFAULT_COOLDOWN_SECONDS
        return watchlist

    async def _claim(self, watchlist: pb.Watchlist) -> None:
        """Takes the name by compare-and-set: of several callers with one name, one gets it.

        Raises:
            FailedPrecondition: WRONG_LAST_SEQUENCE, it belongs to a watchlist, or somebody else took it first.
        """
        subject = _name_subject(watchlist.name)
        claim = await self._ledger.last(subject)
        if claim is not None and claim.record is not None:
            await self._revoke(claim.record.name_of)
        record = records_pb2.LedgerRecord(name_of=watchlist.id)
        await self._ledger.append(subject, watchlist.id, record, expected=claim.sequence if claim else 0)

    async def _revoke(self, watchlist_id: str) -> None:
        """Ends the claim of a watchlist that is not there: its creator died before it was written, or its deletion did.

        The tombstone and the watchlist exclude each other, so a creator who is only slow learns that the name is gone.
        """
        last = await self._ledger.last(_subject(watchlist_id))
        if last is None:
            await self._ledger.bury(_subject(watchlist_id), expected=0)
        elif last.record is not None:
            raise FailedPrecondition(WRONG_LAST_SEQUENCE, "The name belongs to a watchlist.")


def _subject(watchlist_id: str) -> str:
    return subject_of(watchlist_id, GalleryKind.WATCHLIST, watchlist_id)


def _name_subject(name: str) -> str:
    token = derived_id("watchlist-name", name)
    return subject_of(token, GalleryKind.NAME, token)
