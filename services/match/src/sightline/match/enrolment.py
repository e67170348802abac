"""Enrolment: a picture of a person becomes a face that can be found, exactly once."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition, InvalidInput, NotFound
from sightline.chassis.ids import derived_id, new_id
from sightline.chassis.topology import GalleryKind
from sightline.match.inference import require_embedder
from sightline.match.ledger import subject_of
from sightline.v1 import gallery_service_pb2 as pb
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.match.gallery import Gallery
    from sightline.match.inference import FaceReader
    from sightline.match.ledger import Ledger
    from sightline.match.projection import GalleryProjection
    from sightline.match.vectors import Vector
    from sightline.v1 import face_pb2


@dataclass(frozen=True)
class Application:
    """Who is to be enrolled, with what picture, and why."""

    watchlist: pb.Watchlist
    external_id: str
    display_name: str
    image: face_pb2.Image
    purpose: str
    case_reference: str


@dataclass(frozen=True)
class Enrolled:
    """The face that the picture is now; `created` is False where it was enrolled before."""

    face: pb.EnrolledFace
    person: pb.Person
    created: bool


class Enrolment:
    """The use cases of faces.

    The record of kind `key` says which face this picture of this person is. It is made by compare-and-set before the
    face itself, so that an enrolment which is repeated, raced or interrupted ends in one face.
    """

    def __init__(
        self,
        ledger: Ledger,
        gallery: Gallery,
        projection: GalleryProjection,
        reader: FaceReader,
        secret: bytes,
        embedder_id: str,
    ) -> None:
        """`secret` keys the hash of pictures, so that the ledger does not tell who is enrolled with which picture."""
        self._ledger = ledger
        self._gallery = gallery
        self._projection = projection
        self._reader = reader
        self._secret = secret
        self._embedder_id = embedder_id

    async def enroll(self, application: Application) -> Enrolled:
        """Enrols the one face of a picture, and returns once a search can find it.

        Raises:
            InvalidInput: NO_FACE, SEVERAL_FACES, or what detect says of an unreadable picture.
            FailedPrecondition: EMBEDDER_DIFFERS, the watchlist belongs to another model.
            NotFound: WATCHLIST_NOT_FOUND, it was deleted while the picture was read.
        """
        require_embedder(self._embedder_id, application.watchlist.embedder_id)
        key = self._enrolment_key(application)
        if (face := await self._enrolled_before(application.watchlist.id, key)) is not None:
            return Enrolled(face, self._projection.person(face.person_id) or pb.Person(), created=False)
        found, vector = await self._read(application.image)
        person = await self._person(application)
        face_id = await self._claim(application.watchlist.id, person.id, key)
        face = _face(application, face_id, person.id, found, self._embedder_id)
        record = records_pb2.FaceRecord(face=face, vector=vector.tolist(), enrolment_key=key)
        subject = subject_of(application.watchlist.id, GalleryKind.FACE, face_id)
        sequence = await self._ledger.append(subject, person.id, records_pb2.LedgerRecord(face=record))
        await self._gallery.applied(sequence)
        if self._projection.watchlist(application.watchlist.id) is None:
            await self._withdraw(face, key)
            raise NotFound("WATCHLIST_NOT_FOUND", "The watchlist was deleted in the meantime; nothing was enrolled.")
        return Enrolled(face, person, created=True)

    async def delete(self, watchlist: pb.Watchlist, face_ids: Sequence[str]) -> list[str]:
        """Deletes those of the faces that are in the watchlist, and returns them once no search can find them."""
        keys = self._projection.enrolment_keys(watchlist.id)
        deleted = [face_id for face_id in face_ids if face_id in keys]
        for face_id in deleted:
            await self._ledger.bury(subject_of(watchlist.id, GalleryKind.KEY, keys[face_id]))
            sequence = await self._ledger.bury(subject_of(watchlist.id, GalleryKind.FACE, face_id))
        if deleted:
            await self._gallery.applied(sequence)
        return deleted

    def _enrolment_key(self, application: Application) -> str:
        image = application.image
        picture = image.encoded or image.raw.SerializeToString(deterministic=True)
        parts = (application.watchlist.id.encode(), application.external_id.encode(), picture)
        return derived_id(hmac.digest(self._secret, b"\0".join(parts), "sha256"))

    async def _enrolled_before(self, watchlist_id: str, key: str) -> pb.EnrolledFace | None:
        entry = await self._ledger.last(subject_of(watchlist_id, GalleryKind.KEY, key))
        if entry is None or entry.record is None:
            return None
        # A claim without its face was interrupted: the enrolment goes on with the face id that it claimed.
        return self._projection.face(entry.record.enrolled_face_id)

    async def _read(self, image: face_pb2.Image) -> tuple[face_pb2.Face, Vector]:
        faces = await self._reader.faces(image)
        if not faces:
            raise InvalidInput(
                "NO_FACE", "There is no face in the picture: use one that shows the face from the front."
            )
        if len(faces) > 1:
            raise InvalidInput(
                "SEVERAL_FACES", f"There are {len(faces)} faces in the picture: crop it to the one that is meant."
            )
        [vector] = await self._reader.templates(image, faces)
        return faces[0], vector

    async def _person(self, application: Application) -> pb.Person:
        # The id follows from the external id, so that two enrolments of one new person make one person.
        person_id = person_id_of(application.watchlist.id, application.external_id)
        known = self._projection.person(person_id)
        if known is not None and application.display_name in {"", known.display_name}:
            return known
        person = pb.Person(
            id=person_id,
            watchlist_id=application.watchlist.id,
            external_id=application.external_id,
            display_name=application.display_name,
        )
        if known is not None:
            person.create_time.CopyFrom(known.create_time)
        else:
            person.create_time.GetCurrentTime()
        subject = subject_of(application.watchlist.id, GalleryKind.PERSON, person_id)
        await self._ledger.append(subject, person_id, records_pb2.LedgerRecord(person=person))
        return person

    async def _claim(self, watchlist_id: str, person_id: str, key: str) -> str:
        subject = subject_of(watchlist_id, GalleryKind.KEY, key)
        face_id = new_id()
        try:
            await self._ledger.create(subject, person_id, records_pb2.LedgerRecord(enrolled_face_id=face_id))
        except FailedPrecondition:
            entry = await self._ledger.last(subject)
            if entry is None or entry.record is None:
                raise
            return entry.record.enrolled_face_id
        return face_id

    async def _withdraw(self, face: pb.EnrolledFace, key: str) -> None:
        """Takes back what was written for a watchlist whose deletion did not know of it."""
        records = ((GalleryKind.KEY, key), (GalleryKind.FACE, face.id), (GalleryKind.PERSON, face.person_id))
        for kind, record_id in records:
            await self._ledger.bury(subject_of(face.watchlist_id, kind, record_id))


def person_id_of(watchlist_id: str, external_id: str) -> str:
    """The id of the person whom the customer's records call so."""
    return derived_id(watchlist_id, "person", external_id)


def _face(
    application: Application, face_id: str, person_id: str, found: face_pb2.Face, embedder_id: str
) -> pb.EnrolledFace:
    face = pb.EnrolledFace(
        id=face_id,
        watchlist_id=application.watchlist.id,
        person_id=person_id,
        face=found,
        embedder_id=embedder_id,
        purpose=application.purpose,
        case_reference=application.case_reference,
    )
    face.create_time.GetCurrentTime()
    return face
