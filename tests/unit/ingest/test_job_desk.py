"""A job that is deleted: what was found by it goes first, as long as the record says that there is something."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sightline.chassis.errors import NotFound, Unavailable
from sightline.ingest.job_desk import JobDesk
from sightline.v1.video_job_service_pb2 import VideoJob


class OneJob:
    """The record of one job, and of whatever else a desk needs."""

    def __init__(self):
        self.there = True

    async def get(self, job_id):
        if not self.there:
            raise NotFound("JOB_NOT_FOUND", "There is none.")
        return SimpleNamespace(job=VideoJob(id=job_id))

    async def delete(self, _):
        self.there = False


class Uploads:
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
    desk = JobDesk(book, SimpleNamespace(wake=lambda: None), None, None, Uploads(), [results])
    with pytest.raises(Unavailable):
        await desk.delete("j")
    await desk.delete("j")
    assert (book.there, results.left) == (False, [])
