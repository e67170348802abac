"""A camera that cannot be read is tried again, for as long as it takes."""

from __future__ import annotations

import pytest

from sightline.chassis.errors import InvalidInput, Unavailable
from sightline.chassis.metrics import new_registry
from sightline.ingest import reading
from sightline.ingest.ingest_metrics import IngestMetrics
from sightline.ingest.reading import FILE_RESTARTS, Reading, ReadingTools
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import records_pb2

FINAL = InvalidInput("SOURCE_NOT_ALLOWED", "It is in no network of cameras.")


class Away:
    """Credentials that cannot be had, as often as told; then the camera turns out to be one that may not be read."""

    def __init__(self, error, times):
        self.error = error
        self.times = times
        self.asked = 0

    async def credentials_of(self, _):
        self.asked += 1
        raise self.error if self.asked <= self.times else FINAL


async def read(away, url="rtsp://camera/1"):
    """Reads until it is given up, and returns the status that it then has."""
    record = records_pb2.CameraRecord(camera=pb.Camera(id="c" * 26, source_url=url))
    tools = ReadingTools(None, None, None, None, IngestMetrics(new_registry()), 1, "", away)
    run = Reading(record, 1, tools)
    await run.run()
    return run.tally.status


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    """Hours go by at once."""
    monkeypatch.setattr(reading, "FIRST_PAUSE_S", 0.0)


@pytest.mark.parametrize(
    ("error", "times"),
    [(Unavailable("CAMERA_UNREACHABLE", "It is off."), 1100), (OSError("Resource temporarily unavailable"), 3)],
    ids=["away for hours", "no process to be had"],
)
async def test_a_camera_is_not_given_up_for_what_may_pass(error, times):
    """It is only given up for what no waiting makes better."""
    away = Away(error, times)
    status = await read(away)
    assert (away.asked, status.decoder_restarts) == (times + 1, times)
    assert (status.state, status.reason.reason) == (pb.CAMERA_STATE_FAILED, "SOURCE_NOT_ALLOWED")


async def test_a_file_for_which_something_keeps_failing_is_given_up():
    """After two more tries, with the log to look at."""
    away = Away(OSError("Resource temporarily unavailable"), 100)
    status = await read(away, "file:///videos/a.mp4")
    assert away.asked == FILE_RESTARTS + 1
    assert (status.state, status.reason.reason) == (pb.CAMERA_STATE_FAILED, "INTERNAL")
