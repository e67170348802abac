"""Reading one camera or file from its start to its end, again and again where a camera goes away."""

from __future__ import annotations

import asyncio
import itertools
import random
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.errors import Internal, InvalidInput, SightlineError
from sightline.chassis.ids import derived_id, new_id
from sightline.chassis.topology import Lane
from sightline.ingest.appearances import Appearances, News
from sightline.ingest.camera_source import admit_camera
from sightline.ingest.camera_viewing import outlines, viewing_of
from sightline.ingest.credentials import CredentialBook, NothingSealed
from sightline.ingest.face import Wish
from sightline.ingest.frames import open_frames
from sightline.ingest.pipeline import Pace, Pipeline
from sightline.ingest.publisher import FaceEvents
from sightline.ingest.tally import Tally
from sightline.ingest.tracker import FaceTracker
from sightline.v1 import camera_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.chassis.lease import Publish
    from sightline.ingest.detect_client import FaceFinder
    from sightline.ingest.evidence import EvidenceStore
    from sightline.ingest.ingest_metrics import IngestMetrics
    from sightline.ingest.source import Source, SourceRules
    from sightline.ingest.viewing import Viewing
    from sightline.v1 import records_pb2

log = structlog.get_logger()

FILE_RESTARTS = 2
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 15.0
_MOST_DOUBLINGS = 10
# No waiting makes these better.
_FINAL_REASONS = frozenset({"SOURCE_SCHEME", "SOURCE_NOT_ALLOWED", "SOURCE_CREDENTIALS_LENGTH"})


@dataclass(frozen=True)
class ReadingTools:
    """What every reading of the process shares."""

    rules: SourceRules
    finder: FaceFinder
    publish: Publish
    evidence: EvidenceStore
    metrics: IngestMetrics
    frames_in_flight: int
    address: str
    credentials: CredentialBook = field(default_factory=NothingSealed)


class Reading:
    """One camera, read under one lease."""

    def __init__(self, record: records_pb2.CameraRecord, epoch: int, tools: ReadingTools) -> None:
        self._record = record
        self._camera = record.camera
        self._start_ns = record.start_time.ToNanoseconds()
        self._epoch = epoch
        self._tools = tools
        self.tally = Tally(tools.metrics, self._start_ns)

    async def run(self) -> None:
        """Returns when a file has ended or the source can never be read; the tally's state says which."""
        with self._tools.metrics.showing(self._camera.id, self.tally):
            try:
                await self._run()
            except SightlineError as error:
                self._fail(error)

    async def _run(self) -> None:
        failures = 0
        while True:
            before = self.tally.status.frames_sampled
            if (error := await self._read_once()) is None:
                self.tally.enter(pb.CAMERA_STATE_ENDED)
                log.info("source_ended", **self._facts())
                return
            failures = 1 if self.tally.status.frames_sampled > before else failures + 1
            self._judge(error)
            log.warning("source_lost", reason=error.reason, detail=error.message, failures=failures)
            await asyncio.sleep(_pause_s(failures))
            self.tally.restart_decoder(error.reason)

    async def _read_once(self) -> SightlineError | None:
        """What ended it; None: the end of a file."""
        try:
            await self._read()
        except SightlineError as error:
            return error
        except Exception:
            # As where no process can be started just now: a camera is not given up for that.
            log.exception("reading_failed")
            return Internal("INTERNAL", "Something failed here; the log of ingest has the details.")
        return None

    async def _read(self) -> None:
        tools = self._tools
        credentials = await tools.credentials.credentials_of(self._record)
        source = await admit_camera(self._camera, tools.rules, credentials)
        if not source.live:
            self.tally.start_over()
        self.tally.open_decoder()
        viewing = viewing_of(self._camera, live=source.live)
        pipeline = self._pipeline(source, viewing)
        async with open_frames(source, viewing) as frames:
            await pipeline.run(frames)

    def _pipeline(self, source: Source, viewing: Viewing) -> Pipeline[News]:
        tools = self._tools
        lane, start_ns = (Lane.LIVE, None) if source.live else (Lane.JOB, self._start_ns)
        tracker = FaceTracker(new_id if source.live else self._repeatable_ids())
        events = FaceEvents(
            tools.publish, lane, self._camera.id, self._epoch, tuple(self._camera.watchlist_ids), tools.address
        )
        wish = Wish(self._camera.min_face_px, self._camera.detection_profile)
        pace = Pace(start_ns, tools.frames_in_flight, wish, viewing.fps, self._camera.id)
        appearances = Appearances(tracker, tools.evidence, outlines(self._camera.regions))
        return Pipeline(pace, tools.finder, appearances, events, self.tally)

    def _repeatable_ids(self) -> Callable[[], str]:
        """A file that is read again in the same run gives the same tracks, and so no second alert."""
        numbers = itertools.count()
        run = partial(derived_id, self._camera.id, str(self._start_ns))
        return lambda: run(str(next(numbers)))

    def _judge(self, error: SightlineError) -> None:
        """Raises the error where trying again cannot help, else says that it is tried."""
        is_file = self._camera.source_url.lower().startswith("file:")
        spent = is_file and (isinstance(error, InvalidInput) or self.tally.status.decoder_restarts >= FILE_RESTARTS)
        if spent or error.reason in _FINAL_REASONS:
            raise error
        self.tally.enter(pb.CAMERA_STATE_RECONNECTING, error)

    def _fail(self, error: SightlineError) -> None:
        self.tally.enter(pb.CAMERA_STATE_FAILED, error)
        log.warning("source_failed", reason=error.reason, detail=error.message, **self._facts())

    def _facts(self) -> dict[str, int]:
        status = self.tally.status
        return {
            "frames": status.frames_sampled,
            "dropped": status.frames_dropped,
            "faces": status.faces,
            "tracks": status.tracks,
            "shots": status.shots,
        }


def _pause_s(failures: int) -> float:
    """Twice as long after each failure in a row; cameras that vanished together do not come back in one moment."""
    # After some hours the power alone would be too large for a float.
    pause = min(FIRST_PAUSE_S * 2.0 ** min(failures - 1, _MOST_DOUBLINGS), LONGEST_PAUSE_S)
    return pause * random.uniform(0.8, 1.0)  # noqa: S311 - no secret
