"""When each API key was last used, to the nearest minutes: enough to find those that nobody needs."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from nats.js.errors import KeyNotFoundError

from sightline.chassis.errors import SightlineError, Unavailable
from sightline.chassis.excerpt import excerpt
from sightline.chassis.identity.recent import Recent
from sightline.chassis.topology import KEY_USES
from sightline.v1 import records_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from google.protobuf.timestamp_pb2 import Timestamp
    from nats.js.kv import KeyValue

    from sightline.chassis.bus import Bus

log = structlog.get_logger()

WRITE_SECONDS = 300.0
"""A key's use is written at most so often by each process."""
_RETRY_SECONDS = 30.0
_TRACKED = 10_000


class KeyUses:
    """Notes uses beside the calls, never in their way.

    Args:
        bus: to the broker.
        bucket: `key-uses`.
        write_seconds: how often a key's use is written.
    """

    def __init__(self, bus: Bus, bucket: KeyValue, write_seconds: float = WRITE_SECONDS) -> None:
        self._bus = bus
        self._bucket = bucket
        self._write_seconds = write_seconds
        self._noted: Recent[str, bool] = Recent(_TRACKED, time.monotonic)
        self._writing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Ends once everything that was noted in the block is written, or could not be."""
        try:
            yield
        finally:
            await asyncio.gather(*self._writing)

    def used(self, key_id: str) -> None:
        """Notes that the key is used now; returns at once and never fails."""
        if self._noted.get(key_id):
            return
        self._noted.put(key_id, True, time.monotonic() + self._write_seconds)
        task = asyncio.create_task(self._write(key_id), name="key use")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def last(self, key_id: str) -> Timestamp | None:
        """When the key was last used, at most some minutes off; None: never. Raises Unavailable KEY_USES_UNKNOWN."""
        try:
            entry = await self._bucket.get(key_id)
        except KeyNotFoundError:
            return None
        except (NatsError, JetStreamError, TimeoutError, ConnectionError) as error:
            raise _unknown() from error
        return records_pb2.ApiKeyUse.FromString(entry.value or b"").last_use_time

    async def all(self) -> dict[str, records_pb2.ApiKeyUse]:
        """The last uses of all keys that were ever used, by key. Raises Unavailable KEY_USES_UNKNOWN."""
        uses = {}
        try:
            async with aclosing(excerpt(self._bus, f"KV_{KEY_USES}")) as batches:
                async for messages in batches:
                    for message in messages:
                        key_id = message.subject.removeprefix(f"$KV.{KEY_USES}.")
                        uses[key_id] = records_pb2.ApiKeyUse.FromString(message.data)
        except (SightlineError, NatsError, TimeoutError, ConnectionError) as error:
            raise _unknown() from error
        return uses

    async def _write(self, key_id: str) -> None:
        use = records_pb2.ApiKeyUse()
        use.last_use_time.GetCurrentTime()
        try:
            await self._bucket.put(key_id, use.SerializeToString())
        except Exception as error:  # noqa: BLE001 - whatever it is, no call may suffer from it
            self._noted.put(key_id, True, time.monotonic() + _RETRY_SECONDS)
            log.warning("key_use_not_noted", key=key_id, error=type(error).__name__)


def _unknown() -> Unavailable:
    return Unavailable(
        "KEY_USES_UNKNOWN", "When keys were last used cannot be read: is nats-server up? Try again soon."
    )
