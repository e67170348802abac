"""Messages as they lie in a stream: found behind a moment, and erased one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nats.js.errors import APIError, NotFoundError

from sightline.chassis.bus import answering
from sightline.chassis.errors import Unavailable
from sightline.chassis.tail import sequence_before

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime

    from nats.js.api import RawStreamMsg

    from sightline.chassis.bus import Bus


class StoredMessages:
    """Of one broker. Every method raises Unavailable BROKER_UNAVAILABLE."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def between(
        self, stream: str, subject: str, first: datetime, last: datetime
    ) -> AsyncGenerator[tuple[int, bytes], None]:
        """Sequence and body of each message that is there of that subject, from the one moment to the other."""
        with answering():
            position = await sequence_before(self._bus, stream, first)
            end = await sequence_before(self._bus, stream, last)
        while position < end:
            message = await self._found(stream, position + 1, subject)
            if message is None or (message.seq or 0) > end:
                return
            position = message.seq or 0
            yield position, message.data or b""

    async def erase(self, stream: str, sequence: int) -> None:
        """Writes over a message; nothing happens where it is gone. Raises Unavailable MESSAGE_NOT_ERASED."""
        with answering():
            try:
                await self._bus.js.delete_msg(stream, sequence)
            except APIError as error:
                # The broker has several codes for what is not there, and that it is not there is what we want.
                if await self._found(stream, sequence) is not None:
                    message = f"The broker did not erase a message of {stream}: {error.description}; it is tried again."
                    raise Unavailable("MESSAGE_NOT_ERASED", message) from error

    async def _found(self, stream: str, sequence: int, subject: str | None = None) -> RawStreamMsg | None:
        """The message of that sequence; with a subject: its first one there or behind."""
        with answering():
            try:
                return await self._bus.js.get_msg(stream, seq=sequence, subject=subject, next=subject is not None)
            except NotFoundError:
                return None
