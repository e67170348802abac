"""What is counted while a camera is read: in its status, and in the process's metrics."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal, TypeAlias

from prometheus_client import Counter

from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import face_pb2

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from sightline.chassis.errors import SightlineError

Counted: TypeAlias = Literal[
    "frames_sampled", "frames_detected", "frames_dropped", "faces", "tracks", "shots", "shots_dropped",
    "decoder_restarts",
]  # fmt: skip

_MEANINGS: dict[Counted, str] = {
    "frames_sampled": "Frames that decoders gave.",
    "frames_detected": "Frames whose faces were detected.",
    "frames_dropped": "Frames given up because detection was behind or failed.",
    "faces": "Faces seen in frames.",
    "tracks": "Appearances of faces.",
    "shots": "Face shots published.",
    "shots_dropped": "Face shots that the broker did not take.",
    "decoder_restarts": "Decoders started again.",
}


class IngestMetrics:
    """The same counters, over all cameras of the process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.counters: dict[Counted, Counter] = {
            name: Counter(f"sightline_ingest_{name}", meaning, registry=registry) for name, meaning in _MEANINGS.items()
        }


class Tally:
    """The status of one camera, kept by whoever reads it."""

    def __init__(self, metrics: IngestMetrics, start_ns: int) -> None:
        self._metrics = metrics
        self.status = pb.CameraStatus(state=pb.CAMERA_STATE_STARTING)
        self.status.start_time.FromNanoseconds(start_ns)

    def count(self, what: Counted, number: int = 1) -> None:
        """Count something."""
        setattr(self.status, what, getattr(self.status, what) + number)
        self._metrics.counters[what].inc(number)

    def saw_frame(self, media_time_s: float, media_duration_s: float) -> None:
        """Note a sampled frame: from the first one on the camera runs."""
        self.count("frames_sampled")
        self.status.state = pb.CAMERA_STATE_RUNNING
        self.status.ClearField("reason")
        self.status.last_frame_time.FromNanoseconds(time.time_ns())
        self.status.media_seconds = media_time_s
        self.status.media_duration_seconds = media_duration_s

    def enter(self, state: pb.CameraState, error: SightlineError | None = None) -> None:
        """Change the state, with the error that is the reason."""
        self.status.state = state
        self.status.ClearField("reason")
        if error is not None:
            self.status.reason.CopyFrom(face_pb2.Problem(reason=error.reason, message=error.message))

    def start_over(self) -> None:
        """Forget the counts of a file that is read from its beginning again."""
        fresh = pb.CameraStatus(
            state=pb.CAMERA_STATE_STARTING,
            start_time=self.status.start_time,
            decoder_restarts=self.status.decoder_restarts,
        )
        self.status.CopyFrom(fresh)
