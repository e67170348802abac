"""Searches of collections, by a picture, by a face or by a user; for faces or for users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.gateway.rekognition.detection import detected
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.face_shapes import box, detail, enrolled, percent
from sightline.gateway.rekognition.known_collections import known_user, watchlist
from sightline.gateway.rekognition.known_faces import known_face
from sightline.gateway.rekognition.pictures import picture
from sightline.gateway.rekognition.quality_filter import flaws
from sightline.gateway.rekognition.services import ask, reasons
from sightline.v1 import search_service_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters

DEFAULT_THRESHOLD = 80.0
DEFAULT_MOST = 100


async def search_faces(call: Call, parameters: Parameters) -> Answer:
    """Faces that resemble one of the collection."""
    collection = await watchlist(call, parameters["CollectionId"])
    face = await known_face(call, collection.id, parameters["FaceId"])
    answer = await _faces(call, parameters, collection.id, face_id=face.face.id, probe_watchlist=collection.id)
    return {
        "SearchedFaceId": face.uuid,
        "FaceMatches": _face_matches(answer.matches),
        "FaceModelVersion": collection.embedder_id,
    }


async def search_faces_by_image(call: Call, parameters: Parameters) -> Answer:
    """Faces that resemble the largest of a picture."""
    collection = await watchlist(call, parameters["CollectionId"])
    answer = await _faces(call, parameters, collection.id, image=picture(parameters["Image"]))
    if flaws(answer.probe, parameters.get("QualityFilter", "NONE")):
        raise no_face("the image's largest face is not good enough for the QualityFilter")
    return {
        "SearchedFaceBoundingBox": box(answer.probe.bounding_box),
        "SearchedFaceConfidence": percent(answer.probe.confidence),
        "FaceMatches": _face_matches(answer.matches),
        "FaceModelVersion": collection.embedder_id,
    }


async def search_users(call: Call, parameters: Parameters) -> Answer:
    """Users who resemble a face of the collection, or another user."""
    collection = await watchlist(call, parameters["CollectionId"])
    searched: Answer
    probe: dict[str, Any]
    if "FaceId" in parameters:
        face = await known_face(call, collection.id, parameters["FaceId"])
        searched, probe = {"SearchedFace": {"FaceId": face.uuid}}, {"face_id": face.face.id}
    else:
        user = parameters["UserId"]
        answer = await known_user(call, collection.id, user)
        searched, probe = {"SearchedUser": {"UserId": user}}, {"person": answer.person.id}
        if not answer.face_count:
            return searched | {"UserMatches": [], "FaceModelVersion": collection.embedder_id}
    found = await _persons(call, parameters, collection.id, probe_watchlist=collection.id, **probe)
    return searched | {"UserMatches": _user_matches(found.matches), "FaceModelVersion": collection.embedder_id}


async def search_users_by_image(call: Call, parameters: Parameters) -> Answer:
    """Users who resemble the largest face of a picture; without a good face there are none."""
    collection = await watchlist(call, parameters["CollectionId"])
    image = picture(parameters["Image"])
    faces = await detected(call, image)
    left = [(face, ["FACE_NOT_LARGEST"]) for face in faces[1:]]
    said: Answer = {"UserMatches": [], "FaceModelVersion": collection.embedder_id}
    if faces and (bad := flaws(faces[0], parameters.get("QualityFilter", "NONE"))):
        left = [(faces[0], bad), *left]
    elif faces:
        found = await _persons(call, parameters, collection.id, image=image)
        said["UserMatches"] = _user_matches(found.matches)
        said["SearchedFace"] = {"FaceDetail": detail(faces[0])}
    return said | {"UnsearchedFaces": [{"FaceDetails": detail(face), "Reasons": why} for face, why in left]}


def no_face(why: str) -> AwsError:
    """The error of a picture in which there is nobody to be searched for."""
    return AwsError("InvalidParameterException", f"Request has invalid parameters: {why}.")


# A probe and its watchlist come by the request's own names.
async def _faces(
    call: Call, parameters: Parameters, watchlist_id: str, **probe: Any
) -> search_service_pb2.SearchFacesResponse:
    request = search_service_pb2.SearchFacesRequest(
        watchlists=[watchlist_id],
        max_faces=parameters.get("MaxFaces", DEFAULT_MOST),
        min_similarity=parameters.get("FaceMatchThreshold", DEFAULT_THRESHOLD),
        **reasons(call),
        **probe,
    )
    answer: search_service_pb2.SearchFacesResponse = await ask(call, "SearchService.SearchFaces", request)
    return answer


async def _persons(
    call: Call, parameters: Parameters, watchlist_id: str, **probe: Any
) -> search_service_pb2.SearchPersonsResponse:
    request = search_service_pb2.SearchPersonsRequest(
        watchlists=[watchlist_id],
        max_persons=parameters.get("MaxUsers", DEFAULT_MOST),
        min_similarity=parameters.get("UserMatchThreshold", DEFAULT_THRESHOLD),
        named_only=True,
        **reasons(call),
        **probe,
    )
    answer: search_service_pb2.SearchPersonsResponse = await ask(call, "SearchService.SearchPersons", request)
    return answer


def _face_matches(matches: Iterable[search_service_pb2.FaceMatch]) -> list[Answer]:
    return [{"Similarity": each.similarity, "Face": enrolled(each.face, each.person)} for each in matches]


def _user_matches(matches: Iterable[search_service_pb2.PersonMatch]) -> list[Answer]:
    return [
        {"Similarity": each.similarity, "User": {"UserId": each.person.external_id, "UserStatus": "ACTIVE"}}
        for each in matches
    ]


OPERATIONS: dict[str, Operation] = {
    "SearchFaces": search_faces,
    "SearchFacesByImage": search_faces_by_image,
    "SearchUsers": search_users,
    "SearchUsersByImage": search_users_by_image,
}
