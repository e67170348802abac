"""What the status of a camera says, and what Prometheus hears."""

import time

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from sightline.ingest.frame_record import Progress
from sightline.ingest.frames import Frame
from sightline.ingest.ingest_metrics import IngestMetrics
from sightline.ingest.tally import Tally
from sightline.v1 import camera_service_pb2 as pb

CAMERA = {"camera": "c1"}


@pytest.fixture
def registry():
    """A fresh one."""
    return CollectorRegistry()


@pytest.fixture
def metrics(registry):
    """Of a process."""
    return IngestMetrics(registry)


def _frame(index=0):
    return Frame(index, index / 2, np.zeros((90, 160, 3), np.uint8))


def test_frames_are_counted_once_across_decoders(metrics, registry):
    """A decoder counts from 0; the status goes on from where the one before it ended."""
    tally = Tally(metrics, 0)
    tally.saw_frame(_frame(), Progress(frames_read=1))
    tally.saw_frame(_frame(1), Progress(frames_read=10, frames_still=3, duration_s=60.0))
    tally.follow(Progress(frames_read=12, frames_still=4))
    tally.open_decoder()
    tally.saw_frame(_frame(), Progress(frames_read=2, frames_still=1))
    status = tally.status
    assert (status.frames_read, status.frames_still, status.frames_sampled) == (14, 5, 8)
    assert (status.width, status.height, status.state) == (160, 90, pb.CAMERA_STATE_RUNNING)
    assert registry.get_sample_value("sightline_ingest_frames_read_total") == 14
    tally.follow(Progress(frames_read=0))  # nobody but a decoder that was taken over counts backwards
    assert tally.status.frames_read == 14


def test_latencies_are_of_the_last_hundred_shots(metrics, registry):
    """Median and 95th percentile, in seconds; slow shots from before do not count for ever."""
    tally = Tally(metrics, 0)
    for milliseconds in (60_000, *range(10, 1010, 10)):
        tally.sent_shot(time.time_ns() - milliseconds * 1_000_000)
    assert tally.status.latency_p50_seconds == pytest.approx(0.51, abs=0.02)
    assert tally.status.latency_p95_seconds == pytest.approx(0.96, abs=0.02)
    assert tally.status.shots == 101
    assert registry.get_sample_value("sightline_ingest_shot_latency_seconds_count") == 101


def test_the_rate_is_of_now(metrics):
    """Sampled frames a second, also those that were still; none before the first frame."""
    tally = Tally(metrics, 0)
    assert tally.status.measured_fps == 0
    for number in range(10):
        tally.saw_frame(_frame(number), Progress(frames_still=number))
    assert tally.status.measured_fps == pytest.approx(19)


def test_restarts_are_told_by_their_reason(metrics, registry):
    """Who looks at many cameras sees why their decoders were started again."""
    tally = Tally(metrics, 0)
    for reason in ("CAMERA_SILENT", "DECODER_DIED", "CAMERA_SILENT"):
        tally.restart_decoder(reason)
    assert tally.status.decoder_restarts == 3
    assert registry.get_sample_value("sightline_ingest_sources_lost_total", {"reason": "CAMERA_SILENT"}) == 2


def test_a_camera_shows_while_it_is_read(metrics, registry):
    """Gauges with its id appear and vanish again; a newer reading of the same camera is not taken away."""
    tally, newer = Tally(metrics, 0), Tally(metrics, 0)
    with metrics.showing("c1", tally):
        assert registry.get_sample_value("sightline_camera_running", CAMERA) == 0
        assert registry.get_sample_value("sightline_camera_frame_age_seconds", CAMERA) == -1
        tally.saw_frame(_frame(), Progress())
        tally.lower(1.5)
        assert registry.get_sample_value("sightline_camera_running", CAMERA) == 1
        assert registry.get_sample_value("sightline_camera_lowered_fps", CAMERA) == 1.5
        assert 0 <= registry.get_sample_value("sightline_camera_frame_age_seconds", CAMERA) < 5
        with metrics.showing("c1", newer):
            assert registry.get_sample_value("sightline_camera_running", CAMERA) == 0
    assert registry.get_sample_value("sightline_camera_running", CAMERA) is None
