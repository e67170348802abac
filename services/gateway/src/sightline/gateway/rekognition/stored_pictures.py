"""Pictures of requests that lie in an object store: fetched, and from then on as if they had been sent."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from sightline.chassis.errors import SightlineError, Unavailable
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.rules import IMAGES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sightline.chassis.object_store import ObjectBody, ObjectStore
    from sightline.gateway.body import BodyGate
    from sightline.gateway.rekognition.call import Parameters

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
    async def fetched(self, parameters: Parameters) -> AsyncIterator[Parameters]:
        """The parameters with Bytes for each S3Object; what was fetched counts as held until the block ends.

        Raises:
            AwsError: InvalidS3ObjectException, with the reason; ImageTooLargeException.
            Unavailable: S3_UNAVAILABLE, it may be tried again.
            ResourceExhausted: SERVER_BUSY.
        """
        async with AsyncExitStack() as held:
            yield parameters | await self._read_all(parameters, held)

    async def _read_all(self, parameters: Parameters, held: AsyncExitStack) -> Parameters:
        places = {name: parameters[name]["S3Object"] for name in IMAGES if "S3Object" in parameters.get(name, {})}
        try:
            async with asyncio.timeout(self._seconds):
                return {name: {"Bytes": await self._read(place, held)} for name, place in places.items()}
        except TimeoutError as error:
            raise Unavailable(
                "S3_UNAVAILABLE", f"The object store did not send the picture within {self._seconds:g} s."
            ) from error

    async def _read(self, place: Parameters, held: AsyncExitStack) -> bytes:
        if "Version" in place:
            raise _invalid("Versions of objects are not served: leave Version out, for the newest.")
        try:
            address = self._store.admit(f"s3://{place['Bucket']}/{place['Name']}")
            async with self._store.open(address, 0, "") as body:
                if body.size > MOST_BYTES:
                    raise _too_large()
                await held.enter_async_context(self._gate.room(body.size))
                return await _whole(body)
        except SightlineError as error:
            if _is_about_the_object(error):
                raise _invalid(error.message) from error
            raise


async def _whole(body: ObjectBody) -> bytes:
    """No more than was announced, for which there is room."""
    read = bytearray()
    async for piece in body.pieces:
        read += piece
        if len(read) > body.size:
            raise _too_large()
    return bytes(read)


def _is_about_the_object(error: SightlineError) -> bool:
    return error.reason.startswith(("S3_", "SOURCE_")) and not isinstance(error, Unavailable)


def _invalid(why: str) -> AwsError:
    return AwsError("InvalidS3ObjectException", f"Unable to get object metadata from S3: {why}")


def _too_large() -> AwsError:
    return AwsError("ImageTooLargeException", f"Image size is too large: at most {MOST_BYTES} bytes in a bucket.")
