"""The stream path: embedding events on the real stream, through a real worker, to sightings on the real stream."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pytest
from fakes import DIMENSION, fake_pack, vector_near, vector_of
from prometheus_client import CollectorRegistry
from traces import in_index

from sightline.chassis import topology
from sightline.chassis.handling import reading_together
from sightline.chassis.ids import new_id
from sightline.chassis.key_file import KeyFile
from sightline.chassis.topology import MATCH_LIVE, Lane
from sightline.chassis.worker import Worker, WorkerMetrics
from sightline.v1 import events_pb2, face_pb2
from sightline.v1 import gallery_service_pb2 as gallery

PACK = fake_pack()


@dataclass
class Appearance:
    """One track at one source; makes its events."""

    source: str = field(default_factory=new_id)
    track: str = field(default_factory=new_id)
    epoch: int = 1
    watchlist_ids: tuple[str, ...] = ()

    def shot(self, shot_id: str, vector, quality: float = 0.5) -> events_pb2.EmbeddingEvent:
        """An embedded shot of it."""
        shot = events_pb2.FaceShot(shot_id=shot_id, quality=face_pb2.Quality(overall=quality), crop=b"jpeg")
        shot.event_time.FromSeconds(1_000)
        face = events_pb2.FaceEvent(
            source=self.source,
            track_id=self.track,
            epoch=self.epoch,
            watchlist_ids=self.watchlist_ids,
            shot=shot,
        )
        return events_pb2.EmbeddingEvent(face=face, vector=vector.tolist(), embedder_id=PACK.embedder_id)


@asynccontextmanager
async def working(bus, match):
    """A worker of match on the live lane."""
    handle = reading_together(events_pb2.EmbeddingEvent, match.parts.identification.handle_all)
    worker = Worker(bus, MATCH_LIVE, handle, WorkerMetrics(CollectorRegistry()), max_batch=32)
    async with worker.running():
        yield


async def publish(bus, *events) -> None:
    """Puts the events on the stream, each as a message of its own."""
    for event in events:
        await bus.publish(topology.embeddings(Lane.LIVE, event.face.source), event, dedup_id=new_id())


@pytest.fixture
def passes(bus, match, until, stored):
    """A function that sends events through a worker and returns all sightings when they are done."""

    async def run(*events):
        await publish(bus, *events)
        async with working(bus, match):
            await until(lambda: done(bus))
        return await stored(bus, "SIGHTINGS", events_pb2.Sighting)

    return run


async def done(bus) -> bool:
    """Whether every event has been handled."""
    return await bus.lag(MATCH_LIVE) == 0


async def test_a_track_is_one_sighting_in_each_watchlist(match, passes):
    """Shots of one person become one sighting in each watchlist that has them, which says all that led to it."""
    wanted, other, empty = await match.create(), await match.create("other"), await match.create("empty")
    ann = await match.enroll(wanted, "ann")
    await match.enroll(other, "ann")
    track = Appearance()
    sightings = await passes(*(track.shot(f"s{n}", vector_of("ann")) for n in range(3)))
    assert {sighting.watchlist_id for sighting in sightings} == {wanted.id, other.id} != {empty.id}
    assert len(sightings) == 2
    (sighting,) = [sighting for sighting in sightings if sighting.watchlist_id == wanted.id]
    (candidate,) = sighting.candidates
    assert (candidate.person_id, candidate.face_id, candidate.external_id) == (ann.person.id, ann.face.id, "ann")
    assert candidate.similarity == pytest.approx(100, abs=0.01)
    assert (sighting.revision, sighting.source, sighting.track_id) == (1, track.source, track.track)
    assert (sighting.threshold, sighting.calibration) == (pytest.approx(0.9), "none")
    assert (sighting.gallery_size, sighting.gallery_hash) == (1, match.projection.roll(wanted.id).set_hash)
    assert (sighting.crop, sighting.event_time.seconds) == (b"jpeg", 1_000)


async def test_a_sighting_says_how_its_alert_is_to_be_handled(match, passes):
    """It carries the watchlist's priority, the rules of reviews, and who enrolled the face, from which picture."""
    options = {"requester": "clerk", "external_image_id": "ann.jpg"}
    await match.enroll(await match.create(priority=gallery.ALERT_PRIORITY_URGENT), "ann", **options)
    [sighting] = await passes(Appearance().shot("s", vector_of("ann")))
    assert sighting.priority == gallery.ALERT_PRIORITY_URGENT
    [candidate] = sighting.candidates
    assert (candidate.enrolled_by, candidate.external_image_id) == ("clerk", "ann.jpg")
    assert sighting.review_rules.expire_after.ToTimedelta() == timedelta(days=1)
    assert not sighting.review_rules.requester_may_review


async def test_better_evidence_is_a_higher_revision_of_the_same_sighting(match, passes):
    """When later shots make the match clearer the sighting is said again, with its id and the next revision."""
    await match.enroll(await match.create(), "ann")
    track = Appearance()
    sightings = await passes(
        track.shot("poor", vector_near("ann", 0.92), quality=0.2), track.shot("good", vector_of("ann"), quality=0.9)
    )
    assert [sighting.revision for sighting in sightings] == [1, 2]
    assert len({sighting.id for sighting in sightings}) == 1
    assert sightings[1].candidates[0].cosine > sightings[0].candidates[0].cosine + 0.005


async def test_repeated_and_reordered_shots_change_nothing(match, passes):
    """Delivered again in another order the same shots lead to no further word."""
    await match.enroll(await match.create(), "ann")
    track = Appearance()
    shots = [track.shot(f"s{n}", vector_near("ann", 0.99), quality=0.3 + n / 10) for n in range(4)]
    once = await passes(*shots)
    assert await passes(*reversed(shots), shots[0], shots[0]) == once


async def test_strangers_are_not_sighted(match, passes):
    """Who is below the watchlist's threshold in force is not said, neither the pack's nor the watchlist's own."""
    strict = await match.create("strict", threshold=0.97)
    await match.enroll(strict, "ann")
    await match.enroll(await match.create(), "ben")
    assert await passes(Appearance().shot("s", vector_near("ann", 0.95)), Appearance().shot("s", vector_of("cy"))) == []


async def test_a_source_is_matched_against_its_watchlists_alone(match, passes):
    """Where a source names watchlists, others are not looked at; deleted ones are passed over."""
    wanted, other = await match.create(), await match.create("other")
    for watchlist in (wanted, other):
        await match.enroll(watchlist, "ann")
    track = Appearance(watchlist_ids=(other.id, new_id()))
    assert [sighting.watchlist_id for sighting in await passes(track.shot("s", vector_of("ann")))] == [other.id]


async def test_a_worker_that_dies_in_the_middle_changes_nothing(bus, match, passes, opened, tmp_path, until, stored):
    """Another process that goes on with the track knows what was said: the same sighting, and the next revision."""
    watchlist = await match.create()
    await match.enroll(watchlist, "ann")
    track = Appearance()
    [first] = await passes(track.shot("poor", vector_near("ann", 0.92), quality=0.2))
    async with opened(tmp_path / "other") as other:
        await publish(bus, track.shot("poor", vector_near("ann", 0.92), quality=0.2))
        await publish(bus, track.shot("good", vector_of("ann"), quality=0.9))
        async with working(bus, other):
            await until(lambda: done(bus))
    sightings = await stored(bus, "SIGHTINGS", events_pb2.Sighting)
    assert [sighting.revision for sighting in sightings] == [1, 2]
    assert {sighting.id for sighting in sightings} == {first.id}


async def test_an_impossible_template_is_dead_at_once(bus, match, passes, stored):
    """A template that no embedder makes goes to the dead letters, and the next event is handled."""
    await match.enroll(await match.create(), "ann")
    sightings = await passes(
        Appearance().shot("s", np.full(DIMENSION, np.nan)), Appearance().shot("s", vector_of("ann"))
    )
    assert len(sightings) == 1
    assert [letter.reason for letter in await stored(bus, "DLQ", events_pb2.DeadLetter)] == ["TEMPLATE_INVALID"]


async def test_the_template_of_a_stranger_is_never_on_a_disk(match, passes, nats_server, tmp_path):
    """Neither the broker's files nor the state folder hold the vector of somebody who matched nothing."""
    await match.enroll(await match.create(), "ann")
    stranger = vector_of("a stranger")
    assert await passes(Appearance().shot("s", stranger)) == []
    nats_server.kill()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any("GALLERY" in str(path) for path in files)
    assert any("projection.db" in path.name for path in files)
    [keys] = (KeyFile(path) for path in files if path.name == "rotation.key")
    assert _holding(files, in_index(vector_of("ann"), keys)), "the index holds who is enrolled: the search can find it"
    assert _holding(files, vector_of("ann")) == []
    assert _holding(files, stranger) == []
    assert _holding(files, in_index(stranger, keys)) == []


def _holding(files, vector):
    """The files in which two numbers of the vector stand side by side."""
    numbers = vector[:2].astype("<f4").tobytes()
    return [path for path in files if numbers in path.read_bytes()]
