"""Reading a stored video from its job's checkpoint to its end, in search of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.topology import Lane
from sightline.ingest.courier import TrackCourier
from sightline.ingest.evidence import EvidenceStore
from sightline.ingest.frames import open_frames
from sightline.ingest.job_footage import JobFootage
from sightline.ingest.job_lane import JobLane
from sightline.ingest.pipeline import Pipeline
from sightline.ingest.publisher import FaceEvents
from sightline.ingest.segments import SegmentedAppearances, Segments
from sightline.ingest.tally import Tally

if TYPE_CHECKING:
    from sightline.ingest.appearances import News
    from sightline.ingest.job_tools import JobTools
    from sightline.v1 import records_pb2
    from sightline.v1 import video_job_service_pb2 as pb


class JobReading:
    """One search, read under one lease: see JobWork."""

    def __init__(self, record: records_pb2.VideoJobRecord, epoch: int, tools: JobTools) -> None:
        self._job = record.job
        self._start = record.checkpoint
        self._tools = tools
        self._footage = JobFootage(record, tools.rules, tools.uploads, tools.fetcher)
        self._segments = Segments(record.checkpoint)
        self._appearances = SegmentedAppearances(self._job.id, self._start, self._segments, NothingKept())
        self._tally = Tally(tools.metrics, self._job.create_time.ToNanoseconds())
        lane = JobLane(tools.bus)
        self._courier = TrackCourier(tools.bus, lane, self._job.id, epoch, self._segments.settle)
        self._events = FaceEvents(
            self._courier, Lane.JOB, self._job.id, epoch, tuple(self._job.watchlist_ids), evidence_address=""
        )

    async def run(self) -> None:
        """Returns when the video has ended and every track in it is settled.

        Raises:
            InvalidInput: the video cannot be read, or not to its end; what came before is settled.
            FailedPrecondition: TRACKS_LOST.
            SightlineError: as `JobFootage.admit`.
            Unavailable: DECODER_DIED and the like; going on from the checkpoint may help.
        """
        source = await self._footage.admit()
        async with self._courier.running():
            try:
                async with open_frames(source, self._footage.viewing) as frames:
                    self._footage.watch(frames)
                    await self._pipeline().run(frames)
            except InvalidInput:
                await self._courier.drained()
                raise
            await self._courier.drained()
        self._appearances.end_video()
        if lost := self._courier.given_up:
            raise FailedPrecondition(
                "TRACKS_LOST",
                f"{lost} of {self._appearances.tracks} tracks could not be embedded or matched; the logs of embed and "
                "match say why. The results are those of the others.",
            )

    @property
    def checkpoint(self) -> records_pb2.VideoJobCheckpoint:
        """See JobWork."""
        return self._footage.checkpoint(self._segments.checkpoint())

    @property
    def progress(self) -> pb.VideoJobProgress:
        """See JobWork."""
        progress, seen = self._footage.progress(self._tally.status), self._appearances
        progress.checkpoint_media_seconds = self.checkpoint.media_seconds
        progress.frames, progress.faces, progress.tracks = seen.frames, seen.faces, seen.tracks
        progress.tracks_matched = self._start.tracks + self._courier.matched
        return progress

    def _pipeline(self) -> Pipeline[News]:
        pace = self._tools.pace(self._job)
        return Pipeline(pace, self._tools.finder, self._appearances, self._events, self._tally)


class NothingKept(EvidenceStore):
    """Frames of stored video are not kept: cameras need the room, and the video is still there."""

    def keep(self, *_: Any) -> None:
        """Does nothing."""
