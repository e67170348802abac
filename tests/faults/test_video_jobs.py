"""A search of a real video while every service and the broker are killed, again and again: the same is found."""

from __future__ import annotations

import asyncio
import os
import random
import time

import pytest
from rich.console import Console
from video_system import OVER, running_video_system, without_ids

from sightline.v1 import video_job_service_pb2 as pb

PEOPLE = {
    "Colin_Powell": "portraits/Colin_Powell/02_Colin_Powell_0002.jpg",
    "Hugo_Chavez": "portraits/Hugo_Chavez/01_Hugo_Chavez_0001.jpg",
    "Tony_Blair": "portraits/Tony_Blair/02_Tony_Blair_0002.jpg",
}
VICTIMS = ("ingest", "match", "embed", "detect", "nats")
ROUNDS = max(1, int(os.environ.get("CYCLES", "50")) // 25)


@pytest.fixture
def system(tmp_path, starter_pack, shared_media):
    """The services, and three people of the video in a watchlist."""
    with running_video_system(tmp_path, starter_pack, shared_media, PEOPLE) as running:
        yield running


@pytest.mark.timeout(3600)
def test_whatever_is_killed_the_same_is_found(system, shared_media):
    """Each service and the broker are killed in each round, in any order; results are equal to the last digit."""
    video = shared_media / "video" / "cctv_public.mp4"
    chance = random.Random(1)  # noqa: S311 - no secret

    async def read(jobs, disturb):
        job_id = await jobs.start(video, sample_fps=10, purpose="test")
        if disturb:
            await disturb_until_over(jobs, job_id)
        job = await jobs.ended(job_id, 300)
        assert job.state == pb.VIDEO_JOB_STATE_DONE, job
        assert job.progress.tracks == job.progress.tracks_matched
        return job, without_ids(await jobs.results(job_id, thumbnails=pb.VIDEO_THUMBNAILS_TRACKS))

    async def disturb_until_over(jobs, job_id):
        for victim in chance.sample(VICTIMS, len(VICTIMS)):
            await asyncio.sleep(chance.uniform(0.5, 3))
            if (await jobs.get(job_id)).state in OVER:
                return
            began = time.monotonic()
            await system.restart(victim)
            Console().print(f"{victim} killed, ready again after {time.monotonic() - began:.1f} s")

    async def run():
        async with system.jobs() as jobs:
            _, expected = await read(jobs, disturb=False)
            assert len(expected) == len(PEOPLE)
            for number in range(ROUNDS):
                job, found = await read(jobs, disturb=True)
                progress = job.progress
                Console().print(
                    f"round {number}: {progress.resumptions} resumptions, {progress.tracks} tracks, {len(found)} found"
                )
                assert found == expected

    asyncio.run(run())
