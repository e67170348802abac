"""Jobs that are started at the same time, and deleted while the broker is away."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from sightline.chassis.errors import AlreadyExists, NotFound, Unavailable
from sightline.ingest.job_desk import JobDesk
from sightline.ingest.job_erasure import JobErasure
from sightline.v1.video_job_service_pb2 import VIDEO_JOB_STATE_DONE, StartVideoJobRequest, VideoJob


class OneJob:
    """The record of one job, and of whatever else a desk needs."""

    def __init__(self):
        self.there = True

    async def get(self, job_id):
        if not self.there:
            raise NotFound("JOB_NOT_FOUND", "There is none.")
        return SimpleNamespace(job=VideoJob(id=job_id))

    async def bury(self, _):
        self.there = False


class Jobs:
    """Records, which take a while to be written."""

    def __init__(self):
        self.records = []

    async def all(self):
        return [SimpleNamespace(job=record.job) for record in self.records]

    async def get(self, job_id):
        for each in await self.all():
            if each.job.id == job_id:
                return each
        raise NotFound("JOB_NOT_FOUND", "There is none.")

    async def add(self, record):
        await asyncio.sleep(0.01)
        if any(each.job.id == record.job.id for each in self.records):
            raise AlreadyExists("JOB_EXISTS", "There is one.")
        self.records.append(record)


class Uploads:
    def find(self, _):
        """It is there."""

    def delete(self, upload_id, job_id):
        """There are none."""


class Results:
    """Results of the job, which a broker that is away keeps once."""

    def __init__(self):
        self.left = ["face"]
        self.away = True

    async def forget(self, _):
        if self.away:
            self.away = False
            raise Unavailable("BROKER_UNAVAILABLE", "Not now.")
        self.left.clear()


async def test_a_deletion_that_could_not_remove_the_results_can_be_repeated():
    """Else nobody could: without its record there is no such job."""
    book, results = OneJob(), Results()
    desk = JobDesk(book, SimpleNamespace(wake=lambda: None), None, None, Uploads(), JobErasure(book, [results]))
    with pytest.raises(Unavailable):
        await desk.delete("j")
    await desk.delete("j")
    assert (book.there, results.left) == (False, [])


async def test_an_upload_has_one_job_however_many_are_started_at_once():
    """The first one that ends removes the file, and the other would fail over it."""
    book = Jobs()
    desk = JobDesk(book, SimpleNamespace(wake=lambda: None), None, None, Uploads(), JobErasure(book, []))
    asked = StartVideoJobRequest(upload_id="u", watchlist_ids=["w" * 26], purpose="test")
    said = await asyncio.gather(desk.start(asked, "eve"), desk.start(asked, "eve"), return_exceptions=True)
    assert [getattr(each, "reason", "started") for each in said] == ["started", "UPLOAD_USED"]
    assert len(book.records) == 1


async def test_a_request_id_has_one_job():
    """Of its caller, however often they say it; with other parameters it is refused."""
    book = Jobs()
    desk = JobDesk(
        book, SimpleNamespace(wake=lambda: None, progress=lambda _: None), None, None, Uploads(), JobErasure(book, [])
    )
    asked = StartVideoJobRequest(upload_id="u", watchlist_ids=["w" * 26], purpose="test", request_id="r-1")
    first = await desk.start(asked, "eve")
    book.records[0].job.state = VIDEO_JOB_STATE_DONE
    assert (await desk.start(asked, "eve")).id == first.id
    asked.sample_fps = 5
    with pytest.raises(AlreadyExists, match="REQUEST_ID_USED"):
        await desk.start(asked, "eve")
    asked.upload_id = "other"
    assert (await desk.start(asked, "ben")).id != first.id
    assert len(book.records) == 2
