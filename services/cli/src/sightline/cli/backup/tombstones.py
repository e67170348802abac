"""Erasures outlive a restore: what was taken out of the ledger after a backup is taken out of it again.

A destroyed key already makes unreadable what it sealed. Two things are left: a face of somebody who stays enrolled,
whose key goes on, and somebody who was erased and enrolled again, under another key than the one of old records.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from sightline.chassis.bus import Bus
from sightline.chassis.gallery_subjects import GalleryKind, gallery
from sightline.chassis.ids import new_id
from sightline.chassis.pull import Pull
from sightline.chassis.receipts import Step
from sightline.chassis.topology import GALLERY, RECEIPTS
from sightline.v1 import records_pb2
from sightline.v1.erasure_service_pb2 import ReceiptEntry

_BATCH = 256
_SIZE = "Nats-Msg-Size"
_LONGEST_TOMBSTONE = 24
"""Bytes: a time alone. A sealed record has a nonce of 12 bytes, a key's id of 26 and a tag of 16 at least."""


async def tombstones(bus: Bus) -> dict[str, int]:
    """Give the tombstones of the ledger: subject and sequence. Of records the broker says how long they are alone."""
    found = {}
    async with aclosing(_messages(bus, GALLERY, headers_only=True)) as messages:
        async for message in messages:
            if int((message.headers or {}).get(_SIZE, "0")) <= _LONGEST_TOMBSTONE:
                found[message.subject] = message.metadata.sequence.stream
    return found


async def bury_again(bus: Bus, known: Mapping[str, int]) -> int:
    """Write tombstones on what was erased behind the backup from which GALLERY was restored; repeated, nothing more.

    Args:
        bus: a connection of the party `restore`, to a broker that has GALLERY, and the later RECEIPTS.
        known: the later tombstones; see `tombstones`.

    Returns:
        How many were written.
    """
    erased, records, chunked = await _erased(bus), dict[str, _Record](), list[_Record]()
    async with aclosing(_messages(bus, GALLERY)) as messages:
        async for message in messages:
            records[message.subject] = _record(message)
            chunked += _in_chunk(message)
    gone = {subject for subject, sequence in known.items() if _is_older(records.get(subject), sequence)}
    for record in (*records.values(), *chunked):
        # What came later on its own subject counts more than what is in a chunk.
        counting = records.get(record.subject, record)
        if counting.owner and counting.time < erased.get(record.owner, 0.0):
            gone.add(record.subject)
    for subject in sorted(gone):
        tombstone = records_pb2.LedgerEntry()
        tombstone.delete_time.GetCurrentTime()
        await bus.publish(subject, tombstone, dedup_id=new_id())
    return len(gone)


@dataclass(frozen=True, slots=True)
class _Record:
    """Where it is, whose key sealed it (of tombstones and chunks: nobody's), and when it was written."""

    subject: str
    owner: str
    sequence: int
    time: float


def _record(message: Msg) -> _Record:
    place = message.metadata
    owner = "" if _is_chunk(message) else records_pb2.LedgerEntry.FromString(message.data).key_id
    return _Record(message.subject, owner, place.sequence.stream, place.timestamp.timestamp())


def _in_chunk(message: Msg) -> list[_Record]:
    """The records of a chunk, under the subjects that they would have."""
    if not _is_chunk(message):
        return []
    place, watchlist = message.metadata, message.subject.split(".")[2]
    return [
        _Record(
            gallery(watchlist, each.kind, each.id),
            each.entry.key_id,
            place.sequence.stream,
            place.timestamp.timestamp(),
        )
        for each in records_pb2.LedgerChunk.FromString(message.data).entries
    ]


def _is_chunk(message: Msg) -> bool:
    return message.subject.split(".")[3] == GalleryKind.CHUNK


def _is_older(record: _Record | None, sequence: int) -> bool:
    """Whether there is something older than the tombstone; a face of a chunk has nothing on its own subject."""
    return record is None or record.sequence < sequence


async def _erased(bus: Bus) -> dict[str, float]:
    """By owner, when their key was destroyed last, in seconds since 1970."""
    times: dict[str, float] = {}
    async with aclosing(_messages(bus, RECEIPTS)) as messages:
        async for message in messages:
            entry = ReceiptEntry.FromString(message.data)
            if entry.step == Step.KEY_DESTROYED:
                owner = entry.person_id or entry.watchlist_id
                times[owner] = max(times.get(owner, 0.0), entry.time.ToNanoseconds() / 1e9)
    return times


async def _messages(bus: Bus, stream: str, *, headers_only: bool = False) -> AsyncGenerator[Msg, None]:
    """Everything that is in the stream now, in order."""
    config = ConsumerConfig(
        name=new_id(),
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.NONE,
        headers_only=headers_only,
        mem_storage=True,
        inactive_threshold=30.0,
    )
    made = await bus.js.add_consumer(stream, config)
    left = made.num_pending or 0
    async with Pull(bus.client, stream, made.name, _BATCH).bound() as pull:
        while left:
            for message in await pull.fetch(_BATCH, seconds=5.0):
                left = message.metadata.num_pending or 0
                yield message
