"""What is counted while a camera is read: in its status, and in the process's metrics."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Literal, TypeAlias

from sightline.ingest.frame_record import Progress
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import face_pb2

if TYPE_CHECKING:
    from sightline.chassis.errors import SightlineError
    from sightline.ingest.frames import Frame
    from sightline.ingest.ingest_metrics import IngestMetrics

Counted: TypeAlias = Literal[
    "frames_read", "frames_sampled", "frames_still", "frames_detected", "frames_dropped", "frames_failed", "faces",
    "tracks", "shots", "shots_dropped", "decoder_restarts",
]  # fmt: skip

RATE_WINDOW_S = 10.0
LATENCIES_KEPT = 100


class Tally:
    """The status of one camera, kept by whoever reads it."""

    def __init__(self, metrics: IngestMetrics, start_ns: int) -> None:
        self._metrics = metrics
        self._status = pb.CameraStatus(state=pb.CAMERA_STATE_STARTING)
        self._status.start_time.FromNanoseconds(start_ns)
        self._progress = Progress()
        self._sampled: deque[tuple[float, int]] = deque()
        self._first_s = 0.0
        self._latencies: deque[float] = deque(maxlen=LATENCIES_KEPT)

    @property
    def status(self) -> pb.CameraStatus:
        """As it is now."""
        self._status.measured_fps = self._rate()
        ranked = sorted(self._latencies)
        if ranked:
            self._status.latency_p50_seconds = ranked[len(ranked) // 2]
            self._status.latency_p95_seconds = ranked[len(ranked) * 95 // 100]
        return self._status

    def count(self, what: Counted, number: int = 1) -> None:
        """Count something."""
        setattr(self._status, what, getattr(self._status, what) + number)
        self._metrics.counters[what].inc(number)

    def saw_frame(self, frame: Frame, progress: Progress) -> None:
        """Note a frame that the decoder gave: from the first one on the camera runs."""
        self._count_sampled(1)
        self.follow(progress)
        status = self._status
        status.state = pb.CAMERA_STATE_RUNNING
        status.ClearField("reason")
        status.last_frame_time.FromNanoseconds(time.time_ns())
        status.media_seconds = frame.media_time_s
        status.media_duration_seconds = progress.duration_s
        status.height, status.width = frame.picture.shape[:2]

    def follow(self, progress: Progress) -> None:
        """Count what the present decoder has read and passed over since it was asked last."""
        still = max(0, progress.frames_still - self._progress.frames_still)
        self.count("frames_read", max(0, progress.frames_read - self._progress.frames_read))
        self.count("frames_still", still)
        self._count_sampled(still)
        self._progress = progress

    def open_decoder(self) -> None:
        """A new decoder counts from 0, and samples as is wanted."""
        self._progress = Progress()
        self.lower(0.0)

    def restart_decoder(self, reason: str) -> None:
        """Count that a decoder is started again, because of that error."""
        self.count("decoder_restarts")
        self._metrics.restarts.labels(reason).inc()

    def sent_shot(self, decoded_ns: int) -> None:
        """Count a shot that the broker has, of a frame that came out of the decoder then."""
        latency = max(0.0, (time.time_ns() - decoded_ns) / 1e9)
        self._latencies.append(latency)
        self._metrics.latency.observe(latency)
        self.count("shots")

    def lower(self, fps: float) -> None:
        """Note what sampling was lowered to; 0: it is as wanted."""
        self._status.lowered_fps = fps

    def enter(self, state: pb.CameraState, error: SightlineError | None = None) -> None:
        """Change the state, with the error that is the reason."""
        self._status.state = state
        self._status.ClearField("reason")
        if error is not None:
            self._status.reason.CopyFrom(face_pb2.Problem(reason=error.reason, message=error.message))

    def start_over(self) -> None:
        """Forget the counts of a file that is read from its beginning again."""
        fresh = pb.CameraStatus(
            state=pb.CAMERA_STATE_STARTING,
            start_time=self._status.start_time,
            decoder_restarts=self._status.decoder_restarts,
        )
        self._status.CopyFrom(fresh)

    def _count_sampled(self, number: int) -> None:
        self.count("frames_sampled", number)
        now = time.monotonic()
        self._first_s = self._first_s or now
        self._sampled.append((now, number))

    def _rate(self) -> float:
        """Frames per second over the window, or over the time since the first frame where that is shorter."""
        oldest = time.monotonic() - RATE_WINDOW_S
        while self._sampled and self._sampled[0][0] < oldest:
            self._sampled.popleft()
        if not self._sampled:
            return 0.0
        since = min(RATE_WINDOW_S, max(1.0, time.monotonic() - self._first_s))
        return sum(number for _, number in self._sampled) / since
