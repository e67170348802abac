"""What every job of a process shares, and how their videos are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sightline.ingest.face import Wish
from sightline.ingest.pipeline import Pace

if TYPE_CHECKING:
    from sightline.chassis.bus import Bus
    from sightline.ingest.detect_client import FaceFinder
    from sightline.ingest.fetching import Fetcher
    from sightline.ingest.ingest_metrics import IngestMetrics
    from sightline.ingest.source import SourceRules
    from sightline.ingest.uploads import Uploads
    from sightline.v1 import records_pb2
    from sightline.v1 import video_job_service_pb2 as pb


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

    def pace(self, job: pb.VideoJob) -> Pace:
        """How the frames of a job are looked at."""
        wish = Wish(job.min_face_px, job.detection_profile)
        return Pace(job.create_time.ToNanoseconds(), self.frames_in_flight, wish, source=job.id)


class JobWork(Protocol):
    """One job, read under one lease."""

    async def run(self) -> None:
        """Returns when the video has ended, and all that it shows is safe.

        Raises:
            SightlineError: what ends the job.
            Unavailable: going on from the checkpoint may help.
        """

    @property
    def checkpoint(self) -> records_pb2.VideoJobCheckpoint:
        """Where a reading after this one would have to begin."""

    @property
    def progress(self) -> pb.VideoJobProgress:
        """How far it is."""
