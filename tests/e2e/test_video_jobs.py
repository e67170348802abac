"""Searches of a real video by the real services: who is found, and that kills make no difference."""

from __future__ import annotations

import asyncio

import pytest
from video_system import running_video_system, without_ids

from sightline.chassis.bus import connect_bus
from sightline.chassis.topology import JOBS
from sightline.v1 import records_pb2
from sightline.v1 import video_job_service_pb2 as pb

PEOPLE = {
    "Colin_Powell": "portraits/Colin_Powell/02_Colin_Powell_0002.jpg",
    "Hugo_Chavez": "portraits/Hugo_Chavez/01_Hugo_Chavez_0001.jpg",
    "Tony_Blair": "portraits/Tony_Blair/02_Tony_Blair_0002.jpg",
}
# Of cctv_public_timeline.csv, in seconds.
SEEN = {
    "Colin_Powell": [(1.0, 4.3), (14.4, 17.3), (31.4, 34.0)],
    "Hugo_Chavez": [(5.8, 8.5), (22.5, 25.6)],
    "Tony_Blair": [(14.4, 17.3)],
}


@pytest.fixture(scope="module")
def system(tmp_path_factory, starter_pack, shared_media):
    """The services, and three people of the video in a watchlist."""
    with running_video_system(tmp_path_factory.mktemp("video"), starter_pack, shared_media, PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def video(shared_media):
    """36 seconds in which people walk through, one by one and two by two."""
    return shared_media / "video" / "cctv_public.mp4"


@pytest.mark.timeout(300)
def test_a_killed_job_finds_what_an_undisturbed_one_finds(system, video):
    """Everybody is found when they are there; with ingest killed twice and match once, it is the same to the digit."""

    async def run():
        async with system.jobs() as jobs:
            whole = await jobs.start(video, sample_fps=5, purpose="test")
            done = await jobs.ended(whole)
            expected = await jobs.results(whole, thumbnails=pb.VIDEO_THUMBNAILS_TRACKS)
            disturbed = await jobs.start(video, sample_fps=5, purpose="test")
            await jobs.until(disturbed, lambda job: job.progress.media_seconds > 6)
            await system.restart("ingest")
            await written_down(system, disturbed, 10)
            await system.restart("match", "ingest")
            again = await jobs.until(disturbed, lambda job: job.progress.resumptions == 2)
            resumed = await jobs.ended(disturbed)
            found = await jobs.results(disturbed, thumbnails=pb.VIDEO_THUMBNAILS_TRACKS)
        return done, expected, again, resumed, found

    done, expected, again, resumed, found = asyncio.run(run())
    assert (done.state, resumed.state) == (pb.VIDEO_JOB_STATE_DONE, pb.VIDEO_JOB_STATE_DONE)
    assert again.progress.checkpoint_media_seconds > 10, "it goes on where it was"
    for job in (done, resumed):
        assert job.progress.tracks == job.progress.tracks_matched
    counted = ("frames", "faces", "tracks", "media_seconds", "checkpoint_media_seconds")
    assert [getattr(resumed.progress, name) for name in counted] == [getattr(done.progress, name) for name in counted]
    _check_persons(expected)
    assert without_ids(found) == without_ids(expected)


async def written_down(system, job_id, media_seconds):
    """Returns once the job's record on the broker says that it has got beyond there."""
    async with connect_bus(system.nats.tester_url, "test") as bus, asyncio.timeout(120):
        bucket, progress = await bus.bucket(JOBS), pb.VideoJobProgress()
        while progress.checkpoint_media_seconds <= media_seconds:
            await asyncio.sleep(0.1)
            entry = await bucket.get(job_id)
            progress = records_pb2.VideoJobRecord.FromString(entry.value).job.progress


def _check_persons(persons):
    assert {person.person.external_id for person in persons} == set(SEEN)
    assert [person.first_media_seconds for person in persons] == sorted(p.first_media_seconds for p in persons)
    for person in persons:
        spans = [(span.first_media_seconds, span.last_media_seconds) for span in person.spans]
        assert len(spans) == len(SEEN[person.person.external_id]), (person.person.external_id, spans)
        for (first, last), (enters, leaves) in zip(spans, SEEN[person.person.external_id], strict=True):
            assert enters - 0.3 <= first < last <= leaves + 0.3
        for track in (track for span in person.spans for track in span.tracks):
            assert track.thumbnail.startswith(b"\xff\xd8")
