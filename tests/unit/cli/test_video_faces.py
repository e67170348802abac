"""The faces of a detection, as `sightline video faces` reads and shows them."""

import pytest

from sightline.chassis.errors import FailedPrecondition
from sightline.cli.video.calls import face_pages
from sightline.cli.video.clock import instant
from sightline.cli.video.detection import tell_pages
from sightline.cli.video.face_rows import row
from sightline.v1 import face_pb2
from sightline.v1 import video_job_service_pb2 as pb


class PagedVideos:
    """A VideoJobService that gives two pages."""

    async def ListVideoJobFaces(self, request, **options):
        """See the contract."""
        assert options["timeout"] > 0
        assert request.page_size == 1000
        first = not request.page_token
        return pb.ListVideoJobFacesResponse(
            faces=[pb.VideoFace(media_seconds=1 if first else 2)], next_page_token="two" if first else ""
        )


class SearchingVideos:
    """A VideoJobService whose job looks for people."""

    async def ListVideoJobFaces(self, request, **options):
        """See the contract."""
        assert options["timeout"] > 0
        job = pb.VideoJob(id=request.job_id, kind=pb.VIDEO_JOB_KIND_SEARCH)
        return pb.ListVideoJobFacesResponse(job=job)


async def test_every_page_is_read():
    """One after the other, until there is no token."""
    pages = [page async for page in face_pages(PagedVideos(), pb.ListVideoJobFacesRequest(job_id="j" * 26))]
    assert [each.media_seconds for page in pages for each in page.faces] == [1, 2]


async def test_a_search_is_not_taken_for_a_video_without_faces():
    """A search keeps no faces: it says so, and which command is meant."""
    request = pb.ListVideoJobFacesRequest(job_id="j" * 26)
    with pytest.raises(FailedPrecondition, match=f"JOB_IS_SEARCH.*sightline video show {'j' * 26}"):
        await tell_pages(SearchingVideos(), request, json=False)


def test_a_face_is_a_row():
    """Its moment, its score, its box, and five points, in ratios of the frame."""
    points = [face_pb2.Point(x=0.1 * place, y=0.5) for place in range(1, 6)]
    names = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
    face = face_pb2.Face(
        bounding_box=face_pb2.BoundingBox(left=-0.0125, top=0.25, width=0.5, height=0.75),
        landmarks=face_pb2.Landmarks(**dict(zip(names, points, strict=True))),
        confidence=0.98765,
    )
    assert row(pb.VideoFace(media_seconds=65.2, face=face)) == (
        "1:05.200",
        "0.988",
        "-0.013,0.250",
        "0.500,0.750",
        "0.100,0.500 0.200,0.500",
        "0.300,0.500",
        "0.400,0.500 0.500,0.500",
    )


def test_a_moment_is_rounded_as_a_whole():
    """A second that fills up is the next one."""
    assert [instant(each) for each in (0, 59.9996, 3599.9994)] == ["0:00.000", "1:00.000", "59:59.999"]
