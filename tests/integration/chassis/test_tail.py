from __future__ import annotations

import asyncio
from contextlib import aclosing

from sightline.chassis import topology
from sightline.chassis.errors import Unavailable
from sightline.chassis.gallery_subjects import GalleryKind, gallery
from sightline.chassis.ids import new_id
from sightline.chassis.tail import last_sequence, tail
from sightline.v1 import records_pb2

WATCHLIST = new_id()


async def write(bus, text, record=None, kind=GalleryKind.FACE) -> int:
    """Writes a ledger entry that says this text."""
    entry = records_pb2.LedgerEntry(ciphertext=text.encode())
    return await bus.publish(gallery(WATCHLIST, kind, record or new_id()), entry, dedup_id=new_id())


async def read(records, count) -> list[str]:
    """The next so many texts."""
    texts = []
    async with asyncio.timeout(60):
        while len(texts) < count:
            record = await anext(records)
            texts.append(records_pb2.LedgerEntry.FromString(record.data).ciphertext.decode())
    return texts


async def test_records_come_in_order_and_then_live(bus):
    """What is there comes first, in the order of writing, and what is written later follows without a gap."""
    wanted = [str(n) for n in range(600)]
    await asyncio.gather(*[write(bus, "unused") for _ in range(3)])
    start = await last_sequence(bus, topology.GALLERY)
    for text in wanted[:590]:
        await write(bus, text)
    async with aclosing(tail(bus, topology.GALLERY, after=start)) as records:
        assert await read(records, 590) == wanted[:590]
        for text in wanted[590:]:
            await write(bus, text)
        assert await read(records, 10) == wanted[590:]


async def test_only_the_last_record_of_a_subject_is_read(bus):
    """The ledger keeps one record a subject: who reads it from the start sees what is in force."""
    face = new_id()
    for text in ("first", "second", "third"):
        await write(bus, text, face)
    await write(bus, "other")
    async with aclosing(tail(bus, topology.GALLERY, after=0)) as records:
        assert await read(records, 2) == ["third", "other"]


async def test_a_subject_narrows_what_is_read(bus):
    """With a filter only records of that kind come."""
    await write(bus, "face")
    await write(bus, "person", kind=GalleryKind.PERSON)
    await write(bus, "another face")
    async with aclosing(tail(bus, topology.GALLERY, after=0, subject="sightline.gallery.*.person.*")) as records:
        assert await read(records, 1) == ["person"]


async def test_a_killed_broker_costs_no_record_and_repeats_none(bus, nats_server, until):
    """After a kill -9 of the broker reading goes on behind the last record that was given."""
    async with aclosing(tail(bus, topology.GALLERY, after=0)) as records:
        await write(bus, "before")
        assert await read(records, 1) == ["before"]
        nats_server.kill()
        await until(lambda: _is_disconnected(bus))
        nats_server.start()
        await until(lambda: _written(bus, "after"))
        await write(bus, "later")
        assert await read(records, 2) == ["after", "later"]


async def test_an_empty_stream_has_no_last_sequence(bus):
    """0 stands for a stream that never held a message."""
    assert await last_sequence(bus, topology.GALLERY) == 0


async def _is_disconnected(bus) -> bool:
    return not bus.client.is_connected


async def _written(bus, text) -> bool:
    try:
        await write(bus, text)
    except Unavailable:
        return False
    return True
