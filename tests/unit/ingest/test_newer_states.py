"""States that a newer release wrote into the records, on their way out by this one: under their numbers."""

from __future__ import annotations

import asyncio

from sightline.ingest.job_announcements import JobAnnouncements
from sightline.ingest.jobs import StoredJob
from sightline.ingest.outbox import Outbox
from sightline.v1 import records_pb2
from sightline.v1 import video_job_service_pb2 as pb

NEWER, SOURCE = 77, "s" * 26


class Published:
    """A broker's subjects, in order."""

    def __init__(self) -> None:
        self.subjects: list[str] = []

    async def __call__(self, subject, _, *, dedup_id):
        assert dedup_id
        self.subjects.append(subject)


class OneRecord:
    """A book of one record, which stands for that of cameras or jobs."""

    def __init__(self, record) -> None:
        self.record = record

    async def change(self, _, edit):
        edit(self.record)

    async def forget_changes(self, _, last):
        kept = [each for each in self.record.unsent if each.change > last]
        del self.record.unsent[:]
        self.record.unsent.extend(kept)


async def test_a_job_in_such_a_state_is_announced():
    """Once, so that whoever looks at all jobs does not stop at it each time."""
    published, record = Published(), records_pb2.VideoJobRecord(job=pb.VideoJob(id=SOURCE, state=NEWER))
    await JobAnnouncements(OneRecord(record), published).announce(StoredJob(record, 1))
    assert published.subjects == [f"sightline.events.job.77.{SOURCE}"]
    assert record.announced_state == NEWER


async def test_what_comes_behind_such_a_change_of_a_camera_is_sent():
    """A change that nobody could send would hold back all that follow."""
    published, record = Published(), records_pb2.CameraRecord()
    for change, state in enumerate((NEWER, 1), 1):
        record.unsent.add(camera_id=SOURCE, state=state, change=change)
    outbox = Outbox(OneRecord(record), published, lambda: {SOURCE: record} if record.unsent else {})
    async with outbox.running(), asyncio.timeout(60):
        outbox.wake()
        while record.unsent:
            await asyncio.sleep(0.02)
    assert published.subjects == [f"sightline.events.camera.{word}.{SOURCE}" for word in ("77", "stopped")]
