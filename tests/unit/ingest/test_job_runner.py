"""Which jobs are read: what goes wrong with one of them leaves none of the others."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from sightline.chassis.errors import FailedPrecondition
from sightline.ingest import job_runner
from sightline.ingest.job_erasure import JobErasure
from sightline.ingest.job_runner import JobRunner
from sightline.ingest.jobs import StoredJob
from sightline.v1.records_pb2 import VideoJobCheckpoint, VideoJobRecord
from sightline.v1.video_job_service_pb2 import (
    VIDEO_JOB_STATE_DONE,
    VIDEO_JOB_STATE_FAILED,
    VIDEO_JOB_STATE_QUEUED,
    VideoJob,
    VideoJobProgress,
)


class Book:
    """Two jobs that wait."""

    async def open(self):
        return [SimpleNamespace(job=VideoJob(id=name), is_unended=True) for name in ("bad", "good")]

    async def all(self):
        return []

    async def deleted(self):
        return []


class LastingBook(Book):
    """One job, for as long as it has not ended."""

    def __init__(self):
        self.record = VideoJobRecord(job=VideoJob(id="job", state=VIDEO_JOB_STATE_QUEUED))

    async def open(self):
        return [self.stored] if self.stored.is_unended else []

    async def change(self, _, edit):
        edit(self.record)
        return self.stored

    @property
    def stored(self):
        return StoredJob(self.record, 1)


class OwnLease:
    """Nobody else wants it."""

    async def renew(self, epoch):
        pass

    async def keep(self):
        await asyncio.Event().wait()

    async def release(self):
        pass


class Work:
    """A reading that fails in a way that nobody thought of, as often as told."""

    checkpoint, progress = VideoJobCheckpoint(), VideoJobProgress()

    def __init__(self, failures):
        self.failures = failures
        self.runs = 0

    async def run(self):
        self.runs += 1
        if self.runs <= self.failures:
            raise OSError("Resource temporarily unavailable")


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


@pytest.mark.parametrize(("failures", "state"), [(2, VIDEO_JOB_STATE_DONE), (99, VIDEO_JOB_STATE_FAILED)])
async def test_what_nobody_thought_of_ends_a_job_only_when_it_comes_again(failures, state, monkeypatch):
    """As what is known to pass: it goes on from its checkpoint twice, and then it has failed."""
    monkeypatch.setattr(job_runner, "ROUND_S", 0.01)
    book, work, said = LastingBook(), Work(failures), asyncio.Queue()

    async def announce(_):
        said.put_nowait(book.stored.job.state)

    async def take(_):
        return OwnLease()

    uploads = SimpleNamespace(sweep=lambda _: None, delete=lambda *_: None)
    runner = JobRunner(
        *(book, SimpleNamespace(take=take), uploads, SimpleNamespace(announce=announce), JobErasure(Book(), [])),
        *(lambda *_: work, 1),
    )
    async with runner.running(), asyncio.timeout(60):
        while book.stored.is_unended:
            await asyncio.sleep(0.01)
    assert (work.runs, book.stored.job.state) == (3, state)


async def test_a_job_that_cannot_even_begin_says_why(capsys):
    """Nothing that ends its reading is kept from the log."""
    book = LastingBook()

    def broken(*_):
        raise RuntimeError("broken")

    uploads = SimpleNamespace(sweep=lambda _: None)
    runner = JobRunner(book, Leases(), uploads, Unsaid(), JobErasure(Book(), []), broken, 1)
    await runner._hold("job", OwnLease())
    assert "RuntimeError: broken" in capsys.readouterr().out
