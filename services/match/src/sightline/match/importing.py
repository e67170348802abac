"""Import: many pictures or templates become faces that can be found, each exactly once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound, SightlineError
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.chassis.wire import get_floats
from sightline.match.approval_rows import Standing
from sightline.match.bulk_reading import Choice, Found
from sightline.match.chunks import Draft
from sightline.match.enrolment_keys import picture_bytes
from sightline.match.enrolments import Proposal
from sightline.match.face_drafts import face_draft
from sightline.match.inference import Taken, require_embedder
from sightline.match.persons import person_expired, person_id_of
from sightline.match.projection import KeptFace
from sightline.match.vectors import checked, packed_floats
from sightline.v1 import face_pb2, records_pb2
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import import_service_pb2 as import_pb

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sightline.chassis.pack import Pack
    from sightline.match.bulk_reading import BulkReading
    from sightline.match.enrolment_keys import EnrolmentKeys
    from sightline.match.enrolments import Enrolments
    from sightline.match.erasure import Erasure
    from sightline.match.face_rows import KnownFace
    from sightline.match.gallery import Gallery
    from sightline.match.ledger import Ledger
    from sightline.match.persons import Persons
    from sightline.match.projection import GalleryProjection
    from sightline.match.references import References
    from sightline.match.vectors import Vector

Readings: TypeAlias = "dict[str, Found | SightlineError]"
Answer: TypeAlias = "dict[str, Any]"
"""The fields of an ImportedItem that say what became of it."""


@dataclass(frozen=True)
class Batch:
    """Items for one watchlist, why they are enrolled, and who asked for it."""

    watchlist: pb.Watchlist
    items: Sequence[import_pb.ImportItem]
    choice: Choice
    purpose: str = ""
    case_reference: str = ""
    dry_run: bool = False
    requester: str = ""
    import_id: str = ""


class Newcomer(NamedTuple):
    """An item that is not enrolled yet; its vector, where it is a template."""

    key: str
    person_id: str
    item: import_pb.ImportItem
    vector: Vector | None


class Import:
    """The use case of bulk enrolment.

    A face's id follows from its enrolment key, so a batch that is repeated, raced or interrupted ends in one face for
    each picture; nothing has to be claimed first.
    """

    def __init__(
        self,
        ledger: Ledger,
        gallery: Gallery,
        projection: GalleryProjection,
        persons: Persons,
        reading: BulkReading,
        references: References,
        erasure: Erasure,
        keys: EnrolmentKeys,
        enrolments: Enrolments,
        pack: Pack,
    ) -> None:
        self._ledger = ledger
        self._gallery = gallery
        self._projection = projection
        self._persons = persons
        self._reading = reading
        self._references = references
        self._erasure = erasure
        self._keys = keys
        self._enrolments = enrolments
        self._embedder_id = pack.embedder_id
        self._dimension = pack.embedder.dimension

    async def take(self, batch: Batch) -> import_pb.ImportFacesResponse:
        """What became of each item, once searches can find all that is new, or somebody can approve it.

        Raises:
            InvalidInput: PURPOSE_MISSING.
            FailedPrecondition: EMBEDDER_DIFFERS, the watchlist belongs to another model.
            NotFound: WATCHLIST_NOT_FOUND or PERSON_NOT_FOUND, deleted meanwhile.
        """
        self._enrolments.require_reasons(batch.purpose)
        require_embedder(self._embedder_id, batch.watchlist.embedder_id)
        vectors = [_vector(item, self._dimension) for item in batch.items]
        keys = list(map(partial(self._key, batch.watchlist.id), batch.items, vectors))
        known = self._projection.enrolled(keys)
        persons = {name: person_id_of(batch.watchlist.id, name) for name in {item.person for item in batch.items}}
        # Of items that are the same, the first stands for all.
        newcomers: dict[str, Newcomer] = {}
        for key, item, vector in zip(keys, batch.items, vectors, strict=True):
            if key not in known and key not in newcomers:
                newcomers[key] = Newcomer(key, persons[item.person], item, vector)
        readings = await self._read(batch, list(newcomers.values()))
        drafts = self._drafts(batch, newcomers, readings)
        if drafts and not batch.dry_run:
            await self._keep_references(batch.watchlist.id, drafts, readings)
            await self._write(batch, drafts.values(), [newcomers[key] for key in drafts])
        there = self._projection.lasting_persons({face.person_id for face in known.values()})
        answers = {key: _known(face, is_there=face.person_id in there) for key, face in known.items()}
        answers |= {key: _refused(found) for key, found in readings.items() if isinstance(found, SightlineError)}
        pending = self._enrolments.approval == pb.APPROVAL_PENDING
        answers |= {key: _enrolled(each, pending=pending, dry_run=batch.dry_run) for key, each in drafts.items()}
        response = import_pb.ImportFacesResponse(import_id=batch.import_id)
        for key, item in zip(keys, batch.items, strict=True):
            # In its place: a message that is handed over is copied.
            response.items.add(key=item.key, **answers[key])
        response.enrolment_id = "" if batch.dry_run else await self._propose(batch, response.items)
        return response

    async def _propose(self, batch: Batch, items: Iterable[import_pb.ImportedItem]) -> str:
        why = (batch.requester, batch.purpose, batch.case_reference)
        proposal = Proposal(batch.watchlist.id, *why, batch.import_id)
        waiting = {item.face_id for item in items if item.outcome == import_pb.IMPORT_OUTCOME_PENDING}
        return await self._enrolments.propose(proposal, waiting)

    def _key(self, watchlist_id: str, item: import_pb.ImportItem, vector: Vector | None) -> str:
        content = picture_bytes(item.image) if vector is None else b"template\0" + packed_floats(vector)
        return self._keys.of(watchlist_id, item.person, content)

    async def _read(self, batch: Batch, newcomers: Sequence[Newcomer]) -> Readings:
        persons = {each.person_id for each in newcomers}
        expired = self._projection.known_persons(persons) - self._projection.lasting_persons(persons)
        readings: Readings = {
            each.key: refusal
            for each in newcomers
            if each.person_id in expired and (refusal := self._barred(batch, each))
        }
        welcome = [each for each in newcomers if each.key not in readings]
        pictures = [each for each in welcome if each.item.HasField("image")]
        found = await self._reading.read([each.item.image for each in pictures], batch.choice)
        readings |= {each.key: reading for each, reading in zip(pictures, found, strict=True)}
        return readings | {
            each.key: self._trusted(each.item.template.embedder_id, each.vector)
            for each in welcome
            if each.vector is not None
        }

    def _barred(self, batch: Batch, newcomer: Newcomer) -> SightlineError | None:
        """Why nobody is enrolled for this person now."""
        try:
            self._persons.require_lasting(batch.watchlist, newcomer.item.person)
        except FailedPrecondition as refusal:
            return refusal
        return None

    def _trusted(self, embedder_id: str, vector: Vector) -> Found | SightlineError:
        try:
            require_embedder(embedder_id, self._embedder_id)
            return Found(face_pb2.Face(), Taken(checked(vector, self._dimension)))
        except (InvalidInput, FailedPrecondition) as refusal:
            return refusal

    def _drafts(self, batch: Batch, newcomers: dict[str, Newcomer], readings: Readings) -> dict[str, Draft]:
        """The records of the faces that are enrolled, by enrolment key."""
        deleted, common = self._projection.deletions(list(newcomers)), self._common(batch)
        return {
            key: face_draft(common, key, deleted.get(key, 0), newcomers[key].person_id, found)
            for key, found in readings.items()
            if isinstance(found, Found)
        }

    def _common(self, batch: Batch) -> pb.EnrolledFace:
        """What the faces of a batch have in common."""
        common = pb.EnrolledFace(
            watchlist_id=batch.watchlist.id,
            embedder_id=self._embedder_id,
            purpose=batch.purpose,
            case_reference=batch.case_reference,
            requester=batch.requester,
            approval=self._enrolments.approval,
        )
        common.create_time.GetCurrentTime()
        return common

    async def _keep_references(self, watchlist_id: str, drafts: Mapping[str, Draft], readings: Readings) -> None:
        """Before the faces themselves: a face that says it has one has one."""
        found = ((draft, readings[key]) for key, draft in drafts.items())
        await asyncio.gather(
            *(
                self._references.put(watchlist_id, draft.id, draft.owner, reading.taken.reference)
                for draft, reading in found
                if isinstance(reading, Found) and reading.taken.reference is not None
            )
        )

    async def _write(self, batch: Batch, faces: Collection[Draft], newcomers: Sequence[Newcomer]) -> None:
        watchlist_id = batch.watchlist.id
        new = await self._new_persons(batch.watchlist, newcomers)
        persons = [Draft(GalleryKind.PERSON, each.id, each.id, records_pb2.LedgerRecord(person=each)) for each in new]
        written = await self._ledger.append_many(watchlist_id, [*persons, *faces], [person.id for person in new])
        await self._gallery.applied(written.sequence)
        if self._projection.watchlist(watchlist_id) is None:
            await self._erasure.too_late(watchlist_id, written.subjects, [each.record.face.face for each in faces])
            raise NotFound("WATCHLIST_NOT_FOUND", "The watchlist was deleted in the meantime; nothing was enrolled.")
        there = self._projection.lasting_persons({each.owner for each in faces})
        if lost := [each.record.face for each in faces if each.owner not in there]:
            kept = [KeptFace(each.face, each.enrolment_key) for each in lost]
            await self._erasure.without_person(watchlist_id, written.subjects, kept)
            message = "Somebody was deleted in the meantime; the others of the batch are enrolled: repeat it."
            raise NotFound("PERSON_NOT_FOUND", message)

    async def _new_persons(self, watchlist: pb.Watchlist, newcomers: Iterable[Newcomer]) -> list[pb.Person]:
        """Those whom the watchlist never knew. Of the others, those with another display name now get it at once."""
        names: dict[str, str] = {}
        for each in newcomers:
            names[each.item.person] = names.get(each.item.person) or each.item.display_name
        ids = {each.item.person: each.person_id for each in newcomers}
        # Whoever was deleted has a tombstone, behind which their next record stands; it is not in a chunk.
        deleted = self._projection.deletions(list(ids.values()))
        there = self._projection.known_persons(list(ids.values()))
        new = []
        for external_id, person_id in ids.items():
            name = names[external_id]
            if person_id not in deleted and person_id not in there:
                asked = pb.Person(external_id=external_id, display_name=name)
                new.append(self._persons.begun(watchlist, asked, person_id))
            elif name or person_id not in there:
                await self._persons.ensure(watchlist, external_id, name)
        return new


def _vector(item: import_pb.ImportItem, dimension: int) -> Vector | None:
    if not item.HasField("template"):
        return None
    template = item.template
    packed = get_floats(template, template.VECTOR_FIELD_NUMBER, dimension)
    return np.asarray(template.vector, np.float32) if packed is None else np.frombuffer(packed, "<f4")


def _known(face: KnownFace, *, is_there: bool) -> Answer:
    if not is_there:
        return _refused(person_expired())
    counts = face.standing is Standing.COUNTS
    outcome = import_pb.IMPORT_OUTCOME_KNOWN if counts else import_pb.IMPORT_OUTCOME_PENDING
    return {"outcome": outcome, "face_id": face.face_id, "person_id": face.person_id}


def _refused(error: SightlineError) -> Answer:
    problem = face_pb2.Problem(reason=error.reason, message=error.message)
    return {"outcome": import_pb.IMPORT_OUTCOME_REFUSED, "problem": problem}


def _enrolled(face: Draft, *, pending: bool, dry_run: bool) -> Answer:
    outcome = import_pb.IMPORT_OUTCOME_PENDING if pending else import_pb.IMPORT_OUTCOME_ENROLLED
    return {"outcome": outcome} if dry_run else {"outcome": outcome, "face_id": face.id, "person_id": face.owner}
