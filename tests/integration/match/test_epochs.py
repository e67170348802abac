from __future__ import annotations

from contextlib import asynccontextmanager

from fakes import fake_pack, vector_of
from prometheus_client import CollectorRegistry

from sightline.chassis import topology, tracing
from sightline.chassis.handling import reading_together
from sightline.chassis.ids import new_id
from sightline.chassis.topology import CAMERAS, JOBS, MATCH_LIVE, Lane
from sightline.chassis.worker import Worker, WorkerMetrics
from sightline.match.epochs import Epochs
from sightline.v1 import camera_service_pb2, events_pb2, face_pb2, records_pb2


class Passed:
    """A handler that keeps what it gets."""

    def __init__(self) -> None:
        self.epochs = []

    async def __call__(self, events, spans):
        assert len(spans) == len(events)
        self.epochs += [event.face.epoch for event in events]
        return [None] * len(events)


class Process:
    """What one process of match lets through, and counts."""

    def __init__(self, bus) -> None:
        self.registry = CollectorRegistry()
        self.epochs = Epochs(bus, self.registry)
        self.passed = Passed()
        self._fresh_only = self.epochs.fresh_only(self.passed)

    async def handle(self, events):
        """Those that nothing is traced of."""
        return await self._fresh_only(events, [tracing.NOWHERE] * len(events))

    def dropped(self):
        """How many events it has dropped."""
        return self.registry.get_sample_value("sightline_match_stale_events_total")


@asynccontextmanager
async def started(bus):
    """A process that knows the records."""
    process = Process(bus)
    async with process.epochs.following():
        yield process


def shot(source, epoch, name="ann"):
    """An embedded shot, said under that epoch."""
    crop = events_pb2.FaceShot(shot_id=new_id(), quality=face_pb2.Quality(overall=0.5), crop=b"jpeg")
    face = events_pb2.FaceEvent(source=source, track_id=new_id(), epoch=epoch, shot=crop)
    return events_pb2.EmbeddingEvent(face=face, vector=vector_of(name).tolist(), embedder_id=fake_pack().embedder_id)


async def write(bus, camera, epoch):
    """A camera's record."""
    record = records_pb2.CameraRecord(camera=camera_service_pb2.Camera(id=camera), epoch=epoch)
    await (await bus.bucket(CAMERAS)).put(camera, record.SerializeToString())


async def test_a_process_that_has_just_started_knows_who_reads(bus):
    """Without having seen any event of it: the first one of a stale holder is dropped and counted, by every process."""
    camera = new_id()
    await write(bus, camera, 7)
    async with started(bus) as one, started(bus) as two:
        for process in (one, two):
            assert await process.handle([shot(camera, 6), shot(camera, 7), shot(camera, 6)]) == [None] * 3
            assert process.passed.epochs == [7]
            assert process.dropped() == 2


async def test_a_camera_that_is_taken_over_is_known_at_once(bus, until):
    """From the moment of the new holder's record on, before it says anything; and what it says first is heard."""
    camera = new_id()
    await write(bus, camera, 1)
    async with started(bus) as process:
        await process.handle([shot(camera, 1)])
        await write(bus, camera, 2)

        async def stale():
            await process.handle([shot(camera, 1)])
            return process.dropped() == 1

        await until(stale)
        # Its message may be faster than its record.
        await process.handle([shot(camera, 3), shot(camera, 2)])
        assert process.passed.epochs[-1] == 3
        assert process.dropped() == 2


async def test_of_other_sources_the_highest_that_was_seen_counts(bus):
    """A source without a record here; one source says nothing about another."""
    job, other = new_id(), new_id()
    async with started(bus) as process:
        await process.handle([shot(job, 4), shot(job, 3), shot(other, 1), shot(job, 4)])
        assert process.passed.epochs == [4, 1, 4]


async def test_what_is_on_its_way_from_a_deleted_job_is_dropped(bus, until):
    """From its mark on, also by a process that starts behind it; another job's faces pass."""
    deleted, other = new_id(), new_id()
    bucket, mark = await bus.bucket(JOBS), records_pb2.VideoJobRecord(job={"id": deleted})
    mark.delete_time.GetCurrentTime()
    for job in (deleted, other):
        await bucket.put(job, records_pb2.VideoJobRecord(job={"id": job}).SerializeToString())
    async with started(bus) as process:
        await process.handle([shot(deleted, 1)])
        assert process.passed.epochs == [1]
        await bucket.put(deleted, mark.SerializeToString())

        async def dropped():
            process.passed.epochs.clear()
            assert await process.handle([shot(deleted, 2), shot(other, 7)]) == [None, None]
            return process.passed.epochs == [7]

        await until(dropped)
    async with started(bus) as process:
        await process.handle([shot(deleted, 3), shot(other, 8)])
        assert process.passed.epochs == [8]


async def test_a_stale_holder_leads_to_no_sighting(bus, match, until, stored):
    """Through the stream and the gallery: whom the holder shows is sighted, whom the stale one shows is not."""
    watchlist, camera = await match.create(), new_id()
    ann, ben = [await match.enroll(watchlist, name) for name in ("ann", "ben")]
    await write(bus, camera, 2)
    for event in (shot(camera, 1, "ann"), shot(camera, 2, "ben"), shot(camera, 1, "ann")):
        await bus.publish(topology.embeddings(Lane.LIVE, camera), event, dedup_id=new_id())
    epochs = Epochs(bus, CollectorRegistry())
    handle = reading_together(events_pb2.EmbeddingEvent, epochs.fresh_only(match.parts.identification.handle_all))
    async with epochs.following(), Worker(bus, MATCH_LIVE, handle, WorkerMetrics(CollectorRegistry())).running():

        async def done():
            return await bus.lag(MATCH_LIVE) == 0

        await until(done)
    sightings = await stored(bus, "SIGHTINGS", events_pb2.Sighting)
    assert {candidate.person_id for sighting in sightings for candidate in sighting.candidates} == {ben.person.id}
    assert ann.person.id != ben.person.id
