"""The change of the gallery's embedder as people ask for it: begun, looked at, settled, given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.chassis.errors import Conflict, FailedPrecondition, InvalidInput, NotFound, SightlineError
from sightline.match.migration_records import has_watchlists_of, turned_round
from sightline.v1 import face_pb2, records_pb2
from sightline.v1 import migration_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.chassis.identity.rights import Selection
    from sightline.match.index_status import IndexStatus
    from sightline.match.migration_records import MigrationRecords
    from sightline.match.migration_work import Effort, MigrationWork, Readers
    from sightline.match.projection import GalleryProjection
    from sightline.match.template_rows import Unmigrated

    Record = records_pb2.MigrationRecord

# Pixels of the picture with which the coming embedder is tried.
_SIDE = 128
# States in which templates are being made.
_MAKING = {pb.MIGRATION_STATE_RUNNING, pb.MIGRATION_STATE_SETTLED}
# States in which the coming pack may be started.
_DECIDED = {pb.MIGRATION_STATE_SETTLED, pb.MIGRATION_STATE_SWITCHED}


class Migrations:
    """The use cases; see the contract of MigrationService."""

    def __init__(
        self,
        own: pb.Embedder,
        projection: GalleryProjection,
        records: MigrationRecords,
        work: MigrationWork,
        readers: Readers,
    ) -> None:
        """`own` is the embedder in use."""
        self._own = own
        self._projection = projection
        self._records = records
        self._work = work
        self._readers = readers

    async def start(self, target: pb.Embedder) -> None:
        """Begins one, or has those faces tried again that failed.

        Raises:
            FailedPrecondition: EMBEDDER_UNCHANGED, MIGRATION_TARGET_UNSET, EMBEDDER_DIFFERS; MIGRATION_NOT_READY,
                faces wait for their templates of the one before; and as `_require_its_pack`.
            Conflict: MIGRATION_RUNNING, another one; RECORD_CHANGED.
            Unavailable: EMBED_UNAVAILABLE.
        """
        self._require_its_pack(self._projection.migration())
        if target.id == self._own.id:
            raise FailedPrecondition(
                "EMBEDDER_UNCHANGED", "The gallery's templates are of that pack's embedder already."
            )
        await self._try_embedder(target)

        def begun(record: Record | None) -> Record:
            if record is None or (record.state == pb.MIGRATION_STATE_SWITCHED and record.target.id == self._own.id):
                # Given up, it would leave nobody who makes them.
                _require_none_waiting(self._projection)
                new = records_pb2.MigrationRecord(
                    state=pb.MIGRATION_STATE_RUNNING, source=self._own, target=target, attempt=1
                )
                new.start_time.GetCurrentTime()
                return new
            if record.target.id != target.id or record.state not in _MAKING:
                raise Conflict(
                    "MIGRATION_RUNNING",
                    f"There is a migration to '{record.target.pack}': end it, or give it up, first.",
                )
            record.attempt += 1
            return record

        await self._records.change(begun)

    async def get(self) -> tuple[pb.Migration, IndexStatus | None]:
        """How the last one stands, and how the coming index is. Raises NotFound MIGRATION_NOT_FOUND."""
        record, effort, trouble = self._record(), self._work.effort, self._work.trouble
        told = pb.Migration(
            state=record.state, source=record.source, target=record.target, start_time=record.start_time
        )
        if effort is not None:
            trouble = trouble or await _loading(effort)
            found, without = effort.store.projection.size(), dict(effort.store.projection.problems())
            told.waiting = without.pop("", 0)
            told.migrated, told.faces = found, found + told.waiting + sum(without.values())
            told.unmigrated.update(without)
        if trouble is not None:
            told.trouble.CopyFrom(face_pb2.Problem(reason=trouble.reason, message=trouble.message))
        beside = effort is not None and effort.store.projection is not self._projection
        return told, await effort.store.index.status() if effort is not None and beside else None

    async def unmigrated(self, after: str, limit: int, chosen: Selection) -> list[Unmigrated]:
        """The faces without a template in the chosen watchlists, by id, those behind `after`.

        Raises:
            NotFound: MIGRATION_NOT_FOUND.
            FailedPrecondition: MIGRATION_NOT_READY, it is not known yet which they are.
        """
        self._record()
        effort = await _loaded(self._work.effort)
        return effort.store.projection.unmigrated(after, limit, chosen)

    async def switch(self, *, accept_unmigrated: bool) -> pb.SwitchMigrationResponse:
        """Settles it.

        Raises:
            NotFound: MIGRATION_NOT_FOUND.
            FailedPrecondition: MIGRATION_NOT_READY, MIGRATION_INCOMPLETE, or MIGRATION_SWITCHED: it is over; and as
                `_require_its_pack`.
            Conflict: RECORD_CHANGED.
        """
        self._require_its_pack(record := self._record())
        _making(record)
        unmigrated = await self._require_done()
        if unmigrated and not accept_unmigrated:
            raise FailedPrecondition(
                "MIGRATION_INCOMPLETE",
                f"{unmigrated} faces have no template of the coming embedder, and would not be found: list them, and "
                "enrol them again after the switch, or accept that.",
            )

        def settled(record: Record | None) -> Record:
            record = _making(record)
            record.state = pb.MIGRATION_STATE_SETTLED
            return record

        await self._records.change(settled)
        watchlists = self._projection.watchlists()
        return pb.SwitchMigrationResponse(
            unmigrated=unmigrated,
            thresholds=sum(each.HasField("threshold") for each in watchlists),
            targets=sum(each.WhichOneof("target") is not None for each in watchlists),
        )

    async def cancel(self) -> None:
        """Gives it up. Where match ran with the new pack for a while, what that bound is bound back to ours.

        Raises:
            NotFound: MIGRATION_NOT_FOUND.
            FailedPrecondition: MIGRATION_SWITCHED, it is over, or match runs with the new pack; and as
                `_require_its_pack`.
            Conflict: RECORD_CHANGED.
        """

        def given_up(record: Record | None) -> Record | None:
            self._require_its_pack(record)
            if record is not None and record.target.id == self._own.id:
                message = "Match runs with the new pack already: begin a migration back to the pack of before."
                raise FailedPrecondition("MIGRATION_SWITCHED", message)
            if record is not None and record.state == pb.MIGRATION_STATE_CANCELLING:
                return None
            record = _making(record)
            if has_watchlists_of(self._projection, record.target):
                return turned_round(record)
            record.state = pb.MIGRATION_STATE_CANCELLING
            return record

        self._record()
        await self._records.change(given_up)

    def _require_its_pack(self, record: Record | None) -> None:
        """Whether this is a pack with which the migration can go on.

        Raises:
            FailedPrecondition: MIGRATION_SWITCHED, the gallery is another pack's since; MIGRATION_NOT_READY, the coming
                pack's before it was settled.
        """
        if record is None:
            return
        is_coming = record.target.id == self._own.id
        if record.state == pb.MIGRATION_STATE_SWITCHED and not is_coming:
            raise FailedPrecondition(
                "MIGRATION_SWITCHED",
                f"The gallery was switched to the pack '{record.target.pack}': start match with that one. The way back "
                "is a migration from there.",
            )
        if is_coming and record.state not in _DECIDED:
            raise FailedPrecondition(
                "MIGRATION_NOT_READY",
                f"Match runs with the coming pack, and the change to it is not settled: start it with "
                f"'{record.source.pack}' again, and settle it there, or give it up.",
            )

    async def _try_embedder(self, target: pb.Embedder) -> None:
        """Whether that embedder answers: by a grey picture, of which it may make what it likes."""
        pixels = np.full((_SIDE, _SIDE, 3), 128, np.uint8).tobytes()
        image = face_pb2.Image(raw=face_pb2.RawImage(width=_SIDE, height=_SIDE, rgb=pixels))
        places = ((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8))
        left_eye, right_eye, nose, left_mouth, right_mouth = (face_pb2.Point(x=x, y=y) for x, y in places)
        landmarks = face_pb2.Landmarks(
            left_eye=left_eye, right_eye=right_eye, nose=nose, left_mouth=left_mouth, right_mouth=right_mouth
        )
        reader = self._readers.require_coming(target)
        try:
            await reader.taken_of([(image, face_pb2.Face(landmarks=landmarks))], with_references=False)
        except InvalidInput as error:
            message = f"The coming embedder does not make what the pack says: {error.message}"
            raise FailedPrecondition("EMBEDDER_DIFFERS", message) from error

    async def _require_done(self) -> int:
        """How many faces get no template. Raises FailedPrecondition MIGRATION_NOT_READY while some wait."""
        effort = await _loaded(self._work.effort)
        if effort.store.projection is self._projection:
            # It was begun in this moment, and what is looked at is left over from the one before.
            raise _not_ready()
        await effort.gallery.caught_up()
        _require_none_waiting(effort.store.projection)
        return sum(effort.store.projection.problems().values())

    def _record(self) -> Record:
        record = self._projection.migration()
        if record is None:
            raise NotFound("MIGRATION_NOT_FOUND", "There is no migration: `sightline gallery migrate --to PACK`.")
        return record


def _making(record: Record | None) -> Record:
    """The record, if templates are being made. Raises FailedPrecondition MIGRATION_SWITCHED."""
    if record is None or record.state not in _MAKING:
        raise FailedPrecondition("MIGRATION_SWITCHED", "This migration is over, or is being given up.")
    return record


def _require_none_waiting(projection: GalleryProjection) -> None:
    """Raises FailedPrecondition MIGRATION_NOT_READY."""
    if waiting := projection.problems().get(""):
        message = f"{waiting} faces are waiting for their templates: `sightline gallery migrate --status`."
        raise FailedPrecondition("MIGRATION_NOT_READY", message)


async def _loading(effort: Effort) -> SightlineError | None:
    try:
        await effort.gallery.check()
    except SightlineError as error:
        return error
    return None


async def _loaded(effort: Effort | None) -> Effort:
    if effort is None or await _loading(effort):
        raise _not_ready()
    return effort


def _not_ready() -> FailedPrecondition:
    return FailedPrecondition("MIGRATION_NOT_READY", "The coming gallery is being loaded: try again soon.")
