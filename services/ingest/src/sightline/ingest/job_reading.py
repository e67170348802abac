"""Reading a stored video from its job's checkpoint to its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.chassis.topology import Lane
from sightline.ingest.camera_viewing import DEFAULT_FPS
from sightline.ingest.courier import TrackCourier
from sightline.ingest.evidence import EvidenceStore
from sightline.ingest.face import Wish
from sightline.ingest.frames import open_frames
from sightline.ingest.job_footage import JobFootage
from sightline.ingest.job_lane import JobLane
from sightline.ingest.pipeline import Pace, Pipeline
from sightline.ingest.publisher import FaceEvents
from sightline.ingest.segments import SegmentedAppearances, Segments
from sightline.ingest.tally import Tally
from sightline.ingest.viewing import Viewing
from sightline.v1 import records_pb2
from sightline.v1 import video_job_service_pb2 as pb

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus
    from sightline.ingest.detect_client import FaceFinder
    from sightline.ingest.fetching import Fetcher
    from sightline.ingest.ingest_metrics import IngestMetrics
    from sightline.ingest.source import SourceRules
    from sightline.ingest.uploads import Uploads


@dataclass(frozen=True)
class JobTools:
    """What every job of the process shares."""

    bus: Bus
    rules: SourceRules
    uploads: Uploads
    fetcher: Fetcher
    finder: FaceFinder
    metrics: IngestMetrics
    frames_in_flight: int


class JobReading:
    """One job, read under one lease."""

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
        start = self._start
        origin = start.origin_seconds if start.HasField("origin_seconds") else None
        viewing = Viewing(
            self._job.sample_fps or DEFAULT_FPS, first=start.frames, first_s=start.media_seconds, origin_s=origin
        )
        async with self._courier.running():
            try:
                async with open_frames(source, viewing) as frames:
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
        """Where a reading after this one would have to begin."""
        reached = records_pb2.VideoJobCheckpoint(object_etag=self._footage.fetched.etag)
        reached.MergeFrom(self._segments.checkpoint())
        return reached

    @property
    def progress(self) -> pb.VideoJobProgress:
        """How far it is."""
        status, fetched = self._tally.status, self._footage.fetched
        return pb.VideoJobProgress(
            media_seconds=max(status.media_seconds, self._start.media_seconds),
            media_duration_seconds=status.media_duration_seconds,
            checkpoint_media_seconds=self.checkpoint.media_seconds,
            frames=self._appearances.frames,
            faces=self._appearances.faces,
            tracks=self._appearances.tracks,
            tracks_matched=self._start.tracks + self._courier.matched,
            fetched_bytes=fetched.bytes,
            fetch_bytes=fetched.size,
        )

    def _pipeline(self) -> Pipeline:
        wish = Wish(self._job.min_face_px, self._job.detection_profile)
        start_ns = self._job.create_time.ToNanoseconds()
        pace = Pace(start_ns, self._tools.frames_in_flight, wish, source=self._job.id)
        return Pipeline(pace, self._tools.finder, self._appearances, self._events, self._tally)


class NothingKept(EvidenceStore):
    """Frames of stored video are not kept: cameras need the room, and the video is still there."""

    def keep(self, *_: Any) -> None:
        """Does nothing."""
