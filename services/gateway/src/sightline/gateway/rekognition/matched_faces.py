"""Enrolled faces in matches of cameras and videos, which know of them no more than their ids and whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import NotFound, PermissionDenied
from sightline.gateway.rekognition.face_ids import to_uuid
from sightline.gateway.rekognition.face_shapes import enrolled, is_lone
from sightline.gateway.rekognition.known_faces import every_face
from sightline.gateway.rekognition.services import reasons
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.gateway.rekognition.call import Answer, Call
    from sightline.v1.events_pb2 import Candidate

_AT_ONCE = 1000


class MatchedFaces:
    """Faces of a watchlist as they are enrolled now; of those that are gone, what the match says is all there is."""

    def __init__(self, shown: dict[str, Answer]) -> None:
        self._shown = shown

    @classmethod
    async def of(cls, call: Call, watchlist_id: str, face_ids: Iterable[str]) -> MatchedFaces:
        """Looks faces up, if the caller may look at the watchlist. Raises SightlineError."""
        wanted = sorted(set(face_ids))
        shown: dict[str, Answer] = {}
        try:
            for start in range(0, len(wanted), _AT_ONCE):
                ids = wanted[start : start + _AT_ONCE]
                request = pb.ListFacesRequest(watchlist=watchlist_id, face_ids=ids, **reasons(call))
                async for each in every_face(call, request):
                    shown[each.face.id] = enrolled(each.face, each.person)
        except (NotFound, PermissionDenied):
            pass
        return cls(shown)

    def match(self, person: Candidate, similarity: float) -> Answer:
        """A FaceMatch."""
        return {"Similarity": similarity, "Face": self._shown.get(person.face_id) or _of(person)}


def _of(person: Candidate) -> Answer:
    face = {"FaceId": to_uuid(person.face_id)}
    if person.external_image_id:
        face["ExternalImageId"] = person.external_image_id
    if person.external_id and not is_lone(person.external_id):
        face["UserId"] = person.external_id
    return face
