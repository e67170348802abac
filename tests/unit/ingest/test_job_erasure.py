"""Deleted jobs: what came behind their deletion is removed, and in the end their marks."""

from __future__ import annotations

import time
from types import SimpleNamespace

from sightline.ingest.job_erasure import AGAIN_S, AGAIN_UNTIL_S, MARK_S, JobErasure
from sightline.v1 import records_pb2

AGES = {"just now": 1.0, "a little later": AGAIN_S + 5, "since": AGAIN_UNTIL_S + 5, "at its end": MARK_S + 5}


class Marks:
    """A book of jobs that were deleted so long ago; it hears which marks are removed."""

    def __init__(self) -> None:
        self.removed: list[str] = []

    async def deleted(self):
        found = []
        for job_id, age in AGES.items():
            record = records_pb2.VideoJobRecord(job={"id": job_id})
            record.delete_time.FromNanoseconds(time.time_ns() - round(age * 1e9))
            found.append(SimpleNamespace(job=record.job, record=record))
        return found

    async def remove(self, job_id):
        self.removed.append(job_id)


class Results:
    """Hears whose results are removed."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    async def forget(self, job_id):
        self.forgotten.append(job_id)


async def test_what_came_behind_a_deletion_goes_a_little_later_and_with_the_mark():
    """Not each minute for a day: once match knows of a deletion nothing comes of the job any more."""
    marks, results = Marks(), Results()
    await JobErasure(marks, [results]).sweep()
    assert results.forgotten == ["a little later", "at its end"]
    assert marks.removed == ["at its end"]
