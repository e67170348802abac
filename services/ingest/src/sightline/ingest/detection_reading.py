"""Reading a stored video from its job's checkpoint to its end, only to say where faces are in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis import topology
from sightline.ingest.frame_faces import FrameFaces
from sightline.ingest.frames import open_frames
from sightline.ingest.job_footage import JobFootage
from sightline.ingest.pipeline import Pipeline
from sightline.ingest.tally import Tally
from sightline.v1 import records_pb2
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.chassis.lease import Publish
    from sightline.ingest.frame_faces import Piece
    from sightline.ingest.job_tools import JobTools


@dataclass
class _Pieces:
    """A NewsChannel to the broker, which knows up to where it has everything."""

    publish: Publish
    job_id: str
    epoch: int
    reached: records_pb2.VideoJobCheckpoint

    async def send(self, piece: Piece) -> None:
        """See NewsChannel."""
        subject = topology.detections(self.job_id, self.epoch, piece.first_frame)
        await self.publish(subject, pb.VideoFaces(faces=piece.faces), dedup_id=subject)
        self.reached = piece.end


class DetectionReading:
    """One detection, read under one lease: see JobWork."""

    def __init__(self, record: records_pb2.VideoJobRecord, epoch: int, tools: JobTools) -> None:
        self._job = record.job
        self._tools = tools
        self._footage = JobFootage(record, tools.rules, tools.uploads, tools.fetcher)
        self._faces = FrameFaces(record.checkpoint)
        self._pieces = _Pieces(tools.bus.publish, self._job.id, epoch, record.checkpoint)
        self._tally = Tally(tools.metrics, self._job.create_time.ToNanoseconds())

    async def run(self) -> None:
        """Returns when the video has ended and the broker has every face.

        Raises:
            InvalidInput: the video cannot be read, or not to its end; the faces of what came before are there.
            SightlineError: as `JobFootage.admit`.
            Unavailable: DECODER_DIED and the like; going on from the checkpoint may help.
        """
        source = await self._footage.admit()
        pace = self._tools.pace(self._job)
        async with open_frames(source, self._footage.viewing) as frames:
            self._footage.watch(frames)
            await Pipeline(pace, self._tools.finder, self._faces, self._pieces, self._tally).run(frames)

    @property
    def checkpoint(self) -> records_pb2.VideoJobCheckpoint:
        """See JobWork."""
        return self._footage.checkpoint(self._pieces.reached)

    @property
    def progress(self) -> pb.VideoJobProgress:
        """See JobWork."""
        progress = self._footage.progress(self._tally.status)
        progress.checkpoint_media_seconds = self._pieces.reached.media_seconds
        progress.frames, progress.faces = self._faces.frames, self._faces.seen
        return progress
