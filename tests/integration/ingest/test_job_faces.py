"""Pages of the faces of stored video, on a real broker."""

from __future__ import annotations

import pytest

from sightline.chassis.errors import InvalidInput
from sightline.chassis.ids import new_id
from sightline.chassis.topology import detections
from sightline.ingest.job_faces import JobFaces
from sightline.v1 import face_pb2
from sightline.v1 import video_job_service_pb2 as pb


async def say(bus, job, epoch, first_frame, *seconds):
    """Faces at these moments, as a reading has them."""
    faces = [pb.VideoFace(media_seconds=each, face=face_pb2.Face(confidence=epoch / 10)) for each in seconds]
    subject = detections(job, epoch, first_frame)
    await bus.publish(subject, pb.VideoFaces(faces=faces), dedup_id=subject)


async def paged(faces, job, size):
    """Page by page: moments, each with the reading that has said it."""
    said, token = [], ""
    while True:
        page = await faces.page(job, pb.ListVideoJobFacesRequest(page_size=size, page_token=token))
        assert len(page.faces) <= size
        said += [(each.media_seconds, round(10 * each.face.confidence)) for each in page.faces]
        if not (token := page.next_page_token):
            return said


async def test_the_last_reading_counts_from_its_first_frame_on(bus):
    """What an earlier one says of later frames, whenever, is passed over; pages of any size are the same list."""
    faces, job = JobFaces(bus), pb.VideoJob(id=new_id())
    assert await paged(faces, job, 10) == []
    await say(bus, job.id, 1, 0, 0.1, 0.2)
    await say(bus, job.id, 1, 64)
    await say(bus, job.id, 1, 128, 9.1)
    await say(bus, job.id, 2, 128, 9.2, 9.2)
    await say(bus, job.id, 2, 150, 9.6)
    await say(bus, job.id, 1, 192, 9.9)  # somebody who has lost the lease and does not know
    await say(bus, job.id, 2, 128, 9.2, 9.2)  # sent twice, as its acknowledgement was late
    await say(bus, new_id(), 3, 0, 5.5)
    whole = [(0.1, 1), (0.2, 1), (9.2, 2), (9.2, 2), (9.6, 2)]
    assert [await paged(faces, job, size) for size in (1, 2, 3, 5)] == [whole] * 4


async def test_a_page_of_another_job_is_none_of_its_own(bus):
    """A token of another job, or of nobody's, is refused."""
    faces, job = JobFaces(bus), pb.VideoJob(id=new_id())
    await say(bus, job.id, 1, 0, 0.1, 0.2)
    token = (await faces.page(job, pb.ListVideoJobFacesRequest(page_size=1))).next_page_token
    assert token
    for of, given in ((pb.VideoJob(id=new_id()), token), (job, "eA=="), (job, token[:-4])):
        with pytest.raises(InvalidInput, match="PAGE_TOKEN_INVALID"):
            await faces.page(of, pb.ListVideoJobFacesRequest(page_token=given))
