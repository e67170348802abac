import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sightline.v1 import camera_service_pb2 as _camera_service_pb2
from sightline.v1 import face_pb2 as _face_pb2
from sightline.v1 import gallery_service_pb2 as _gallery_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FaceEvent(_message.Message):
    __slots__ = ("source", "epoch", "track_id", "watchlist_ids", "shot", "closed", "attempt")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_IDS_FIELD_NUMBER: _ClassVar[int]
    SHOT_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    source: str
    epoch: int
    track_id: str
    watchlist_ids: _containers.RepeatedScalarFieldContainer[str]
    shot: FaceShot
    closed: TrackClosed
    attempt: int
    def __init__(self, source: _Optional[str] = ..., epoch: _Optional[int] = ..., track_id: _Optional[str] = ..., watchlist_ids: _Optional[_Iterable[str]] = ..., shot: _Optional[_Union[FaceShot, _Mapping]] = ..., closed: _Optional[_Union[TrackClosed, _Mapping]] = ..., attempt: _Optional[int] = ...) -> None: ...

class FaceShot(_message.Message):
    __slots__ = ("shot_id", "event_time", "frame_time", "crop", "landmarks", "bounding_box", "confidence", "pose", "quality", "detector_id", "evidence_address", "shown")
    SHOT_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    FRAME_TIME_FIELD_NUMBER: _ClassVar[int]
    CROP_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    BOUNDING_BOX_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    POSE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    DETECTOR_ID_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    SHOWN_FIELD_NUMBER: _ClassVar[int]
    shot_id: str
    event_time: _timestamp_pb2.Timestamp
    frame_time: _timestamp_pb2.Timestamp
    crop: bytes
    landmarks: _face_pb2.Landmarks
    bounding_box: _face_pb2.BoundingBox
    confidence: float
    pose: _face_pb2.Pose
    quality: _face_pb2.Quality
    detector_id: str
    evidence_address: str
    shown: bytes
    def __init__(self, shot_id: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., frame_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., crop: _Optional[bytes] = ..., landmarks: _Optional[_Union[_face_pb2.Landmarks, _Mapping]] = ..., bounding_box: _Optional[_Union[_face_pb2.BoundingBox, _Mapping]] = ..., confidence: _Optional[float] = ..., pose: _Optional[_Union[_face_pb2.Pose, _Mapping]] = ..., quality: _Optional[_Union[_face_pb2.Quality, _Mapping]] = ..., detector_id: _Optional[str] = ..., evidence_address: _Optional[str] = ..., shown: _Optional[bytes] = ...) -> None: ...

class TrackClosed(_message.Message):
    __slots__ = ("first_time", "last_time", "detections", "shots", "path", "best", "others")
    FIRST_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_TIME_FIELD_NUMBER: _ClassVar[int]
    DETECTIONS_FIELD_NUMBER: _ClassVar[int]
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    BEST_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    first_time: _timestamp_pb2.Timestamp
    last_time: _timestamp_pb2.Timestamp
    detections: int
    shots: int
    path: _containers.RepeatedCompositeFieldContainer[PathPoint]
    best: FaceShot
    others: _containers.RepeatedCompositeFieldContainer[FaceShot]
    def __init__(self, first_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., detections: _Optional[int] = ..., shots: _Optional[int] = ..., path: _Optional[_Iterable[_Union[PathPoint, _Mapping]]] = ..., best: _Optional[_Union[FaceShot, _Mapping]] = ..., others: _Optional[_Iterable[_Union[FaceShot, _Mapping]]] = ...) -> None: ...

class PathPoint(_message.Message):
    __slots__ = ("time", "bounding_box")
    TIME_FIELD_NUMBER: _ClassVar[int]
    BOUNDING_BOX_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    bounding_box: _face_pb2.BoundingBox
    def __init__(self, time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., bounding_box: _Optional[_Union[_face_pb2.BoundingBox, _Mapping]] = ...) -> None: ...

class EmbeddingEvent(_message.Message):
    __slots__ = ("face", "vector", "embedder_id")
    FACE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_ID_FIELD_NUMBER: _ClassVar[int]
    face: FaceEvent
    vector: _containers.RepeatedScalarFieldContainer[float]
    embedder_id: str
    def __init__(self, face: _Optional[_Union[FaceEvent, _Mapping]] = ..., vector: _Optional[_Iterable[float]] = ..., embedder_id: _Optional[str] = ...) -> None: ...

class Sighting(_message.Message):
    __slots__ = ("id", "revision", "watchlist_id", "source", "track_id", "event_time", "frame_time", "candidates", "threshold", "calibration", "detector_id", "embedder_id", "fit_for", "gallery_size", "gallery_hash", "crop", "bounding_box", "quality", "evidence_address", "review_policy", "cooldown", "track_first_time", "track_last_time", "priority", "review_rules")
    ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    FRAME_TIME_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    DETECTOR_ID_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_ID_FIELD_NUMBER: _ClassVar[int]
    FIT_FOR_FIELD_NUMBER: _ClassVar[int]
    GALLERY_SIZE_FIELD_NUMBER: _ClassVar[int]
    GALLERY_HASH_FIELD_NUMBER: _ClassVar[int]
    CROP_FIELD_NUMBER: _ClassVar[int]
    BOUNDING_BOX_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    REVIEW_POLICY_FIELD_NUMBER: _ClassVar[int]
    COOLDOWN_FIELD_NUMBER: _ClassVar[int]
    TRACK_FIRST_TIME_FIELD_NUMBER: _ClassVar[int]
    TRACK_LAST_TIME_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    REVIEW_RULES_FIELD_NUMBER: _ClassVar[int]
    id: str
    revision: int
    watchlist_id: str
    source: str
    track_id: str
    event_time: _timestamp_pb2.Timestamp
    frame_time: _timestamp_pb2.Timestamp
    candidates: _containers.RepeatedCompositeFieldContainer[Candidate]
    threshold: float
    calibration: str
    detector_id: str
    embedder_id: str
    fit_for: str
    gallery_size: int
    gallery_hash: bytes
    crop: bytes
    bounding_box: _face_pb2.BoundingBox
    quality: _face_pb2.Quality
    evidence_address: str
    review_policy: _gallery_service_pb2.ReviewPolicy
    cooldown: _duration_pb2.Duration
    track_first_time: _timestamp_pb2.Timestamp
    track_last_time: _timestamp_pb2.Timestamp
    priority: _gallery_service_pb2.AlertPriority
    review_rules: _gallery_service_pb2.ReviewRules
    def __init__(self, id: _Optional[str] = ..., revision: _Optional[int] = ..., watchlist_id: _Optional[str] = ..., source: _Optional[str] = ..., track_id: _Optional[str] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., frame_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., candidates: _Optional[_Iterable[_Union[Candidate, _Mapping]]] = ..., threshold: _Optional[float] = ..., calibration: _Optional[str] = ..., detector_id: _Optional[str] = ..., embedder_id: _Optional[str] = ..., fit_for: _Optional[str] = ..., gallery_size: _Optional[int] = ..., gallery_hash: _Optional[bytes] = ..., crop: _Optional[bytes] = ..., bounding_box: _Optional[_Union[_face_pb2.BoundingBox, _Mapping]] = ..., quality: _Optional[_Union[_face_pb2.Quality, _Mapping]] = ..., evidence_address: _Optional[str] = ..., review_policy: _Optional[_Union[_gallery_service_pb2.ReviewPolicy, str]] = ..., cooldown: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., track_first_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., track_last_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., priority: _Optional[_Union[_gallery_service_pb2.AlertPriority, str]] = ..., review_rules: _Optional[_Union[_gallery_service_pb2.ReviewRules, _Mapping]] = ...) -> None: ...

class TrackSettled(_message.Message):
    __slots__ = ("track_id", "epoch")
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    track_id: str
    epoch: int
    def __init__(self, track_id: _Optional[str] = ..., epoch: _Optional[int] = ...) -> None: ...

class Candidate(_message.Message):
    __slots__ = ("person_id", "face_id", "external_id", "display_name", "similarity", "cosine", "enrolled_by", "external_image_id")
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    FACE_ID_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    COSINE_FIELD_NUMBER: _ClassVar[int]
    ENROLLED_BY_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    person_id: str
    face_id: str
    external_id: str
    display_name: str
    similarity: float
    cosine: float
    enrolled_by: str
    external_image_id: str
    def __init__(self, person_id: _Optional[str] = ..., face_id: _Optional[str] = ..., external_id: _Optional[str] = ..., display_name: _Optional[str] = ..., similarity: _Optional[float] = ..., cosine: _Optional[float] = ..., enrolled_by: _Optional[str] = ..., external_image_id: _Optional[str] = ...) -> None: ...

class CameraEvent(_message.Message):
    __slots__ = ("camera_id", "name", "state", "previous_state", "reason", "time", "change")
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    name: str
    state: _camera_service_pb2.CameraState
    previous_state: _camera_service_pb2.CameraState
    reason: _face_pb2.Problem
    time: _timestamp_pb2.Timestamp
    change: int
    def __init__(self, camera_id: _Optional[str] = ..., name: _Optional[str] = ..., state: _Optional[_Union[_camera_service_pb2.CameraState, str]] = ..., previous_state: _Optional[_Union[_camera_service_pb2.CameraState, str]] = ..., reason: _Optional[_Union[_face_pb2.Problem, _Mapping]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., change: _Optional[int] = ...) -> None: ...

class StreamProcessorRecord(_message.Message):
    __slots__ = ("stream_processor", "alert_id", "data", "time")
    STREAM_PROCESSOR_FIELD_NUMBER: _ClassVar[int]
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    stream_processor: str
    alert_id: str
    data: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, stream_processor: _Optional[str] = ..., alert_id: _Optional[str] = ..., data: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AlertStorm(_message.Message):
    __slots__ = ("storm_id", "source", "begin_time", "end_time", "alerts", "limit", "window")
    STORM_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    BEGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    storm_id: str
    source: str
    begin_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    alerts: int
    limit: int
    window: _duration_pb2.Duration
    def __init__(self, storm_id: _Optional[str] = ..., source: _Optional[str] = ..., begin_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., alerts: _Optional[int] = ..., limit: _Optional[int] = ..., window: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class AuditEvent(_message.Message):
    __slots__ = ("id", "time", "service", "action", "principal", "object_kind", "object_id", "purpose", "case_reference", "outcome", "via", "credential_id", "request_id", "detail", "count", "peer")
    ID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    OBJECT_KIND_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    VIA_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    id: str
    time: _timestamp_pb2.Timestamp
    service: str
    action: str
    principal: str
    object_kind: str
    object_id: str
    purpose: str
    case_reference: str
    outcome: str
    via: str
    credential_id: str
    request_id: str
    detail: str
    count: int
    peer: str
    def __init__(self, id: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., service: _Optional[str] = ..., action: _Optional[str] = ..., principal: _Optional[str] = ..., object_kind: _Optional[str] = ..., object_id: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., outcome: _Optional[str] = ..., via: _Optional[str] = ..., credential_id: _Optional[str] = ..., request_id: _Optional[str] = ..., detail: _Optional[str] = ..., count: _Optional[int] = ..., peer: _Optional[str] = ...) -> None: ...

class DeadLetter(_message.Message):
    __slots__ = ("stage", "stream", "sequence", "subject", "reason", "message", "deliveries", "time", "subscription_id", "alert_id")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    stage: str
    stream: str
    sequence: int
    subject: str
    reason: str
    message: str
    deliveries: int
    time: _timestamp_pb2.Timestamp
    subscription_id: str
    alert_id: str
    def __init__(self, stage: _Optional[str] = ..., stream: _Optional[str] = ..., sequence: _Optional[int] = ..., subject: _Optional[str] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., deliveries: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., subscription_id: _Optional[str] = ..., alert_id: _Optional[str] = ...) -> None: ...
