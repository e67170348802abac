"""Enrolment: a picture of a person becomes a face that can be found, exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound
from sightline.chassis.gallery_subjects import GalleryKind
from sightline.match.application import Enrolled
from sightline.match.enrolment_keys import face_id_of
from sightline.match.enrolments import Proposal
from sightline.match.inference import require_embedder
from sightline.match.ledger import subject_of
from sightline.match.lone_faces import lone_name
from sightline.match.projection import KeptFace
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.match.application import Accepted, Application
    from sightline.match.enrolment_keys import EnrolmentKeys
    from sightline.match.enrolments import Enrolments
    from sightline.match.erasure import Erasure
    from sightline.match.examination import Examination
    from sightline.match.gallery import Gallery
    from sightline.match.ledger import Ledger
    from sightline.match.persons import Persons
    from sightline.match.projection import GalleryProjection
    from sightline.match.references import References


class Enrolment:
    """The use case of enrolling.

    The record of kind `key` says which face this picture of this person is. It is made by compare-and-set before the
    face itself, so that an enrolment which is repeated, raced or interrupted ends in one face.
    """

    def __init__(
        self,
        ledger: Ledger,
        gallery: Gallery,
        projection: GalleryProjection,
        persons: Persons,
        examination: Examination,
        references: References,
        erasure: Erasure,
        keys: EnrolmentKeys,
        enrolments: Enrolments,
        embedder_id: str,
    ) -> None:
        self._ledger = ledger
        self._gallery = gallery
        self._projection = projection
        self._persons = persons
        self._examination = examination
        self._references = references
        self._erasure = erasure
        self._keys = keys
        self._enrolments = enrolments
        self._embedder_id = embedder_id

    async def enroll(self, application: Application) -> Enrolled:
        """Enrols the faces that are meant, and returns once a search can find them, or somebody can approve them.

        Raises:
            InvalidInput: PURPOSE_MISSING; what `Examination` raises; where not one face of a person can be enrolled,
                the first reason of the first.
            FailedPrecondition: EMBEDDER_DIFFERS, the watchlist or the template belongs to another model;
                PERSON_EXPIRED, the person is being deleted.
            NotFound: WATCHLIST_NOT_FOUND or PERSON_NOT_FOUND, deleted while the picture was read.
        """
        self._enrolments.require_reasons(application.purpose)
        require_embedder(self._embedder_id, application.watchlist.embedder_id)
        self._persons.require_lasting(application.watchlist, application.external_id)
        if application.wish.is_for_the_first and (known := await self._enrolled_before(application, 0)):
            return await self._answer(application, [known], [])
        placed, unenrolled = await self._examination.look(application)
        before = [(each, await self._enrolled_before(application, each.place)) for each in placed]
        accepted, refused = await self._examination.accept(application, [each for each, face in before if not face])
        unenrolled = refused + unenrolled
        enrolled = [face for _, face in before if face]
        if accepted:
            enrolled += await self._enter(application, accepted)
        if not enrolled and not application.wish.is_for_each:
            raise _refusal(unenrolled)
        return await self._answer(application, enrolled, unenrolled)

    async def _enrolled_before(self, application: Application, place: int) -> pb.FaceEnrolment | None:
        key = self._key(application, place)
        entry = await self._ledger.last(subject_of(application.watchlist.id, GalleryKind.KEY, key))
        if entry is not None and entry.record is not None:
            # A claim without its face was interrupted: the enrolment goes on with the face id that it claimed.
            face_id = entry.record.enrolled_face_id
        else:
            # What was imported has no claim.
            face_id = face_id_of(key, entry.sequence if entry else 0)
        face = self._projection.face(face_id)
        # A face that only another embedder could read gets its template now, and stays the same face.
        return pb.FaceEnrolment(face=face) if face and self._projection.has_template(face_id) else None

    async def _enter(self, application: Application, accepted: Sequence[Accepted]) -> list[pb.FaceEnrolment]:
        enrolled, kept, sequence = [], [], 0
        persons: dict[str, pb.Person] = {}
        for each in accepted:
            key = self._key(application, each.placed.place)
            person, face_id = await self._claim(application, key)
            persons[person.id] = person
            face = self._face(application, face_id, person.id, each)
            if each.taken.reference is not None:
                await self._references.put(face.watchlist_id, face.id, person.id, each.taken.reference)
            record = records_pb2.FaceRecord(face=face, vector=each.taken.vector.tolist(), enrolment_key=key)
            subject = subject_of(face.watchlist_id, GalleryKind.FACE, face.id)
            sequence = await self._ledger.append(subject, person.id, records_pb2.LedgerRecord(face=record))
            enrolled.append(pb.FaceEnrolment(face=face, created=True, warnings=each.warnings))
            kept.append(KeptFace(face, key))
        await self._gallery.applied(sequence)
        for person in persons.values():
            await self._withdraw_unless_wanted(person, [each for each in kept if each.face.person_id == person.id])
        return enrolled

    async def _claim(self, application: Application, key: str) -> tuple[pb.Person, str]:
        """Whose the face is that this enrolment makes, or that an interrupted one was about to make, and its id."""
        subject = subject_of(application.watchlist.id, GalleryKind.KEY, key)
        last = await self._ledger.last(subject)
        sequence = last.sequence if last else 0
        claimed = last.record.enrolled_face_id if last and last.record else ""
        face_id = claimed or face_id_of(key, sequence)
        person = await self._ensured(application, face_id)
        return person, claimed or await self._claimed(subject, person.id, face_id, sequence)

    async def _claimed(self, subject: str, person_id: str, face_id: str, sequence: int) -> str:
        try:
            record = records_pb2.LedgerRecord(enrolled_face_id=face_id)
            await self._ledger.append(subject, person_id, record, expected=sequence)
        except FailedPrecondition:
            entry = await self._ledger.last(subject)
            if entry is None or entry.record is None:
                raise
            return entry.record.enrolled_face_id
        return face_id

    async def _withdraw_unless_wanted(self, person: pb.Person, faces: Sequence[KeptFace]) -> None:
        """Takes back what was written for a watchlist or a person whose deletion may not have known of it."""
        if self._projection.watchlist(person.watchlist_id) is None:
            await self._erasure.faces(faces)
            await self._erasure.person(person)
            raise NotFound("WATCHLIST_NOT_FOUND", "The watchlist was deleted in the meantime; nothing was enrolled.")
        if self._projection.person(person.id) is None:
            await self._erasure.ownerless(faces)
            raise NotFound("PERSON_NOT_FOUND", "The person was deleted in the meantime; nothing was enrolled.")

    async def _answer(
        self, application: Application, enrolled: list[pb.FaceEnrolment], unenrolled: list[pb.UnenrolledFace]
    ) -> Enrolled:
        person = await self._ensured(application) if application.external_id else None
        proposal = Proposal(
            application.watchlist.id, application.requester, application.purpose, application.case_reference
        )
        await self._enrolments.propose(proposal, [each.face.id for each in enrolled])
        for each in enrolled:
            owner = self._projection.person(each.face.person_id)
            each.person.CopyFrom(owner or pb.Person())
        person = person or (enrolled[0].person if enrolled else None)
        waiting = self._enrolments.where_waiting(enrolled[0].face.id) if enrolled else ""
        return Enrolled(person, enrolled, unenrolled, waiting)

    async def _ensured(self, application: Application, face_id: str = "") -> pb.Person:
        external_id = application.external_id or lone_name(face_id)
        return await self._persons.ensure(application.watchlist, external_id, application.display_name)

    def _key(self, application: Application, place: int) -> str:
        return self._keys.of(application.watchlist.id, application.whose, application.content(place))

    def _face(self, application: Application, face_id: str, person_id: str, accepted: Accepted) -> pb.EnrolledFace:
        face = pb.EnrolledFace(
            id=face_id,
            watchlist_id=application.watchlist.id,
            person_id=person_id,
            face=accepted.placed.face,
            embedder_id=self._embedder_id,
            purpose=application.purpose,
            case_reference=application.case_reference,
            has_reference=accepted.taken.reference is not None,
            requester=application.requester,
            approval=self._enrolments.approval,
            external_image_id=application.external_image_id,
            image_id=application.image_id,
        )
        face.create_time.GetCurrentTime()
        return face


def _refusal(unenrolled: Sequence[pb.UnenrolledFace]) -> InvalidInput:
    reasons = [reason for face in unenrolled for reason in face.reasons]
    return InvalidInput(reasons[0].reason, " ".join(reason.message for reason in reasons[:10]))
