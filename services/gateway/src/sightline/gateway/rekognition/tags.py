"""Tags of collections and stream processors, kept on the gateway's shelf beside them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from sightline.chassis.errors import AlreadyExists, Conflict
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.known_collections import watchlist
from sightline.gateway.rekognition.operators import operator_reach
from sightline.gateway.rekognition.seen_processors import tagged_processor

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.gateway.rekognition.call import Answer, Call, Operation, Parameters

MOST_TAGS = 200
_TRIES = 10


class Resolver(Protocol):
    """Finds what is tagged, and sees to it that the caller may."""

    async def __call__(self, call: Call, name: str, *, change: bool) -> str:
        """Our id of it. Raises AwsError or SightlineError where it is not there, or not for them."""


async def _collection(call: Call, name: str, *, change: bool) -> str:
    found = await watchlist(call, name)
    if change and not await _operates(call, found.id):
        raise AwsError("AccessDeniedException", "To change tags of a collection you need the role of an operator.")
    return str(found.id)


async def _operates(call: Call, watchlist_id: str) -> bool:
    reach = await operator_reach(call)
    return reach is not None and watchlist_id in reach.watchlists


RESOLVERS: dict[str, Resolver] = {"collection": _collection, "streamprocessor": tagged_processor}
"""By the kind of an ARN."""


async def put_tags(call: Call, own_id: str, tags: dict[str, str]) -> None:
    """Adds tags to a thing's. Raises AwsError ServiceQuotaExceededException; Conflict TAGS_CHANGED."""

    def add(present: dict[str, str]) -> dict[str, str]:
        together = present | tags
        if len(together) > MOST_TAGS:
            raise AwsError("ServiceQuotaExceededException", f"A resource has at most {MOST_TAGS} tags.")
        return together

    await _change(call, own_id, add)


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
    gone = set(parameters["TagKeys"])

    def remove(present: dict[str, str]) -> dict[str, str]:
        return {key: value for key, value in present.items() if key not in gone}

    await _change(call, await _tagged(call, parameters, change=True), remove)
    return {}


async def list_tags(call: Call, parameters: Parameters) -> Answer:
    """All tags."""
    return {"Tags": await get_tags(call, await _tagged(call, parameters, change=False))}


async def _change(call: Call, own_id: str, edit: Callable[[dict[str, str]], dict[str, str]]) -> None:
    """Changes a thing's tags; where somebody else does at the same moment, both changes are made."""
    for _ in range(_TRIES):
        document = await call.shelf.get(_key(own_id))
        present: dict[str, str] = document.content if document else {}
        wanted = edit(present)
        if wanted == present:
            return
        with suppress(AlreadyExists, Conflict):
            if document is None:
                await call.shelf.create(_key(own_id), wanted)
            else:
                await call.shelf.replace(_key(own_id), wanted, document.revision)
            return
    raise Conflict("TAGS_CHANGED", "The tags are being changed by others; try again.")


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
