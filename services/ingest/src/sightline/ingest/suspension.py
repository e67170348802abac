"""Why a camera that was started is not watched: it was suspended until somebody resumes it, or its schedule says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.chassis.enum_names import enum_name
from sightline.ingest import schedule
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import face_pb2

if TYPE_CHECKING:
    from datetime import datetime

    from sightline.v1 import records_pb2


def suspension(record: records_pb2.CameraRecord, now: datetime) -> face_pb2.Problem | None:
    """Why the camera is not watched now, an aware time; None where it is."""
    return record.suspension if record.HasField("suspension") else schedule.suspension(record.camera, now)


def reason_of(request: pb.SuspendCameraRequest) -> face_pb2.Problem:
    """Why a call wants it suspended, as its status will say."""
    reason = enum_name(pb.SuspensionReason, request.reason).removeprefix("SUSPENSION_REASON_")
    return face_pb2.Problem(reason=reason, message=request.message)


def suspend(record: records_pb2.CameraRecord, why: face_pb2.Problem, since_ns: int | None) -> None:
    """Have it watched no more, unless it is suspended already, or was resumed after `since` (ns since 1970)."""
    resumed_later = since_ns is not None and record.resume_time.ToNanoseconds() > since_ns
    if record.HasField("suspension") or resumed_later:
        return
    record.suspension.CopyFrom(why)
    if record.wanted:
        record.epoch += 1  # a holder that has not noticed yet says no more
        show(record, why)


def resume(record: records_pb2.CameraRecord, now: datetime) -> None:
    """Lift the suspension, if there is one; it is watched from `now` on, an aware time, or as its schedule says."""
    if not record.HasField("suspension"):
        return
    record.ClearField("suspension")
    record.resume_time.FromDatetime(now)
    if record.wanted:
        show(record, schedule.suspension(record.camera, now))


def with_suspension(status: pb.CameraStatus, record: records_pb2.CameraRecord) -> pb.CameraStatus:
    """A status of the camera as people see it: it says that it is suspended also where it is not started."""
    said = pb.CameraStatus()
    said.CopyFrom(status)
    if record.HasField("suspension"):
        said.suspension.CopyFrom(record.suspension)
    return said


def show(record: records_pb2.CameraRecord, why: face_pb2.Problem | None) -> None:
    """Write into its status that it is suspended, and why; None: that it starts again."""
    if why is None:
        record.status.CopyFrom(pb.CameraStatus(state=pb.CAMERA_STATE_STARTING, start_time=record.start_time))
        return
    record.status.state = pb.CAMERA_STATE_SUSPENDED
    record.status.reason.CopyFrom(why)
