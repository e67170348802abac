"""Faces of a collection, looked up by the UUIDs that clients have of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.face_ids import candidates, to_uuid
from sightline.gateway.rekognition.face_shapes import user_of
from sightline.gateway.rekognition.services import ask, reasons
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from sightline.gateway.rekognition.call import Call

_PAGE = 1000


@dataclass(frozen=True)
class KnownFace:
    """An enrolled face, and who has it."""

    face: pb.EnrolledFace
    person: pb.Person

    @property
    def user(self) -> str:
        """The user whose it is; "" for nobody's."""
        return user_of(self.person)

    @property
    def uuid(self) -> str:
        """As clients know it."""
        return to_uuid(self.face.id)


async def every_face(call: Call, request: pb.ListFacesRequest) -> AsyncIterator[KnownFace]:
    """All faces that a request lists, by id, page by page."""
    request.page_size = _PAGE
    while True:
        answer = await ask(call, "GalleryService.ListFaces", request)
        persons = {person.id: person for person in answer.persons}
        for face in answer.faces:
            yield KnownFace(face, persons.get(face.person_id, pb.Person()))
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


async def known_faces(call: Call, collection: str, uuids: Iterable[str]) -> dict[str, KnownFace]:
    """Those of the faces that the collection has, by UUID."""
    wanted = list(dict.fromkeys(uuids))
    known: dict[str, KnownFace] = {}
    for start in range(0, len(wanted), _PAGE):
        ids = [own for each in wanted[start : start + _PAGE] for own in candidates(each)]
        request = pb.ListFacesRequest(watchlist=collection, face_ids=ids, **reasons(call))
        known |= {each.uuid: each async for each in every_face(call, request)}
    return known


async def known_face(call: Call, collection: str, uuid: str) -> KnownFace:
    """One. Raises AwsError InvalidParameterException, as AWS says it of a face that is not there."""
    known = await known_faces(call, collection, [uuid])
    if uuid not in known:
        raise AwsError("InvalidParameterException", "faceId was not found in the collection.")
    return known[uuid]
