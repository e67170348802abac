"""What a process counts over all its cameras, and how each of them does, for Prometheus."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from sightline.v1 import camera_service_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client import CollectorRegistry

    from sightline.ingest.tally import Counted, Tally

_MEANINGS: dict[Counted, str] = {
    "frames_read": "Frames that decoders read, sampled or not.",
    "frames_sampled": "Frames that came at the sample rate.",
    "frames_still": "Sampled frames passed over as nothing moved in them.",
    "frames_detected": "Frames whose faces were detected.",
    "frames_dropped": "Frames given up because detection was behind.",
    "frames_failed": "Frames given up because detection failed.",
    "faces": "Faces seen in frames.",
    "tracks": "Appearances of faces.",
    "shots": "Face shots published.",
    "shots_dropped": "Face shots that the broker did not take.",
    "decoder_restarts": "Decoders started again.",
}
_LATENCIES_S = (0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


class IngestMetrics:
    """The counters of the process, and a gauge of each camera that it reads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.counters: dict[Counted, Counter] = {
            name: Counter(f"sightline_ingest_{name}", meaning, registry=registry) for name, meaning in _MEANINGS.items()
        }
        self.restarts = Counter(
            "sightline_ingest_sources_lost", "Decoders started again, by reason.", ["reason"], registry=registry
        )
        self.latency = Histogram(
            "sightline_ingest_shot_latency_seconds",
            "From the decoder's frame to its face shot in the broker.",
            buckets=_LATENCIES_S,
            registry=registry,
        )
        self._tallies: dict[str, Tally] = {}
        registry.register(_CameraGauges(self._tallies))

    @contextmanager
    def showing(self, camera_id: str, tally: Tally) -> Iterator[None]:
        """Show a camera while it is read."""
        self._tallies[camera_id] = tally
        try:
            yield
        finally:
            if self._tallies.get(camera_id) is tally:
                del self._tallies[camera_id]


class _CameraGauges(Collector):
    """Asks the cameras how they do when somebody wants to know."""

    def __init__(self, tallies: dict[str, Tally]) -> None:
        self._tallies = tallies

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See prometheus_client."""
        statuses = {camera: tally.status for camera, tally in list(self._tallies.items())}
        for name, (meaning, value) in _GAUGES.items():
            gauge = GaugeMetricFamily(f"sightline_camera_{name}", meaning, labels=["camera"])
            for camera, status in statuses.items():
                gauge.add_metric([camera], value(status))
            yield gauge

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """See prometheus_client: the names, without asking anybody."""
        return (GaugeMetricFamily(f"sightline_camera_{name}", meaning) for name, (meaning, _) in _GAUGES.items())


def _frame_age(status: pb.CameraStatus) -> float:
    return time.time() - status.last_frame_time.ToNanoseconds() / 1e9 if status.HasField("last_frame_time") else -1.0


_GAUGES: dict[str, tuple[str, Callable[[pb.CameraStatus], float]]] = {
    "running": ("1 while frames come.", lambda status: float(status.state == pb.CAMERA_STATE_RUNNING)),
    "fps": ("Sampled frames a second.", lambda status: status.measured_fps),
    "lowered_fps": ("What sampling was lowered to, 0 where it was not.", lambda status: status.lowered_fps),
    "frame_age_seconds": ("Since the last frame; -1 before the first one.", _frame_age),
    "frames_dropped": ("Frames given up because detection was behind.", lambda status: float(status.frames_dropped)),
    "frames_failed": ("Frames given up because detection failed.", lambda status: float(status.frames_failed)),
    "latency_p95_seconds": ("Of the last hundred shots.", lambda status: status.latency_p95_seconds),
    "decoder_restarts": ("Decoders started again.", lambda status: float(status.decoder_restarts)),
}
