import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sightline.v1 import access_pb2 as _access_pb2
from sightline.v1 import face_pb2 as _face_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RtspTransport(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RTSP_TRANSPORT_UNSPECIFIED: _ClassVar[RtspTransport]
    RTSP_TRANSPORT_TCP: _ClassVar[RtspTransport]
    RTSP_TRANSPORT_UDP: _ClassVar[RtspTransport]

class MotionGate(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MOTION_GATE_UNSPECIFIED: _ClassVar[MotionGate]
    MOTION_GATE_OFF: _ClassVar[MotionGate]
    MOTION_GATE_ON: _ClassVar[MotionGate]

class CameraState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAMERA_STATE_UNSPECIFIED: _ClassVar[CameraState]
    CAMERA_STATE_STOPPED: _ClassVar[CameraState]
    CAMERA_STATE_STARTING: _ClassVar[CameraState]
    CAMERA_STATE_RUNNING: _ClassVar[CameraState]
    CAMERA_STATE_RECONNECTING: _ClassVar[CameraState]
    CAMERA_STATE_ENDED: _ClassVar[CameraState]
    CAMERA_STATE_FAILED: _ClassVar[CameraState]
    CAMERA_STATE_SUSPENDED: _ClassVar[CameraState]
    CAMERA_STATE_DELETED: _ClassVar[CameraState]

class SuspensionReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUSPENSION_REASON_UNSPECIFIED: _ClassVar[SuspensionReason]
    SUSPENSION_REASON_ON_REQUEST: _ClassVar[SuspensionReason]
    SUSPENSION_REASON_FALSE_ALARMS: _ClassVar[SuspensionReason]
    SUSPENSION_REASON_ALERT_STORM: _ClassVar[SuspensionReason]
RTSP_TRANSPORT_UNSPECIFIED: RtspTransport
RTSP_TRANSPORT_TCP: RtspTransport
RTSP_TRANSPORT_UDP: RtspTransport
MOTION_GATE_UNSPECIFIED: MotionGate
MOTION_GATE_OFF: MotionGate
MOTION_GATE_ON: MotionGate
CAMERA_STATE_UNSPECIFIED: CameraState
CAMERA_STATE_STOPPED: CameraState
CAMERA_STATE_STARTING: CameraState
CAMERA_STATE_RUNNING: CameraState
CAMERA_STATE_RECONNECTING: CameraState
CAMERA_STATE_ENDED: CameraState
CAMERA_STATE_FAILED: CameraState
CAMERA_STATE_SUSPENDED: CameraState
CAMERA_STATE_DELETED: CameraState
SUSPENSION_REASON_UNSPECIFIED: SuspensionReason
SUSPENSION_REASON_ON_REQUEST: SuspensionReason
SUSPENSION_REASON_FALSE_ALARMS: SuspensionReason
SUSPENSION_REASON_ALERT_STORM: SuspensionReason

class Camera(_message.Message):
    __slots__ = ("id", "name", "location", "source_url", "sample_fps", "min_face_px", "watchlist_ids", "create_time", "detection_profile", "coordinates", "rtsp_transport", "regions", "privacy_masks", "schedule", "motion_gate", "keyframes_only", "enabled", "has_credentials", "etag", "update_time", "certificate", "unverified_tls")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_URL_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_FPS_FIELD_NUMBER: _ClassVar[int]
    MIN_FACE_PX_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_IDS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DETECTION_PROFILE_FIELD_NUMBER: _ClassVar[int]
    COORDINATES_FIELD_NUMBER: _ClassVar[int]
    RTSP_TRANSPORT_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    PRIVACY_MASKS_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    MOTION_GATE_FIELD_NUMBER: _ClassVar[int]
    KEYFRAMES_ONLY_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    HAS_CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    UNVERIFIED_TLS_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    location: str
    source_url: str
    sample_fps: float
    min_face_px: int
    watchlist_ids: _containers.RepeatedScalarFieldContainer[str]
    create_time: _timestamp_pb2.Timestamp
    detection_profile: _face_pb2.DetectionProfile
    coordinates: Coordinates
    rtsp_transport: RtspTransport
    regions: _containers.RepeatedCompositeFieldContainer[Polygon]
    privacy_masks: _containers.RepeatedCompositeFieldContainer[Polygon]
    schedule: Schedule
    motion_gate: MotionGate
    keyframes_only: bool
    enabled: bool
    has_credentials: bool
    etag: str
    update_time: _timestamp_pb2.Timestamp
    certificate: str
    unverified_tls: bool
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., location: _Optional[str] = ..., source_url: _Optional[str] = ..., sample_fps: _Optional[float] = ..., min_face_px: _Optional[int] = ..., watchlist_ids: _Optional[_Iterable[str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., detection_profile: _Optional[_Union[_face_pb2.DetectionProfile, str]] = ..., coordinates: _Optional[_Union[Coordinates, _Mapping]] = ..., rtsp_transport: _Optional[_Union[RtspTransport, str]] = ..., regions: _Optional[_Iterable[_Union[Polygon, _Mapping]]] = ..., privacy_masks: _Optional[_Iterable[_Union[Polygon, _Mapping]]] = ..., schedule: _Optional[_Union[Schedule, _Mapping]] = ..., motion_gate: _Optional[_Union[MotionGate, str]] = ..., keyframes_only: _Optional[bool] = ..., enabled: _Optional[bool] = ..., has_credentials: _Optional[bool] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., certificate: _Optional[str] = ..., unverified_tls: _Optional[bool] = ...) -> None: ...

class CameraCredentials(_message.Message):
    __slots__ = ("username", "password")
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    username: str
    password: str
    def __init__(self, username: _Optional[str] = ..., password: _Optional[str] = ...) -> None: ...

class Coordinates(_message.Message):
    __slots__ = ("latitude", "longitude")
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    latitude: float
    longitude: float
    def __init__(self, latitude: _Optional[float] = ..., longitude: _Optional[float] = ...) -> None: ...

class Polygon(_message.Message):
    __slots__ = ("points",)
    POINTS_FIELD_NUMBER: _ClassVar[int]
    points: _containers.RepeatedCompositeFieldContainer[PolygonPoint]
    def __init__(self, points: _Optional[_Iterable[_Union[PolygonPoint, _Mapping]]] = ...) -> None: ...

class PolygonPoint(_message.Message):
    __slots__ = ("x", "y")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ...) -> None: ...

class Schedule(_message.Message):
    __slots__ = ("time_zone", "hours")
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    HOURS_FIELD_NUMBER: _ClassVar[int]
    time_zone: str
    hours: _containers.RepeatedCompositeFieldContainer[WeeklyHours]
    def __init__(self, time_zone: _Optional[str] = ..., hours: _Optional[_Iterable[_Union[WeeklyHours, _Mapping]]] = ...) -> None: ...

class WeeklyHours(_message.Message):
    __slots__ = ("days", "start_minute", "end_minute")
    DAYS_FIELD_NUMBER: _ClassVar[int]
    START_MINUTE_FIELD_NUMBER: _ClassVar[int]
    END_MINUTE_FIELD_NUMBER: _ClassVar[int]
    days: _containers.RepeatedScalarFieldContainer[int]
    start_minute: int
    end_minute: int
    def __init__(self, days: _Optional[_Iterable[int]] = ..., start_minute: _Optional[int] = ..., end_minute: _Optional[int] = ...) -> None: ...

class CameraStatus(_message.Message):
    __slots__ = ("state", "reason", "start_time", "last_frame_time", "frames_sampled", "frames_detected", "frames_dropped", "faces", "tracks", "shots", "shots_dropped", "decoder_restarts", "media_seconds", "media_duration_seconds", "frames_read", "frames_still", "frames_failed", "measured_fps", "latency_p50_seconds", "latency_p95_seconds", "width", "height", "lowered_fps", "suspension")
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_FRAME_TIME_FIELD_NUMBER: _ClassVar[int]
    FRAMES_SAMPLED_FIELD_NUMBER: _ClassVar[int]
    FRAMES_DETECTED_FIELD_NUMBER: _ClassVar[int]
    FRAMES_DROPPED_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    SHOTS_DROPPED_FIELD_NUMBER: _ClassVar[int]
    DECODER_RESTARTS_FIELD_NUMBER: _ClassVar[int]
    MEDIA_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MEDIA_DURATION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    FRAMES_READ_FIELD_NUMBER: _ClassVar[int]
    FRAMES_STILL_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FAILED_FIELD_NUMBER: _ClassVar[int]
    MEASURED_FPS_FIELD_NUMBER: _ClassVar[int]
    LATENCY_P50_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LATENCY_P95_SECONDS_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    LOWERED_FPS_FIELD_NUMBER: _ClassVar[int]
    SUSPENSION_FIELD_NUMBER: _ClassVar[int]
    state: CameraState
    reason: _face_pb2.Problem
    start_time: _timestamp_pb2.Timestamp
    last_frame_time: _timestamp_pb2.Timestamp
    frames_sampled: int
    frames_detected: int
    frames_dropped: int
    faces: int
    tracks: int
    shots: int
    shots_dropped: int
    decoder_restarts: int
    media_seconds: float
    media_duration_seconds: float
    frames_read: int
    frames_still: int
    frames_failed: int
    measured_fps: float
    latency_p50_seconds: float
    latency_p95_seconds: float
    width: int
    height: int
    lowered_fps: float
    suspension: _face_pb2.Problem
    def __init__(self, state: _Optional[_Union[CameraState, str]] = ..., reason: _Optional[_Union[_face_pb2.Problem, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_frame_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., frames_sampled: _Optional[int] = ..., frames_detected: _Optional[int] = ..., frames_dropped: _Optional[int] = ..., faces: _Optional[int] = ..., tracks: _Optional[int] = ..., shots: _Optional[int] = ..., shots_dropped: _Optional[int] = ..., decoder_restarts: _Optional[int] = ..., media_seconds: _Optional[float] = ..., media_duration_seconds: _Optional[float] = ..., frames_read: _Optional[int] = ..., frames_still: _Optional[int] = ..., frames_failed: _Optional[int] = ..., measured_fps: _Optional[float] = ..., latency_p50_seconds: _Optional[float] = ..., latency_p95_seconds: _Optional[float] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., lowered_fps: _Optional[float] = ..., suspension: _Optional[_Union[_face_pb2.Problem, _Mapping]] = ...) -> None: ...

class CreateCameraRequest(_message.Message):
    __slots__ = ("camera", "credentials", "request_id")
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    camera: Camera
    credentials: CameraCredentials
    request_id: str
    def __init__(self, camera: _Optional[_Union[Camera, _Mapping]] = ..., credentials: _Optional[_Union[CameraCredentials, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateCameraResponse(_message.Message):
    __slots__ = ("camera",)
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    camera: Camera
    def __init__(self, camera: _Optional[_Union[Camera, _Mapping]] = ...) -> None: ...

class UpdateCameraRequest(_message.Message):
    __slots__ = ("camera_id", "changes", "update_mask", "credentials", "etag")
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    changes: Camera
    update_mask: _field_mask_pb2.FieldMask
    credentials: CameraCredentials
    etag: str
    def __init__(self, camera_id: _Optional[str] = ..., changes: _Optional[_Union[Camera, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., credentials: _Optional[_Union[CameraCredentials, _Mapping]] = ..., etag: _Optional[str] = ...) -> None: ...

class UpdateCameraResponse(_message.Message):
    __slots__ = ("camera",)
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    camera: Camera
    def __init__(self, camera: _Optional[_Union[Camera, _Mapping]] = ...) -> None: ...

class GetCameraRequest(_message.Message):
    __slots__ = ("camera_id",)
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    def __init__(self, camera_id: _Optional[str] = ...) -> None: ...

class GetCameraResponse(_message.Message):
    __slots__ = ("camera",)
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    camera: Camera
    def __init__(self, camera: _Optional[_Union[Camera, _Mapping]] = ...) -> None: ...

class ListCamerasRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCamerasResponse(_message.Message):
    __slots__ = ("cameras", "next_page_token", "statuses")
    CAMERAS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    cameras: _containers.RepeatedCompositeFieldContainer[Camera]
    next_page_token: str
    statuses: _containers.RepeatedCompositeFieldContainer[CameraStatus]
    def __init__(self, cameras: _Optional[_Iterable[_Union[Camera, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., statuses: _Optional[_Iterable[_Union[CameraStatus, _Mapping]]] = ...) -> None: ...

class DeleteCameraRequest(_message.Message):
    __slots__ = ("camera_id",)
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    def __init__(self, camera_id: _Optional[str] = ...) -> None: ...

class DeleteCameraResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StartCameraRequest(_message.Message):
    __slots__ = ("camera_id", "purpose", "case_reference")
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    purpose: str
    case_reference: str
    def __init__(self, camera_id: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class StartCameraResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: CameraStatus
    def __init__(self, status: _Optional[_Union[CameraStatus, _Mapping]] = ...) -> None: ...

class StopCameraRequest(_message.Message):
    __slots__ = ("camera_id",)
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    def __init__(self, camera_id: _Optional[str] = ...) -> None: ...

class StopCameraResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: CameraStatus
    def __init__(self, status: _Optional[_Union[CameraStatus, _Mapping]] = ...) -> None: ...

class SuspendCameraRequest(_message.Message):
    __slots__ = ("camera_id", "reason", "message", "since")
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    reason: SuspensionReason
    message: str
    since: _timestamp_pb2.Timestamp
    def __init__(self, camera_id: _Optional[str] = ..., reason: _Optional[_Union[SuspensionReason, str]] = ..., message: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SuspendCameraResponse(_message.Message):
    __slots__ = ("status", "resume_time")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TIME_FIELD_NUMBER: _ClassVar[int]
    status: CameraStatus
    resume_time: _timestamp_pb2.Timestamp
    def __init__(self, status: _Optional[_Union[CameraStatus, _Mapping]] = ..., resume_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ResumeCameraRequest(_message.Message):
    __slots__ = ("camera_id", "purpose", "case_reference")
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    purpose: str
    case_reference: str
    def __init__(self, camera_id: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class ResumeCameraResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: CameraStatus
    def __init__(self, status: _Optional[_Union[CameraStatus, _Mapping]] = ...) -> None: ...

class GetCameraStatusRequest(_message.Message):
    __slots__ = ("camera_id",)
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    def __init__(self, camera_id: _Optional[str] = ...) -> None: ...

class GetCameraStatusResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: CameraStatus
    def __init__(self, status: _Optional[_Union[CameraStatus, _Mapping]] = ...) -> None: ...

class GetSnapshotRequest(_message.Message):
    __slots__ = ("camera_id", "purpose", "case_reference")
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    purpose: str
    case_reference: str
    def __init__(self, camera_id: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class GetSnapshotResponse(_message.Message):
    __slots__ = ("image", "time")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    image: bytes
    time: _timestamp_pb2.Timestamp
    def __init__(self, image: _Optional[bytes] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
