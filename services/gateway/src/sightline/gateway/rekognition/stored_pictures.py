"""Pictures of requests that lie in an object store: fetched, and from then on as if they had been sent."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition, NotFound, SightlineError, Unavailable
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.operators import operator_reach
from sightline.gateway.rekognition.rules import IMAGES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.object_store import ObjectAddress, ObjectBody, ObjectStore
    from sightline.gateway.body import BodyGate
    from sightline.gateway.rekognition.call import Call, Parameters

MOST_BYTES = 15 * 1024 * 1024
"""Rekognition's own limit; two of them fit into one message to the services."""


class StoredPictures:
    """Fetches pictures, which take of the same memory as bodies do.

    Args:
        store: where they lie.
        gate: knows what room there is.
        seconds: that all pictures of a request have, together.
    """

    def __init__(self, store: ObjectStore, gate: BodyGate, seconds: float) -> None:
        self._store = store
        self._gate = gate
        self._seconds = seconds

    @asynccontextmanager
    async def fetched(self, call: Call, parameters: Parameters) -> AsyncIterator[Parameters]:
        """The parameters with Bytes for each S3Object; what was fetched counts as held until the block ends.

        Raises:
            AwsError: InvalidS3ObjectException, with the reason; ImageTooLargeException; AccessDeniedException, for only
                operators get to know what is in the store.
            Unavailable: S3_UNAVAILABLE, it may be tried again.
            ResourceExhausted: SERVER_BUSY.
        """
        async with AsyncExitStack() as held:
            places = {name: parameters[name]["S3Object"] for name in IMAGES if "S3Object" in parameters.get(name, {})}
            addresses = {name: self._admit(place) for name, place in places.items()}
            if addresses and await operator_reach(call) is None:
                raise AwsError("AccessDeniedException", "To name pictures in buckets you need the role of an operator.")
            yield parameters | await self._read_all(addresses, held)

    def _admit(self, place: Parameters) -> ObjectAddress:
        if "Version" in place:
            raise _invalid("Versions of objects are not served: leave Version out, for the newest.")
        try:
            return self._store.admit(f"s3://{place['Bucket']}/{place['Name']}")
        except SightlineError as error:
            raise _invalid(error.message) from error

    async def _read_all(self, addresses: dict[str, ObjectAddress], held: AsyncExitStack) -> Parameters:
        try:
            async with asyncio.timeout(self._seconds):
                return {name: {"Bytes": await self._read(address, held)} for name, address in addresses.items()}
        except TimeoutError as error:
            raise Unavailable(
                "S3_UNAVAILABLE", f"The object store did not send the picture within {self._seconds:g} s."
            ) from error

    async def _read(self, address: ObjectAddress, held: AsyncExitStack) -> bytes:
        try:
            async with self._store.open(address, 0, "") as body:
                if body.size > MOST_BYTES:
                    raise _too_large()
                await held.enter_async_context(self._gate.room(body.size))
                return await _whole(body)
        except (NotFound, FailedPrecondition) as error:
            raise _invalid(error.message) from error


async def _whole(body: ObjectBody) -> bytes:
    """No more than was announced, for which there is room."""
    read = bytearray()
    async for piece in body.pieces:
        read += piece
        if len(read) > body.size:
            raise _too_large()
    return bytes(read)


def _invalid(why: str) -> AwsError:
    return AwsError("InvalidS3ObjectException", f"Unable to get object metadata from S3: {why}")


def _too_large() -> AwsError:
    return AwsError("ImageTooLargeException", f"Image size is too large: at most {MOST_BYTES} bytes in a bucket.")
