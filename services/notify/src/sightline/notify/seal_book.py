"""The AUDIT_SEALS stream: what the sealer writes, and auditors read."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from nats.js.errors import NotFoundError

from sightline.chassis.bus import answering
from sightline.chassis.excerpt import excerpt
from sightline.chassis.seals import is_signed, key_id
from sightline.chassis.topology import AUDIT_SEALS, SEALS
from sightline.v1.audit_seal_pb2 import Seal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from sightline.chassis.bus import Bus


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next seal goes: behind this one, and behind this sequence of the stream."""

    seal: Seal | None = None
    sequence: int = 0

    @property
    def sealed(self) -> int:
        """The sequence of the trail up to which it is sealed."""
        return self.seal.last_sequence if self.seal else 0


@dataclass(frozen=True, slots=True)
class StoredSeal:
    """A seal with its sequence in the stream, which is another than its number where somebody else wrote there."""

    sequence: int
    seal: Seal


class SealBook:
    """Reads seals, and appends them."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def place(self, key: Ed25519PublicKey) -> Place:
        """Where the next seal goes that this key signs. Raises Unavailable BROKER_UNAVAILABLE.

        Behind the last seal of this key: what somebody else wrote into the stream moves the sealer nowhere. Where there
        is none of this key, behind the last one of another: then the key was replaced.
        """
        ours, last, other = {key_id(key): key}, await self._last(), None
        for sequence in range(last, 0, -1):
            seal = await self._seal(sequence)
            if seal and is_signed(seal, ours):
                return Place(seal, last)
            other = other or (seal if seal and seal.number else None)
        return Place(other, last)

    async def append(self, seal: Seal, place: Place) -> Place:
        """Writes the seal there, and returns where the next one goes.

        Raises:
            FailedPrecondition: WRONG_LAST_SEQUENCE, another sealer wrote in between.
            Unavailable: BROKER_UNAVAILABLE; it may be there all the same.
        """
        dedup_id = f"{seal.key_id}.{seal.number}.{seal.time.ToNanoseconds()}"
        sequence = await self._bus.publish(SEALS, seal, dedup_id=dedup_id, expected_sequence=place.sequence)
        return Place(seal, sequence)

    async def latest(self) -> Seal | None:
        """The last one that is stored. Raises Unavailable BROKER_UNAVAILABLE."""
        last = await self._last()
        return await self._seal(last) if last else None

    async def count(self) -> int:
        """How many are stored."""
        return (await self._bus.js.stream_info(AUDIT_SEALS)).state.messages

    async def seals(self, after: int = 0) -> AsyncGenerator[list[StoredSeal], None]:
        """Those behind that sequence of the stream. Raises Unavailable BROKER_UNAVAILABLE."""
        async with aclosing(excerpt(self._bus, AUDIT_SEALS, after=after)) as batches:
            async for messages in batches:
                yield [StoredSeal(message.metadata.sequence.stream, _read(message.data)) for message in messages]

    async def _last(self) -> int:
        with answering():
            try:
                return (await self._bus.js.get_last_msg(AUDIT_SEALS, SEALS)).seq or 0
            except NotFoundError:
                return 0

    async def _seal(self, sequence: int) -> Seal | None:
        with answering():
            try:
                return _read((await self._bus.js.get_msg(AUDIT_SEALS, sequence)).data or b"")
            except NotFoundError:
                return None


def _read(data: bytes) -> Seal:
    """The seal; of something else that somebody wrote there, an empty one, which nobody has signed."""
    try:
        return Seal.FromString(data)
    except DecodeError:
        return Seal()
