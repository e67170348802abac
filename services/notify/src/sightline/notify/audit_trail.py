"""The AUDIT stream as it is stored: entries with all that their seals are made of."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from sightline.chassis.excerpt import excerpt
from sightline.chassis.tail import last_sequence
from sightline.chassis.topology import AUDIT
from sightline.v1.audit_seal_pb2 import AuditEntry

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nats.aio.msg import Msg

    from sightline.chassis.bus import Bus


def entry_of(message: Msg) -> AuditEntry:
    """The entry that a message of the stream is."""
    metadata, headers = message.metadata, message.headers or {}
    entry = AuditEntry(
        sequence=metadata.sequence.stream,
        subject=message.subject,
        headers={_text(name): _text(value) for name, value in headers.items()},
        body=message.data,
    )
    entry.stored_time.FromDatetime(metadata.timestamp)
    return entry


def _text(value: str) -> str:
    """A header as text: of bytes that are none, what Python escapes them with."""
    return value if value.isascii() else value.encode(errors="backslashreplace").decode()


class AuditTrail:
    """Reads the trail."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def last(self) -> int:
        """The sequence of the last entry that there ever was."""
        return await last_sequence(self._bus, AUDIT)

    async def count(self) -> int:
        """How many entries there are."""
        return (await self._bus.js.stream_info(AUDIT)).state.messages

    async def entries(self, after: int = 0, last: int | None = None) -> AsyncGenerator[list[AuditEntry], None]:
        """Those behind that sequence, up to `last`, or to what there is now. Raises Unavailable BROKER_UNAVAILABLE."""
        async with aclosing(excerpt(self._bus, AUDIT, after=after, last=last)) as batches:
            async for messages in batches:
                yield [entry_of(message) for message in messages]
