"""Who was found in a stored video, as the stream has it now: whoever is erased goes from it, and from what was read."""

from __future__ import annotations

import asyncio

from sightline.chassis.ids import new_id
from sightline.chassis.topology import SIGHTINGS, sightings
from sightline.ingest.job_sightings import JobSightings
from sightline.v1 import events_pb2

WATCHLIST = "w" * 26


async def publish(bus, job, *names):
    """Sightings of these people in a job's video; gives their sequences."""
    found = []
    for name in names:
        sighting = events_pb2.Sighting(id=new_id(), watchlist_id=WATCHLIST, source=job)
        sighting.candidates.add(person_id=name, display_name=name)
        found.append(await bus.publish(sightings(WATCHLIST, job), sighting, dedup_id=sighting.id))
    return found


async def names_of(read, job):
    """Whom the job has found."""
    return [track.best.display_name for track in await read.of(job)]


async def test_whoever_was_erased_is_not_shown_any_more(bus):
    """Also of a job that was read before, and also where somebody was found since."""
    job, other, read = new_id(), new_id(), JobSightings(bus)
    [ann, _] = await publish(bus, job, "ann", "ben")
    await publish(bus, other, "dan")
    assert await names_of(read, job) == ["ann", "ben"]
    await bus.js.delete_msg(SIGHTINGS, ann)
    assert await names_of(read, job) == ["ben"]
    [cat] = await publish(bus, job, "cat")
    assert await names_of(read, job) == ["ben", "cat"]
    await publish(bus, job, "eve")
    await bus.js.delete_msg(SIGHTINGS, cat)
    assert await names_of(read, job) == ["ben", "eve"]
    assert await names_of(read, other) == ["dan"]
    await publish(bus, job, "fay")
    assert await asyncio.gather(*(names_of(read, job) for _ in range(3))) == [["ben", "eve", "fay"]] * 3


async def test_an_erasure_while_it_is_read_holds_nobody_up(bus, monkeypatch):
    """What is gone does not come, and is not waited for."""
    job = new_id()
    [_, ben] = await publish(bus, job, "ann", "ben")
    ask = bus.js.consumer_info

    async def asked(*which):
        info = await ask(*which)
        await bus.js.delete_msg(SIGHTINGS, ben)
        monkeypatch.setattr(bus.js, "consumer_info", ask)
        return info

    monkeypatch.setattr(bus.js, "consumer_info", asked)
    async with asyncio.timeout(60):
        assert await names_of(JobSightings(bus), job) == ["ann"]
