"""A camera's record: how it is made, changed, and shown to people."""

from __future__ import annotations

import time
from dataclasses import dataclass

from google.protobuf.field_mask_pb2 import FieldMask

from sightline.chassis.etag import etag_of, require_etag
from sightline.chassis.field_mask import changed
from sightline.chassis.ids import new_id
from sightline.ingest.camera_rules import check_camera, check_destination
from sightline.ingest.source_url import mask_credentials
from sightline.ingest.suspension import show
from sightline.v1 import camera_service_pb2 as pb
from sightline.v1 import records_pb2

CREDENTIALS = "credentials"
CHANGEABLE = (
    *("name", "location", "source_url", "sample_fps", "min_face_px", "watchlist_ids", "detection_profile"),
    *("coordinates", "rtsp_transport", "regions", "privacy_masks", "schedule", "motion_gate", "keyframes_only"),
    *("certificate", "unverified_tls"),
    CREDENTIALS,
)
_MADE_BY_THE_SERVER = ("etag", "enabled", "has_credentials")


@dataclass(frozen=True)
class CameraChange:
    """What is to become of a record: the fields of the mask are as in `camera`, or cleared where it has none.

    `credentials` are those that were given, sealed; read where the mask names them.
    """

    camera: pb.Camera
    mask: FieldMask
    etag: str = ""
    credentials: records_pb2.SealedCredentials | None = None

    @property
    def names_credentials(self) -> bool:
        """Whether they are given anew, or to be forgotten."""
        return CREDENTIALS in self.mask.paths

    def apply(self, record: records_pb2.CameraRecord) -> None:
        """Change the record.

        Raises:
            Conflict: ETAG_DIFFERS.
            InvalidInput: UPDATE_MASK_INVALID, REQUEST_INVALID, CREDENTIALS_NOT_GIVEN, and as `check_camera`.
        """
        require_etag(_identity(record), self.etag)
        after = self._settings_after(record)
        check_camera(after)
        if self.names_credentials:
            record.ClearField("credentials")
            if self.credentials is not None:
                record.credentials.CopyFrom(self.credentials)
        elif record.HasField("credentials"):
            check_destination(record.camera, after)
        after.update_time.GetCurrentTime()
        record.camera.CopyFrom(after)

    def _settings_after(self, record: records_pb2.CameraRecord) -> pb.Camera:
        settings = FieldMask(paths=[path for path in self.mask.paths if path != CREDENTIALS])
        if self.names_credentials and not settings.paths:
            return _settings(record)
        return changed(_settings(record), self.camera, settings, CHANGEABLE)


def new_record(camera: pb.Camera, camera_id: str = "") -> records_pb2.CameraRecord:
    """The record of a new camera, stopped, without credentials, with that id or a new one. Raises as `check_camera`."""
    check_camera(camera)
    record = records_pb2.CameraRecord(camera=camera)
    for name in _MADE_BY_THE_SERVER:
        record.camera.ClearField(name)
    record.camera.id = camera_id or new_id()
    record.camera.create_time.GetCurrentTime()
    record.camera.update_time.CopyFrom(record.camera.create_time)
    record.status.state = pb.CAMERA_STATE_STOPPED
    return record


def alike(record: records_pb2.CameraRecord, other: records_pb2.CameraRecord) -> bool:
    """Whether both have the same settings, whenever they were made."""
    after = _settings(record)
    after.create_time.CopyFrom(other.camera.create_time)
    after.update_time.CopyFrom(other.camera.update_time)
    return after == other.camera


def want(record: records_pb2.CameraRecord) -> None:
    """Have it watched, from now on; one that is watched goes on."""
    if record.wanted:
        return
    record.wanted = True
    record.start_time.FromNanoseconds(time.time_ns())
    record.status.CopyFrom(pb.CameraStatus(state=pb.CAMERA_STATE_STARTING, start_time=record.start_time))
    if record.HasField("suspension"):
        show(record, record.suspension)


def shown(record: records_pb2.CameraRecord) -> pb.Camera:
    """As people see it: without what is secret."""
    camera = _settings(record)
    camera.enabled = record.wanted
    camera.source_url = mask_credentials(camera.source_url)
    # An older version kept them in the URL.
    camera.has_credentials = record.HasField("credentials") or "//***@" in camera.source_url
    camera.etag = etag_of(_identity(record))
    return camera


def _settings(record: records_pb2.CameraRecord) -> pb.Camera:
    camera = pb.Camera()
    camera.CopyFrom(record.camera)
    return camera


def _identity(record: records_pb2.CameraRecord) -> records_pb2.CameraRecord:
    """What a change of settings changes; how the camera does is not in it."""
    return records_pb2.CameraRecord(
        camera=record.camera, credentials=record.credentials if record.HasField("credentials") else None
    )
