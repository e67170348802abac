"""Faces that go from one person of a watchlist to another: what is kept of them is sealed anew for the new owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.chassis.errors import FailedPrecondition, Unavailable
from sightline.chassis.fusion import fused
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.match.ledger import WRONG_LAST_SEQUENCE, subject_of
from sightline.match.lone_faces import is_lone, lone_name
from sightline.match.persons import no_person, person_id_of
from sightline.match.projection import KeptFace
from sightline.match.records import TRIES, changed_meanwhile
from sightline.match.templates import subject_of_template
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.chassis.pack import Pack
    from sightline.match.enrolments import Enrolments
    from sightline.match.faces import Faces
    from sightline.match.gallery import Gallery
    from sightline.match.ledger import Ledger
    from sightline.match.persons import Persons
    from sightline.match.probes import TemplateStore
    from sightline.match.projection import GalleryProjection
    from sightline.match.references import References

# A mean does not change any more.
MOST_FUSED = 100


class Moving:
    """The use case of moving faces.

    A face's own record goes last, by compare-and-set: until it is written, the face is whose it was. A move that was
    interrupted, before it or behind it, can be repeated, and of several at once those that lose give way. Whoever stood
    for a face and for nobody who is known is erased with the move, and so is their key.
    """

    def __init__(
        self,
        ledger: Ledger,
        gallery: Gallery,
        projection: GalleryProjection,
        templates: TemplateStore,
        references: References,
        persons: Persons,
        faces: Faces,
        enrolments: Enrolments,
        pack: Pack,
    ) -> None:
        self._ledger = ledger
        self._gallery = gallery
        self._projection = projection
        self._store = templates
        self._references = references
        self._persons = persons
        self._faces = faces
        self._enrolments = enrolments
        self._pack = pack

    async def move(
        self, watchlist: pb.Watchlist, face_ids: Sequence[str], name: str, least: float | None = None, owner: str = ""
    ) -> tuple[list[str], dict[str, float]]:
        """Moves those of the faces that are there, and returns them, and those that are too unlike, with how similar.

        Args:
            watchlist: of all of them.
            face_ids: those that are not there are in neither list.
            name: id or external id of whose they are to be; empty: each is to have a person of its own.
            least: similarity (0 to 100) to the person's other faces that they need.
            owner: id or external id of whose they may be; nobody's may be moved, too. Empty: whoever's they are.

        Raises:
            NotFound: PERSON_NOT_FOUND.
            FailedPrecondition: APPROVAL_NEEDED, the policy wants somebody to agree whose a face is.
            Conflict: RECORD_CHANGED, somebody else changed a face meanwhile.
            Unavailable: TEMPLATES_CHANGING.
        """
        target = self._target(watchlist, name) if name else None
        known = self._persons.get(watchlist, owner) if owner else None
        moved, unlike = list[str](), dict[str, float]()
        for face_id in face_ids:
            kept = self._projection.kept_face(face_id)
            if kept is None or kept.face.watchlist_id != watchlist.id or not self._may_go(kept, known):
                continue
            if self._is_at_its_goal(kept, target):
                await self._end(watchlist.id, face_id, person_id_of(watchlist.id, lone_name(face_id)))
                moved.append(face_id)
                continue
            similarity = await self._similarity(face_id, target) if target and least is not None else None
            if similarity is not None and least is not None and similarity < least:
                unlike[face_id] = similarity
            elif await self._move(watchlist, kept, target):
                moved.append(face_id)
        return moved, unlike

    def _target(self, watchlist: pb.Watchlist, name: str) -> pb.Person:
        if self._enrolments.approval:
            message = (
                "The policy wants enrolments to be approved, and nobody approves a move: enrol the picture for them."
            )
            raise FailedPrecondition("APPROVAL_NEEDED", message)
        return self._persons.get(watchlist, name)

    def _is_at_its_goal(self, kept: KeptFace, target: pb.Person | None) -> bool:
        return self._is_nobodys(kept) if target is None else kept.face.person_id == target.id

    def _may_go(self, kept: KeptFace, owner: pb.Person | None) -> bool:
        return owner is None or kept.face.person_id == owner.id or self._is_nobodys(kept)

    def _is_nobodys(self, kept: KeptFace) -> bool:
        owner = self._projection.kept_person(kept.face.person_id)
        return owner is not None and is_lone(owner)

    async def _similarity(self, face_id: str, target: pb.Person) -> float | None:
        """Of a face to the person's other faces, 0 to 100; None: they have none."""
        others = self._projection.face_ids(target.id)[:MOST_FUSED]
        if not others:
            return None
        vectors = await self._store.vectors([face_id, *others])
        theirs = [vectors[each] for each in others if each in vectors]
        if face_id not in vectors or not theirs:
            raise _changing()
        cosine = float(np.dot(vectors[face_id], fused((1.0, each) for each in theirs)))
        return self._pack.embedder.to_similarity(cosine)

    async def _move(self, watchlist: pb.Watchlist, kept: KeptFace, target: pb.Person | None) -> bool:
        """Whether it was there to be moved."""
        face, before = kept.face, kept.face.person_id
        record, expected = await self._record(kept)
        if record is None:
            return False
        if record.face.person_id != before:  # what was looked at was not the last of it
            raise changed_meanwhile()
        owner = target or await self._persons.ensure(watchlist, lone_name(face.id), "")
        record.face.person_id = owner.id
        subject = subject_of(watchlist.id, GalleryKind.FACE, face.id)
        try:
            await self._reseal(kept, record.face)
            entry = records_pb2.LedgerRecord(face=record)
            sequence = await self._ledger.append(subject, owner.id, entry, expected=expected)
        except FailedPrecondition as error:
            if error.reason != WRONG_LAST_SEQUENCE:
                raise
            await self._give_way(kept, subject)
            await self._faces.erase_left([owner.id])
            raise changed_meanwhile() from error
        await self._gallery.applied(sequence)
        await self._end(watchlist.id, face.id, before)
        await self._withdraw_unless_wanted(watchlist, owner, KeptFace(record.face, kept.enrolment_key))
        return True

    async def _withdraw_unless_wanted(self, watchlist: pb.Watchlist, owner: pb.Person, kept: KeptFace) -> None:
        """As an enrolment does: who got the face may have been deleted without it."""
        if self._projection.person(owner.id) is None:
            await self._faces.delete_ownerless(watchlist.id, [kept])
            raise no_person(watchlist, owner.external_id)

    async def settle(self, face_id: str) -> None:
        """Seals what is kept of a face for whoever has it: a move that was cut off had sealed it for somebody else."""
        if kept := self._projection.kept_face(face_id):
            await self._give_way(kept, subject_of(kept.face.watchlist_id, GalleryKind.FACE, face_id))

    async def _give_way(self, kept: KeptFace, subject: str) -> None:
        """Seals what is kept of the face for whoever has it, or deletes it where the face was deleted."""
        entry, sealed = await self._ledger.last(subject), -1
        while (entry is None or entry.record is not None) and (sequence := entry.sequence if entry else 0) != sealed:
            sealed = sequence
            await self._reseal(kept, entry.record.face.face if entry and entry.record else kept.face)
            entry = await self._ledger.last(subject)
        if entry is not None:
            await self._gallery.applied(entry.sequence)
            if entry.record is None:
                await self._references.delete(kept.face.id)

    async def _end(self, watchlist_id: str, face_id: str, before: str) -> None:
        """What comes behind the face's own record; also of a move that was interrupted there."""
        if face_id not in self._projection.counted_in_chunks([face_id]):
            # An import's chunk still holds the face under its old owner's key.
            await self._faces.withdraw(watchlist_id, [face_id])
        await self._faces.erase_left([before])

    async def _record(self, kept: KeptFace) -> tuple[records_pb2.FaceRecord | None, int]:
        """The face's record, made anew where it came with an import, and the sequence of the last one of its own."""
        face = kept.face
        entry = await self._ledger.last(subject_of(face.watchlist_id, GalleryKind.FACE, face.id))
        if entry is not None:
            return (entry.record.face if entry.record else None), entry.sequence
        vectors = await self._store.vectors([face.id])
        if face.id not in vectors:
            raise _changing()
        record = records_pb2.FaceRecord(face=face, vector=vectors[face.id].tolist(), enrolment_key=kept.enrolment_key)
        return record, 0

    async def _reseal(self, kept: KeptFace, face: pb.EnrolledFace) -> None:
        if face.has_reference:
            reference = await self._references.get(face.id)
            await self._references.put(face.watchlist_id, face.id, face.person_id, reference)
        for template in self._projection.templates_of(face.id):
            await self._reseal_record(face, subject_of_template(face.watchlist_id, template))
        if kept.enrolment_key:
            await self._reseal_record(face, subject_of(face.watchlist_id, GalleryKind.KEY, kept.enrolment_key))

    async def _reseal_record(self, face: pb.EnrolledFace, subject: str) -> None:
        """By compare-and-set: what is deleted meanwhile stays so."""
        for _ in range(TRIES):
            last = await self._ledger.last(subject)
            if last is None or last.record is None:
                return
            try:
                await self._ledger.append(subject, face.person_id, last.record, expected=last.sequence)
            except FailedPrecondition as error:
                # Somebody else moves the face as well, and gives way or is given way to.
                if error.reason != WRONG_LAST_SEQUENCE:
                    raise
            else:
                return
        raise changed_meanwhile()


def _changing() -> Unavailable:
    return Unavailable("TEMPLATES_CHANGING", "The templates are being changed: try again.")
