"""What stored video consists of in ingest, wired together."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sightline.chassis.leases import Leases
from sightline.chassis.rpc import Served
from sightline.chassis.s3_store import open_store
from sightline.chassis.topology import JOB_LEASES
from sightline.ingest.detection_reading import DetectionReading
from sightline.ingest.fetching import Fetcher
from sightline.ingest.job_announcements import JobAnnouncements
from sightline.ingest.job_desk import JobDesk
from sightline.ingest.job_erasure import JobErasure
from sightline.ingest.job_faces import JobFaces
from sightline.ingest.job_reading import JobReading
from sightline.ingest.job_results import JobResults
from sightline.ingest.job_runner import JobRunner
from sightline.ingest.job_servicer import VideoJobServicer
from sightline.ingest.job_sightings import JobSightings
from sightline.ingest.job_tools import JobTools
from sightline.ingest.jobs import open_jobs
from sightline.ingest.precedence import JobFinder
from sightline.ingest.uploads import Uploads
from sightline.v1 import video_job_service_pb2 as pb
from sightline.v1.video_job_service_pb2_grpc import add_VideoJobServiceServicer_to_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.chassis.audit import Auditor
    from sightline.chassis.bus import Bus
    from sightline.ingest.ingest_metrics import IngestMetrics
    from sightline.ingest.job_tools import JobWork
    from sightline.ingest.precedence import Precedence
    from sightline.ingest.settings import IngestSettings
    from sightline.v1 import records_pb2

    ServedBy: TypeAlias = Callable[[Auditor], Served]


async def assemble_jobs(
    bus: Bus, settings: IngestSettings, precedence: Precedence, metrics: IngestMetrics
) -> tuple[JobRunner, ServedBy]:
    """What reads jobs, and what serves them. Raises FailedPrecondition NOT_PROVISIONED, S3_CREDENTIALS_INVALID."""
    book = await open_jobs(bus)
    leases = Leases(await bus.bucket(JOB_LEASES), settings.own_address)
    uploads = Uploads(settings.state_dir / "ingest" / "uploads", settings.upload_bytes)
    finder, store = JobFinder(precedence), open_store(settings.s3_access, settings.service)
    fetcher, places = Fetcher(store, uploads), settings.job_frames_in_flight
    tools = JobTools(bus, settings.source_rules, uploads, fetcher, finder, metrics, places)
    announcements = JobAnnouncements(book, bus.publish)

    def open_reading(record: records_pb2.VideoJobRecord, epoch: int) -> JobWork:
        detects = record.job.kind == pb.VIDEO_JOB_KIND_DETECTION
        return (DetectionReading if detects else JobReading)(record, epoch, tools)

    sightings, faces = JobSightings(bus), JobFaces(bus)
    erasure = JobErasure(book, (sightings, faces))
    runner = JobRunner(book, leases, uploads, announcements, erasure, open_reading, settings.jobs_at_once)
    desk = JobDesk(book, runner, settings.source_rules, store, uploads, erasure)

    def serve(auditor: Auditor) -> Served:
        servicer = VideoJobServicer(desk, JobResults(sightings), faces, auditor)
        return Served("sightline.v1.VideoJobService", servicer, add_VideoJobServiceServicer_to_server)

    return runner, serve
