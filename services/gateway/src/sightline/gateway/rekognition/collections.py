"""Collections are watchlists, by their names."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from sightline.chassis.errors import InvalidInput, SightlineError
from sightline.chassis.ids import new_id, requested_id
from sightline.chassis.pages import to_token
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.known_collections import known_collection, watchlist
from sightline.gateway.rekognition.model import load_model
from sightline.gateway.rekognition.operators import subject_of
from sightline.gateway.rekognition.paging import DEFAULT_SIZE, from_token, page
from sightline.gateway.rekognition.request_tokens import is_refusal
from sightline.gateway.rekognition.services import ask, reasons
from sightline.gateway.rekognition.tags import drop_tags, put_tags
from sightline.gateway.whole_number import whole_number
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters

PURPOSE_TAG = "sightline:purpose"
LEGAL_BASIS_TAG = "sightline:legal-basis"
DAYS_TAG = "sightline:expires-days"
_MOST_DAYS = 36_500
_SECONDS_A_DAY = 86_400
_PAGE = 1000


async def create_collection(call: Call, parameters: Parameters) -> Answer:
    """Makes a watchlist; what Rekognition has no place for comes from tags, or from the access key."""
    name, tags = parameters["CollectionId"], parameters.get("Tags", {})
    asked = pb.Watchlist(
        name=name,
        purpose=tags.get(PURPOSE_TAG) or call.signer.purpose or f"Rekognition collection {name}",
        legal_basis=tags.get(LEGAL_BASIS_TAG) or call.signer.legal_basis,
    )
    made = await (_tagged(call, asked, tags) if tags else _created(call, asked, None))
    return {"StatusCode": 200, "CollectionArn": call.arns.of("collection", name), "FaceModelVersion": made.embedder_id}


async def _tagged(call: Call, asked: pb.Watchlist, tags: dict[str, str]) -> pb.Watchlist:
    """A collection with tags. They come first, under the id that it will have: whatever dies in between loses none."""
    request_id = new_id()
    made_id = requested_id("watchlist", await subject_of(call), request_id)
    await put_tags(call, made_id, tags)
    try:
        return await _created(call, asked, tags.get(DAYS_TAG), request_id)
    except (AwsError, SightlineError) as error:
        if is_refusal(error):
            await drop_tags(call, made_id)
        raise


async def _created(call: Call, asked: pb.Watchlist, days: str | None, request_id: str = "") -> pb.Watchlist:
    asked.expire_time.FromSeconds(int(time.time()) + _SECONDS_A_DAY * _days(days or str(call.signer.collection_days)))
    make = partial(ask, call, "GalleryService.CreateWatchlist")
    try:
        answer = await make(pb.CreateWatchlistRequest(watchlist=asked, request_id=request_id))
    except InvalidInput as error:
        if error.reason != "EXPIRY_TOO_LATE" or days is not None:
            raise
        # Nobody asked for so long: as long as the policy allows.
        asked.ClearField("expire_time")
        answer = await make(pb.CreateWatchlistRequest(watchlist=asked, request_id=request_id))
    made: pb.Watchlist = answer.watchlist
    return made


def _days(text: str) -> int:
    if days := whole_number(text, 1, _MOST_DAYS):
        return days
    message = f"Request has invalid parameters: the tag {DAYS_TAG} is a number of days from 1 to {_MOST_DAYS}."
    raise AwsError("InvalidParameterException", message)


async def describe_collection(call: Call, parameters: Parameters) -> Answer:
    """What a watchlist holds."""
    answer = await known_collection(call, parameters["CollectionId"], count_persons=True)
    found = answer.watchlist
    return {
        "FaceCount": found.face_count,
        "FaceModelVersion": found.embedder_id,
        "CollectionARN": call.arns.of("collection", found.name),
        "CreationTimestamp": datetime.fromtimestamp(found.create_time.ToMicroseconds() / 1e6, UTC),
        "UserCount": answer.named_person_count,
    }


async def list_collections(call: Call, parameters: Parameters) -> Answer:
    """By name, those whose name can be a CollectionId."""
    after = from_token("collections", parameters.get("NextToken", ""))
    size = parameters.get("MaxResults") or DEFAULT_SIZE
    found, token = await page(_watchlists(call, after), size, lambda each: each.name, "collections")
    return {
        "CollectionIds": [each.name for each in found],
        "FaceModelVersions": [each.embedder_id for each in found],
        "NextToken": token,
    }


async def _watchlists(call: Call, after: str) -> AsyncIterator[pb.Watchlist]:
    fits = load_model().shapes["CollectionId"].pattern
    request = pb.ListWatchlistsRequest(page_size=_PAGE, page_token=to_token(after) if after else "")
    while True:
        answer = await ask(call, "GalleryService.ListWatchlists", request)
        for each in answer.watchlists:
            if fits is None or fits.fullmatch(each.name):
                yield each
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


async def delete_collection(call: Call, parameters: Parameters) -> Answer:
    """Erases a watchlist with everybody in it."""
    found = await watchlist(call, parameters["CollectionId"])
    await ask(call, "GalleryService.DeleteWatchlist", pb.DeleteWatchlistRequest(watchlist=found.id, **reasons(call)))
    await drop_tags(call, found.id)
    return {"StatusCode": 200}


OPERATIONS: dict[str, Operation] = {
    "CreateCollection": create_collection,
    "DescribeCollection": describe_collection,
    "ListCollections": list_collections,
    "DeleteCollection": delete_collection,
}
