"""What a suspension does to a camera's record, and what lifts it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sightline.ingest.camera_record import new_record, want
from sightline.ingest.suspension import reason_of, resume, suspend, suspension
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import face_pb2

MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
WHY = face_pb2.Problem(reason="FALSE_ALARMS", message="19 of 20")
OTHER = face_pb2.Problem(reason="ALERT_STORM", message="31 in a minute")


@pytest.fixture
def record():
    """A camera that is watched."""
    made = new_record(pb.Camera(name="door", source_url="rtsp://10.0.0.1/a"))
    want(made)
    made.status.state = pb.CAMERA_STATE_RUNNING
    made.epoch = 3
    return made


def close_hours(record):
    """Hours on Sundays."""
    record.camera.schedule.hours.add(days=[7], start_minute=0, end_minute=60)


def test_a_suspended_camera_says_why_and_its_reader_no_more(record):
    """Its state and reason are so at once, and whatever its reader still says is of an old epoch."""
    suspend(record, WHY, None)
    assert (record.status.state, record.status.reason) == (pb.CAMERA_STATE_SUSPENDED, WHY)
    assert record.epoch == 4
    assert suspension(record, MONDAY) == WHY


def test_the_first_reason_stays(record):
    """Whoever suspends it again changes nothing."""
    suspend(record, WHY, None)
    suspend(record, OTHER, None)
    assert (record.suspension, record.epoch) == (WHY, 4)


def test_a_start_does_not_lift_it_and_a_resumption_does(record):
    """Stopped and started it is suspended as before; resumed it starts, and the moment is written down."""
    suspend(record, WHY, None)
    record.wanted = False
    record.status.state = pb.CAMERA_STATE_STOPPED
    want(record)
    assert (record.status.state, record.status.reason) == (pb.CAMERA_STATE_SUSPENDED, WHY)
    resume(record, MONDAY)
    assert (record.status.state, record.status.reason.reason) == (pb.CAMERA_STATE_STARTING, "")
    assert record.resume_time.ToDatetime(UTC) == MONDAY
    assert suspension(record, MONDAY) is None


def test_what_was_counted_before_a_resumption_suspends_nothing(record):
    """Whoever resumed it knew; what was counted from then on does, and a request that rests on no counts."""
    suspend(record, WHY, None)
    resume(record, MONDAY)
    at = record.resume_time.ToNanoseconds()
    suspend(record, OTHER, at - 1)
    assert suspension(record, MONDAY) is None
    suspend(record, OTHER, at)
    assert suspension(record, MONDAY) == OTHER


def test_it_counts_more_than_the_schedule_and_leaves_it(record):
    """Out of its hours a suspended camera says that it is suspended; resumed, that it is out of its hours."""
    close_hours(record)
    suspend(record, WHY, None)
    assert suspension(record, MONDAY) == WHY
    resume(record, MONDAY)
    assert (record.status.state, record.status.reason.reason) == (pb.CAMERA_STATE_SUSPENDED, "OUT_OF_HOURS")


def test_a_camera_that_is_not_started_stays_stopped():
    """It is suspended all the same: started, it is not watched."""
    record = new_record(pb.Camera(name="door", source_url="rtsp://10.0.0.1/a"))
    suspend(record, WHY, None)
    assert (record.status.state, record.epoch) == (pb.CAMERA_STATE_STOPPED, 0)
    want(record)
    assert record.status.state == pb.CAMERA_STATE_SUSPENDED


def test_what_is_not_suspended_is_not_resumed(record):
    """Nothing changes, and no moment is noted that would excuse what was counted."""
    before = record.SerializeToString()
    resume(record, MONDAY)
    assert record.SerializeToString() == before


def test_a_reason_is_told_without_its_prefix():
    """As programs read it in the status, beside the sentence for people."""
    request = pb.SuspendCameraRequest(reason=pb.SUSPENSION_REASON_ALERT_STORM, message="31 in a minute")
    assert reason_of(request) == OTHER
