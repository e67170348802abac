"""Which jobs are read: what goes wrong with one of them leaves none of the others."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from sightline.chassis.errors import FailedPrecondition
from sightline.ingest.job_erasure import JobErasure
from sightline.ingest.job_runner import JobRunner
from sightline.v1.video_job_service_pb2 import VideoJob


class Book:
    """Two jobs that wait."""

    async def open(self):
        return [SimpleNamespace(job=VideoJob(id=name), is_unended=True) for name in ("bad", "good")]

    async def all(self):
        return []

    async def deleted(self):
        return []


class Leases:
    """Hears who would be read."""

    def __init__(self):
        self.asked = asyncio.Queue()

    async def take(self, job_id):
        self.asked.put_nowait(job_id)


class Unsaid:
    """Announcements that cannot be made of one of them."""

    async def announce(self, stored):
        if stored.job.id == "bad":
            raise FailedPrecondition("MESSAGE_TOO_LARGE", "No broker takes it.")


async def test_a_job_that_cannot_be_announced_holds_up_none_of_the_others():
    """It is read without its announcement, and so is the next one."""
    leases, uploads = Leases(), SimpleNamespace(sweep=lambda _: None)
    erasure = JobErasure(Book(), [])
    async with JobRunner(Book(), leases, uploads, Unsaid(), erasure, None, 1).running(), asyncio.timeout(60):
        assert [await leases.asked.get() for _ in range(2)] == ["bad", "good"]
