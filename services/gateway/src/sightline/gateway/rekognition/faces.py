"""Faces of collections: indexed, listed and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.errors import InvalidInput
from sightline.chassis.ids import new_id
from sightline.chassis.pages import to_token
from sightline.gateway.rekognition.face_shapes import REASONS, area, detail, enrolled
from sightline.gateway.rekognition.known_collections import known_user, watchlist
from sightline.gateway.rekognition.known_faces import every_face, known_faces
from sightline.gateway.rekognition.paging import DEFAULT_SIZE, from_token, page
from sightline.gateway.rekognition.pictures import picture
from sightline.gateway.rekognition.quality_filter import GATES
from sightline.gateway.rekognition.services import ask, reasons
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters
    from sightline.gateway.rekognition.known_faces import KnownFace

MOST_FACES = 100


async def index_faces(call: Call, parameters: Parameters) -> Answer:
    """Enrols each face of a picture as nobody's; users get them by AssociateFaces."""
    collection = await watchlist(call, parameters["CollectionId"])
    image_id = parameters.get("ExternalImageId", "")
    request = pb.EnrollFaceRequest(
        watchlist=collection.id,
        display_name=image_id,
        image=picture(parameters["Image"]),
        selection=pb.FACE_SELECTION_EACH,
        max_faces=min(parameters.get("MaxFaces", MOST_FACES), MOST_FACES),
        quality_gate=GATES[parameters.get("QualityFilter", "AUTO")],
        external_image_id=image_id,
        image_id=new_id(),
        **reasons(call),
    )
    try:
        answer = await ask(call, "GalleryService.EnrollFace", request)
    except InvalidInput as error:
        if error.reason != "NO_FACE":
            raise
        answer = pb.EnrollFaceResponse()
    found = sorted(answer.enrolled, key=lambda each: -area(each.face.face))
    return {
        "FaceRecords": [
            {"Face": enrolled(each.face, each.person), "FaceDetail": detail(each.face.face)} for each in found
        ],
        "UnindexedFaces": [_unindexed(each) for each in answer.unenrolled],
        "FaceModelVersion": collection.embedder_id,
    }


def _unindexed(left: pb.UnenrolledFace) -> Answer:
    said = dict.fromkeys(issue.reason for issue in left.reasons if issue.reason in REASONS)
    return {"Reasons": list(said), "FaceDetail": detail(left.face)}


async def list_faces(call: Call, parameters: Parameters) -> Answer:
    """By our ids; of one user, or of those that are asked for."""
    collection = await watchlist(call, parameters["CollectionId"])
    listing = f"faces {collection.id}"
    after = from_token(listing, parameters.get("NextToken", ""))
    faces = _chosen(call, collection.id, parameters, after)
    size = parameters.get("MaxResults") or DEFAULT_SIZE
    found, token = await page(faces, size, lambda each: each.face.id, listing)
    return {
        "Faces": [enrolled(each.face, each.person) for each in found],
        "NextToken": token,
        "FaceModelVersion": collection.embedder_id,
    }


async def _chosen(call: Call, watchlist_id: str, parameters: Parameters, after: str) -> AsyncIterator[KnownFace]:
    user = parameters.get("UserId", "")
    if user:
        await known_user(call, watchlist_id, user)
    if "FaceIds" in parameters:
        known = await known_faces(call, watchlist_id, parameters["FaceIds"])
        for each in sorted(known.values(), key=lambda each: each.face.id):
            if each.face.id > after and user in {"", each.user}:
                yield each
        return
    request = pb.ListFacesRequest(watchlist=watchlist_id, person=user, **reasons(call))
    request.page_token = to_token(after) if after else ""
    async for each in every_face(call, request):
        yield each


async def delete_faces(call: Call, parameters: Parameters) -> Answer:
    """Deletes those of the faces that are nobody's; whose they are, and what is not there, is said."""
    collection = await watchlist(call, parameters["CollectionId"])
    uuids = list(dict.fromkeys(parameters["FaceIds"]))
    known = await known_faces(call, collection.id, uuids)
    free = [known[each].face.id for each in uuids if each in known and not known[each].user]
    deleted: set[str] = set()
    if free:
        request = pb.DeleteFacesRequest(watchlist=collection.id, face_ids=free, **reasons(call))
        answer = await ask(call, "GalleryService.DeleteFaces", request)
        deleted = set(answer.deleted_face_ids)
    left = [each for each in uuids if each not in known or known[each].face.id not in deleted]
    return {
        "DeletedFaces": [each for each in uuids if each not in left],
        "UnsuccessfulFaceDeletions": [_undeleted(each, known.get(each)) for each in left],
    }


def _undeleted(uuid: str, known: KnownFace | None) -> Answer:
    if known is None or not known.user:
        return {"FaceId": uuid, "Reasons": ["FACE_NOT_FOUND"]}
    return {"FaceId": uuid, "UserId": known.user, "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]}


OPERATIONS: dict[str, Operation] = {
    "IndexFaces": index_faces,
    "ListFaces": list_faces,
    "DeleteFaces": delete_faces,
}
