"""Users are persons, by their external ids."""

from __future__ import annotations

from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

from sightline.chassis.errors import AlreadyExists, NotFound
from sightline.chassis.pages import to_token
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.face_shapes import is_lone
from sightline.gateway.rekognition.known_collections import known_user, watchlist
from sightline.gateway.rekognition.known_faces import every_face, known_faces
from sightline.gateway.rekognition.model import load_model
from sightline.gateway.rekognition.paging import from_token, page
from sightline.gateway.rekognition.request_tokens import once
from sightline.gateway.rekognition.services import ask, reasons
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters
    from sightline.gateway.rekognition.known_faces import KnownFace
    from sightline.gateway.rekognition.request_tokens import Attempt

MOST_FACES = 100
"""Of a user."""
DEFAULT_THRESHOLD = 75.0
_MOST_USERS = 500
_PAGE = 500
_CLOCKS_APART = 60.0


async def create_user(call: Call, parameters: Parameters) -> Answer:
    """Makes a person without a face."""
    return await once(call, "CreateUser", parameters, partial(_create, call, parameters))


async def _create(call: Call, parameters: Parameters, attempt: Attempt) -> Answer:
    user = parameters["UserId"]
    if is_lone(user):
        message = "Request has invalid parameters: a UserId of this form stands for a face that is nobody's here."
        raise AwsError("InvalidParameterException", message)
    collection = await watchlist(call, parameters["CollectionId"])
    person = pb.Person(external_id=user)
    request = pb.CreatePersonRequest(watchlist=collection.id, person=person, **reasons(call))
    try:
        await ask(call, "GalleryService.CreatePerson", request)
    except AlreadyExists:
        if not (attempt.again and await _made_since(call, collection.id, user, attempt.first_time)):
            raise
    return {}


async def _made_since(call: Call, watchlist_id: str, user: str, moment: float) -> bool:
    """Whether a user was made at that moment, in seconds since 1970, or later: by an attempt whose answer was lost."""
    made = (await known_user(call, watchlist_id, user)).person.create_time
    return bool(made.ToNanoseconds() / 1e9 >= moment - _CLOCKS_APART)


async def delete_user(call: Call, parameters: Parameters) -> Answer:
    """Takes the faces from a person, which stay in the collection, and erases the person."""
    return await once(call, "DeleteUser", parameters, partial(_delete, call, parameters))


async def _delete(call: Call, parameters: Parameters, attempt: Attempt) -> Answer:
    try:
        await _delete_known(call, parameters)
    except NotFound as error:
        if not (attempt.again and error.reason == "PERSON_NOT_FOUND"):  # else an earlier attempt has deleted them
            raise
    return {}


async def _delete_known(call: Call, parameters: Parameters) -> None:
    collection, answer = await _person(call, parameters)
    request = pb.ListFacesRequest(watchlist=collection.id, person=answer.person.id, **reasons(call))
    theirs = [each.face.id async for each in every_face(call, request)]
    for start in range(0, len(theirs), MOST_FACES):
        await _move(call, collection.id, theirs[start : start + MOST_FACES], "", owner=answer.person.id)
    deletion = pb.DeletePersonRequest(watchlist=collection.id, person=answer.person.id, **reasons(call))
    await ask(call, "GalleryService.DeletePerson", deletion)


async def list_users(call: Call, parameters: Parameters) -> Answer:
    """By id, those whose external id can be a UserId."""
    collection = await watchlist(call, parameters["CollectionId"])
    listing = f"users {collection.id}"
    after = from_token(listing, parameters.get("NextToken", ""))
    users = _users(call, collection.id, after)
    size = parameters.get("MaxResults", _MOST_USERS)
    found, token = await page(users, size, lambda each: str(each["UserId"]), listing)
    return {"Users": found, "NextToken": token}


async def _users(call: Call, watchlist_id: str, after: str) -> AsyncIterator[Answer]:
    longest = load_model().shapes["UserId"].most or 0
    request = pb.ListPersonsRequest(watchlist=watchlist_id, page_size=_PAGE, named_only=True, **reasons(call))
    request.page_token = to_token(after) if after else ""
    while True:
        answer = await ask(call, "GalleryService.ListPersons", request)
        for person, count in zip(answer.persons, answer.face_counts, strict=True):
            if len(person.external_id) <= longest:
                yield {"UserId": person.external_id, "UserStatus": _status(count)}
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


async def associate_faces(call: Call, parameters: Parameters) -> Answer:
    """Gives faces to a person."""
    return await once(call, "AssociateFaces", parameters, partial(_associate, call, parameters))


async def _associate(call: Call, parameters: Parameters, attempt: Attempt) -> Answer:
    collection, answer = await _person(call, parameters)
    user, uuids = parameters["UserId"], list(dict.fromkeys(parameters["FaceIds"]))
    known = await known_faces(call, collection.id, uuids)
    free = [each for each in uuids if each in known and known[each].user in {"", user}]
    new = [each for each in free if not known[each].user]
    if answer.face_count + len(new) > MOST_FACES:
        message = f"A user has at most {MOST_FACES} faces, and this one has {answer.face_count}."
        raise AwsError("ServiceQuotaExceededException", message)
    least = parameters.get("UserMatchThreshold", DEFAULT_THRESHOLD)
    person = answer.person.id
    moved = await _move(call, collection.id, [known[each].face.id for each in free], person, least, owner=person)
    theirs = set(moved.moved_face_ids)
    # A match of an older release does not say how similar they are.
    unlike = dict(zip_longest(moved.unlike_face_ids, moved.unlike_similarities))
    done = [each for each in free if known[each].face.id in theirs]
    known = await _anew(call, collection.id, known, [each for each in free if each not in done])
    failed = [_unassociated(each, known.get(each), user, unlike) for each in uuids if each not in done]
    return {
        # An earlier attempt, whose answer was lost, may have given those that were theirs.
        "AssociatedFaces": [{"FaceId": each} for each in done if each in new or attempt.again],
        "UnsuccessfulFaceAssociations": failed,
        "UserStatus": _status(answer.face_count + len(done)),
    }


def _unassociated(uuid: str, known: KnownFace | None, user: str, unlike: dict[str, float | None]) -> Answer:
    if known is not None and known.face.id in unlike:
        return {"FaceId": uuid, "Confidence": unlike[known.face.id], "Reasons": ["LOW_MATCH_CONFIDENCE"]}
    return _others(uuid, known, user)


def _others(uuid: str, known: KnownFace | None, user: str) -> Answer:
    """Another user's, with whose it is; one that is not there, or has gone meanwhile."""
    if known is None or known.user in {"", user}:
        return {"FaceId": uuid, "Reasons": ["FACE_NOT_FOUND"]}
    return {"FaceId": uuid, "UserId": known.user, "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]}


async def disassociate_faces(call: Call, parameters: Parameters) -> Answer:
    """Takes faces from a person; they stay in the collection."""
    return await once(call, "DisassociateFaces", parameters, partial(_disassociate, call, parameters))


async def _disassociate(call: Call, parameters: Parameters, attempt: Attempt) -> Answer:
    collection, answer = await _person(call, parameters)
    user, uuids = parameters["UserId"], list(dict.fromkeys(parameters["FaceIds"]))
    known = await known_faces(call, collection.id, uuids)
    # An earlier attempt, whose answer was lost, may have taken those that are nobody's.
    users = {user, ""} if attempt.again else {user}
    theirs = [each for each in uuids if each in known and known[each].user in users]
    ids = [known[each].face.id for each in theirs]
    moved = set((await _move(call, collection.id, ids, "", owner=answer.person.id)).moved_face_ids)
    done = [each for each in theirs if known[each].face.id in moved]
    taken = sum(known[each].user == user for each in done)
    known = await _anew(call, collection.id, known, [each for each in theirs if each not in done])
    free = [each for each in uuids if each in known and not known[each].user]
    failed = [_others(each, known.get(each), user) for each in uuids if each not in {*done, *free}]
    return {
        "DisassociatedFaces": [{"FaceId": each} for each in done],
        "UnsuccessfulFaceDisassociations": failed,
        "UserStatus": _status(max(0, answer.face_count - taken)),
    }


async def _person(call: Call, parameters: Parameters) -> tuple[pb.Watchlist, pb.GetPersonResponse]:
    """The collection, and the user with the number of their faces; both have to be there."""
    collection = await watchlist(call, parameters["CollectionId"])
    return collection, await known_user(call, collection.id, parameters["UserId"])


async def _anew(call: Call, watchlist_id: str, known: dict[str, KnownFace], left: list[str]) -> dict[str, KnownFace]:
    """What is known of faces; of those that were left out what is so by now: somebody else may have been faster."""
    others = {uuid: face for uuid, face in known.items() if uuid not in left}
    return others | await known_faces(call, watchlist_id, left)


async def _move(
    call: Call, watchlist_id: str, face_ids: list[str], person: str, least: float | None = None, *, owner: str
) -> pb.MoveFacesResponse:
    """Moves faces, as far as they are nobody's, or the owner's: what others got meanwhile stays theirs."""
    if not face_ids:
        return pb.MoveFacesResponse()
    request = pb.MoveFacesRequest(
        watchlist=watchlist_id, face_ids=face_ids, person=person, min_similarity=least, owner=owner, **reasons(call)
    )
    moved: pb.MoveFacesResponse = await ask(call, "GalleryService.MoveFaces", request)
    return moved


def _status(faces: int) -> str:
    return "ACTIVE" if faces else "CREATED"


OPERATIONS: dict[str, Operation] = {
    "CreateUser": create_user,
    "DeleteUser": delete_user,
    "ListUsers": list_users,
    "AssociateFaces": associate_faces,
    "DisassociateFaces": disassociate_faces,
}
