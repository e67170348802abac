"""An object store, of which pieces are pulled: nats-py would have the broker push them, to an address of ours.

Where each service has an account of its own the broker could not reach that.
"""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from typing import TYPE_CHECKING

from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import ObjectInfo
from nats.js.errors import DigestMismatchError
from nats.js.object_store import OBJ_CHUNKS_PRE_TEMPLATE, ObjectStore

from sightline.chassis.pull import ConsumerLost, Pull
from sightline.chassis.tail import consumer_behind

if TYPE_CHECKING:
    import io
    from collections.abc import AsyncGenerator

    from sightline.chassis.bus import Bus

_BATCH = 8
_NAMES = 256
_FETCH_SECONDS = 2.0


class PulledObjects(ObjectStore):
    """As nats-py's."""

    def __init__(self, bus: Bus, name: str, stream: str) -> None:
        super().__init__(name, stream, bus.js)
        self._bus = bus

    async def get(
        self,
        name: str,
        writeinto: io.BufferedIOBase | None = None,
        show_deleted: bool | None = False,
    ) -> ObjectStore.ObjectResult:
        """As nats-py's. Raises nats's TimeoutError where a piece does not come."""
        info = await self.get_info(name, show_deleted)
        data = await self._pieces(info) if info.size else b""
        if info.size and info.digest != _digest(data):
            raise DigestMismatchError
        if writeinto:
            writeinto.write(data)
        return self.ObjectResult(info=info, data=data)

    async def there(self) -> AsyncGenerator[ObjectInfo, None]:
        """All objects; one that comes or goes meanwhile may be missing, or among them.

        Raises nats's TimeoutError where the broker does not answer.
        """
        consumer = await consumer_behind(self._bus, self._stream, 0, f"$O.{self._name}.M.>")
        try:
            async with Pull(self._bus.client, self._stream, consumer, _NAMES).bound() as pull:
                left = True
                while left and (messages := await pull.fetch(_NAMES, seconds=_FETCH_SECONDS)):
                    for message in messages:
                        info = ObjectInfo.from_response(json.loads(message.data))
                        left = message.metadata.num_pending > 0
                        if not info.deleted:
                            yield info
        except ConsumerLost as error:
            raise NatsTimeoutError from error

    async def _pieces(self, info: ObjectInfo) -> bytes:
        subject = OBJ_CHUNKS_PRE_TEMPLATE.format(bucket=self._name, obj=info.nuid)
        consumer = await consumer_behind(self._bus, self._stream, 0, subject)
        pieces: list[bytes] = []
        try:
            async with Pull(self._bus.client, self._stream, consumer, _BATCH).bound() as pull:
                while len(pieces) < (info.chunks or 0):
                    if not (messages := await pull.fetch(_BATCH, seconds=_FETCH_SECONDS)):
                        raise NatsTimeoutError
                    pieces += [message.data for message in messages]
        except ConsumerLost as error:
            raise NatsTimeoutError from error
        return b"".join(pieces)


def _digest(data: bytes) -> str:
    return f"SHA-256={base64.urlsafe_b64encode(sha256(data).digest()).decode()}"
