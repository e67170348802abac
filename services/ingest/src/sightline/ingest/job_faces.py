"""The use case: where faces are in a stored video, page by page, read from DETECTIONS.

Each reading of a video is an epoch, and begins where an earlier one had certainly come to: so what an earlier one said
of later frames, perhaps after it had lost its lease, does not count.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from nats.js.errors import NotFoundError

from sightline.chassis.bus import broker_errors
from sightline.chassis.pages import from_token, page_size, refused_token, to_token
from sightline.chassis.topology import DETECTIONS, detections_of
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from sightline.chassis.bus import Bus

_PLACE_PARTS = 3


@dataclass(frozen=True)
class Stored:
    """A message of the stream."""

    first_frame: int
    epoch: int
    subject: str


class JobFaces:
    """Reads, and forgets, the faces of detections."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def page(self, job: pb.VideoJob, asked: pb.ListVideoJobFacesRequest) -> pb.ListVideoJobFacesResponse:
        """One page of them.

        Raises:
            InvalidInput: PAGE_TOKEN_INVALID.
            Unavailable: BROKER_UNAVAILABLE.
        """
        first_frame, number = _place(job.id, asked.page_token)
        size, token = page_size(asked.page_size), ""
        page: list[pb.VideoFace] = []
        async for stored, faces in self._from(job.id, first_frame):
            start = number if stored.first_frame == first_frame else 0
            room = size - len(page)
            page += islice(faces, start, start + room)
            if len(faces) > start + room:
                token = to_token(f"{job.id}.{stored.first_frame}.{start + room}")
                break
        return pb.ListVideoJobFacesResponse(faces=page, next_page_token=token, job=job)

    async def forget(self, job_id: str) -> None:
        """Delete them. Raises Unavailable BROKER_UNAVAILABLE."""
        with broker_errors():
            await self._bus.js.purge_stream(DETECTIONS, subject=detections_of(job_id))

    async def _from(self, job_id: str, first_frame: int) -> AsyncIterator[tuple[Stored, list[pb.VideoFace]]]:
        """What is stored of those frames and later ones."""
        stored = await self._stored(job_id)
        places = [each.first_frame for each in stored]
        for each in stored[max(0, bisect_right(places, first_frame) - 1) :]:
            with broker_errors():
                try:
                    message = await self._bus.js.get_last_msg(DETECTIONS, each.subject)
                except NotFoundError:  # too old, or deleted in between
                    continue
            yield each, list(pb.VideoFaces.FromString(message.data or b"").faces)

    async def _stored(self, job_id: str) -> list[Stored]:
        with broker_errors():
            info = await self._bus.js.stream_info(DETECTIONS, subjects_filter=detections_of(job_id))
        return valid(info.state.subjects or {})


def valid(subjects: Iterable[str]) -> list[Stored]:
    """What counts of the messages with these subjects, in the order of the video."""
    stored = sorted(map(_read, subjects), reverse=True, key=lambda each: (each.epoch, each.first_frame))
    counting: list[Stored] = []
    for each in stored:  # a later epoch's first, and each epoch's first frame last
        if not counting or each.first_frame < counting[-1].first_frame:
            counting.append(each)
    return counting[::-1]


def _read(subject: str) -> Stored:
    *_, epoch, frame = subject.split(".")
    return Stored(int(frame), int(epoch), subject)


def _place(job_id: str, token: str) -> tuple[int, int]:
    """The first frame of a message, and how many faces of it came before."""
    if not token:
        return 0, 0
    parts = from_token(token).split(".")
    if len(parts) != _PLACE_PARTS or parts[0] != job_id or not all(part.isdecimal() for part in parts[1:]):
        raise refused_token()
    return int(parts[1]), int(parts[2])
