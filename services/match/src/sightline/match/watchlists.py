"""Watchlists: made with a reason, found by id or name, changed, and deleted with all that is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.access import Place
from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound, request_id_used
from sightline.chassis.etag import require_etag
from sightline.chassis.field_mask import changed
from sightline.chassis.ids import requested_id
from sightline.match.expiry import has_ended
from sightline.match.ledger import WRONG_LAST_SEQUENCE
from sightline.match.names import taken
from sightline.match.records import TRIES, changed_meanwhile
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from google.protobuf.field_mask_pb2 import FieldMask

    from sightline.chassis.identity.rights import Selection
    from sightline.chassis.policy import Enrolments as Rules
    from sightline.match.erasure import Erasure
    from sightline.match.gallery import Gallery
    from sightline.match.lifetimes import Lifetimes
    from sightline.match.names import Names
    from sightline.match.projection import GalleryProjection
    from sightline.match.records import Records
    from sightline.match.thresholds import Thresholds

DEFAULT_COOLDOWN_SECONDS = 30
CHANGEABLE = (
    *("name", "purpose", "legal_basis", "expire_time", "review_policy", "cooldown", "threshold"),
    *("target_fpir", "target_alarms", "keep_references", "priority"),
)


@dataclass(frozen=True)
class Beginning:
    """What a watchlist has that nobody gave it."""

    embedder_id: str
    review_policy: pb.ReviewPolicy
    rules: Rules

    def watchlist(self, asked: pb.Watchlist, requester: str, now: float) -> pb.Watchlist:
        """A new watchlist as it was asked for; its end is another matter. Raises InvalidInput LEGAL_BASIS_MISSING."""
        if self.rules.reasons_required and not asked.legal_basis.strip():
            message = "The policy asks for the legal basis of every watchlist: say which law or order allows it."
            raise InvalidInput("LEGAL_BASIS_MISSING", message)
        watchlist = pb.Watchlist()
        watchlist.CopyFrom(asked)
        for field in ("etag", "update_time", "face_count", "approver", "approval", "decide_by_time"):
            watchlist.ClearField(field)
        watchlist.requester = requester
        if self.rules.watchlist_approval == "one":
            watchlist.approval = pb.APPROVAL_PENDING
            watchlist.decide_by_time.FromNanoseconds(int((now + self.rules.decide_within.total_seconds()) * 1e9))
        watchlist.embedder_id = self.embedder_id
        watchlist.create_time.GetCurrentTime()
        watchlist.update_time.CopyFrom(watchlist.create_time)
        self.complete(watchlist)
        return watchlist

    def complete(self, watchlist: pb.Watchlist) -> None:
        """Gives it the policy's review, and the default cooldown, where nobody says otherwise."""
        watchlist.review_policy = watchlist.review_policy or self.review_policy
        if not watchlist.HasField("cooldown"):
            watchlist.cooldown.seconds = DEFAULT_COOLDOWN_SECONDS


class Watchlists:
    """The use cases of watchlists."""

    def __init__(
        self,
        records: Records,
        names: Names,
        gallery: Gallery,
        projection: GalleryProjection,
        erasure: Erasure,
        thresholds: Thresholds,
        lifetimes: Lifetimes,
        beginning: Beginning,
    ) -> None:
        self._records = records
        self._names = names
        self._gallery = gallery
        self._projection = projection
        self._erasure = erasure
        self._thresholds = thresholds
        self._lifetimes = lifetimes
        self._beginning = beginning

    async def create(self, asked: pb.Watchlist, requester: str = "", request_id: str = "") -> pb.Watchlist:
        """Makes a watchlist for somebody; gives the one that there is, where they made it with this request id.

        Raises:
            AlreadyExists: WATCHLIST_EXISTS, where the name is taken; REQUEST_ID_USED.
            InvalidInput: EXPIRE_TIME_PAST, EXPIRY_TOO_LATE, LEGAL_BASIS_MISSING.
            FailedPrecondition: what is wrong with its target, as `Thresholds.check_target` has it.
        """
        watchlist = self._beginning.watchlist(asked, requester, self._projection.now())
        watchlist.id = requested_id("watchlist", requester, request_id)
        if request_id and (made := await self._made(watchlist)):
            return made
        self._lifetimes.begin_watchlist(watchlist, self._projection.now())
        self._thresholds.check_target(watchlist)
        await self._names.claim(watchlist.name, watchlist.id)
        try:
            sequence = await self._records.write(watchlist, 0)
        except FailedPrecondition as error:
            if error.reason != WRONG_LAST_SEQUENCE:
                raise
            raise taken(watchlist.name) from error
        await self._gallery.applied(sequence)
        return self._projection.kept_watchlist(watchlist.id) or watchlist

    async def _made(self, asked: pb.Watchlist) -> pb.Watchlist | None:
        """The watchlist with that id; None: there is none. Raises AlreadyExists REQUEST_ID_USED."""
        record, sequence = await self._records.read(pb.Watchlist(id=asked.id))
        if record is None:
            return None
        if record.name != asked.name:
            raise request_id_used()
        await self._gallery.applied(sequence)
        return self._projection.kept_watchlist(record.id) or record

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

    def list(self, after_name: str, limit: int, chosen: Selection, prefix: str = "") -> list[pb.Watchlist]:
        """Those of the chosen watchlists that are behind that name and begin so, by name."""
        return self._projection.watchlists(after_name, limit, chosen, prefix)

    async def update(self, id_or_name: str, changes: pb.Watchlist, mask: FieldMask, etag: str = "") -> pb.Watchlist:
        """Changes the fields of the mask, where the watchlist is as `etag` says.

        Raises:
            NotFound: WATCHLIST_NOT_FOUND.
            Conflict: ETAG_DIFFERS, or RECORD_CHANGED: somebody else was faster each time.
            InvalidInput: UPDATE_MASK_INVALID, REQUEST_INVALID, EXPIRE_TIME_PAST, EXPIRY_TOO_LATE.
            AlreadyExists: WATCHLIST_EXISTS, another one has the new name.
            FailedPrecondition: what is wrong with its target, as `Thresholds.check_target` has it; WATCHLIST_APPROVED,
                its purpose and its legal basis are what somebody agreed to.
        """
        known = self.get(id_or_name)
        for _ in range(TRIES):
            record, sequence = await self._records.read(known)
            if record is None or has_ended(record, self._projection.now()):
                raise self.missing(id_or_name)
            require_etag(record, etag)
            after = self._changed(record, changes, mask, known.face_count)
            try:
                return await self._rewrite(record, after, sequence)
            except FailedPrecondition as error:
                if error.reason != WRONG_LAST_SEQUENCE:
                    raise
        raise changed_meanwhile()

    async def delete(self, id_or_name: str) -> int:
        """Deletes the watchlist, every person and face in it, and their keys; returns how many faces there were."""
        return await self._erasure.watchlist(self.get(id_or_name))

    def _changed(self, record: pb.Watchlist, changes: pb.Watchlist, mask: FieldMask, size: int) -> pb.Watchlist:
        after = changed(record, changes, mask, CHANGEABLE)
        if record.approval == pb.APPROVAL_APPROVED and _reasons(record) != _reasons(after):
            message = "Its purpose and its legal basis were approved as they are: make another watchlist."
            raise FailedPrecondition("WATCHLIST_APPROVED", message)
        if "expire_time" in mask.paths:
            self._lifetimes.check_watchlist(after, self._projection.now())
        if {"target_fpir", "target_alarms"} & set(mask.paths):
            after.face_count = size
            self._thresholds.check_target(after)
            after.ClearField("face_count")
        self._beginning.complete(after)
        after.update_time.GetCurrentTime()
        return after

    async def _rewrite(self, before: pb.Watchlist, after: pb.Watchlist, sequence: int) -> pb.Watchlist:
        """New name, record, old name: wherever it dies, each name belongs to one watchlist, or can be taken."""
        renamed = before.name != after.name
        if renamed:
            await self._names.claim(after.name, after.id)
        written = await self._records.write(after, sequence)
        if renamed:
            await self._names.release(before.name, before.id)
        await self._gallery.applied(written)
        return self._projection.kept_watchlist(after.id) or after


def _reasons(watchlist: pb.Watchlist) -> tuple[str, str]:
    return watchlist.purpose, watchlist.legal_basis
