"""Tags of collections and stream processors, kept on the gateway's shelf beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.operators import operator_reach
from sightline.gateway.rekognition.seen_processors import tagged_processor
from sightline.gateway.rekognition.services import ask
from sightline.v1 import gallery_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters

MOST_TAGS = 200


class Resolver(Protocol):
    """Finds what is tagged, and sees to it that the caller may."""

    async def __call__(self, call: Call, name: str, *, change: bool) -> str:
        """Our id of it. Raises AwsError or SightlineError where it is not there, or not for them."""


async def _collection(call: Call, name: str, *, change: bool) -> str:
    answer = await ask(call, "GalleryService.GetWatchlist", pb.GetWatchlistRequest(watchlist=name))
    found = answer.watchlist
    if change and not await _operates(call, found.id):
        raise AwsError("AccessDeniedException", "To change tags of a collection you need the role of an operator.")
    return str(found.id)


async def _operates(call: Call, watchlist_id: str) -> bool:
    reach = await operator_reach(call)
    return reach is not None and watchlist_id in reach.watchlists


RESOLVERS: dict[str, Resolver] = {"collection": _collection, "streamprocessor": tagged_processor}
"""By the kind of an ARN."""


async def put_tags(call: Call, own_id: str, tags: dict[str, str]) -> None:
    """Adds tags to a thing's. Raises AwsError ServiceQuotaExceededException."""
    document = await call.shelf.get(_key(own_id))
    together = (document.content if document else {}) | tags
    if len(together) > MOST_TAGS:
        raise AwsError("ServiceQuotaExceededException", f"A resource has at most {MOST_TAGS} tags.")
    if document is None:
        await call.shelf.create(_key(own_id), together)
    else:
        await call.shelf.replace(_key(own_id), together, document.revision)


async def get_tags(call: Call, own_id: str) -> dict[str, str]:
    """A thing's tags."""
    document = await call.shelf.get(_key(own_id))
    return document.content if document else {}


async def drop_tags(call: Call, own_id: str) -> None:
    """Of a thing that is gone."""
    await call.shelf.delete(_key(own_id))


async def tag_resource(call: Call, parameters: Parameters) -> Answer:
    """Adds tags, or changes those of the same keys."""
    await put_tags(call, await _tagged(call, parameters, change=True), parameters["Tags"])
    return {}


async def untag_resource(call: Call, parameters: Parameters) -> Answer:
    """Removes tags; those that are not there are no error."""
    own_id = await _tagged(call, parameters, change=True)
    document = await call.shelf.get(_key(own_id))
    if document is not None:
        kept = {key: value for key, value in document.content.items() if key not in parameters["TagKeys"]}
        await call.shelf.replace(_key(own_id), kept, document.revision)
    return {}


async def list_tags(call: Call, parameters: Parameters) -> Answer:
    """All tags."""
    return {"Tags": await get_tags(call, await _tagged(call, parameters, change=False))}


async def _tagged(call: Call, parameters: Parameters, *, change: bool) -> str:
    arn = parameters["ResourceArn"]
    kind, name = call.arns.read(arn)
    if kind not in RESOLVERS:
        raise AwsError("ResourceNotFoundException", f"There is no resource {arn}.")
    return await RESOLVERS[kind](call, name, change=change)


def _key(own_id: str) -> str:
    return f"tags.{own_id}"


OPERATIONS: dict[str, Operation] = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags,
}
