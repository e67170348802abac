import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sightline.v1 import access_service_pb2 as _access_service_pb2
from sightline.v1 import alert_service_pb2 as _alert_service_pb2
from sightline.v1 import approval_service_pb2 as _approval_service_pb2
from sightline.v1 import camera_service_pb2 as _camera_service_pb2
from sightline.v1 import events_pb2 as _events_pb2
from sightline.v1 import face_pb2 as _face_pb2
from sightline.v1 import gallery_service_pb2 as _gallery_service_pb2
from sightline.v1 import video_job_service_pb2 as _video_job_service_pb2
from sightline.v1 import migration_service_pb2 as _migration_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LedgerEntry(_message.Message):
    __slots__ = ("key_id", "nonce", "ciphertext", "delete_time")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    DELETE_TIME_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    nonce: bytes
    ciphertext: bytes
    delete_time: _timestamp_pb2.Timestamp
    def __init__(self, key_id: _Optional[str] = ..., nonce: _Optional[bytes] = ..., ciphertext: _Optional[bytes] = ..., delete_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LedgerChunk(_message.Message):
    __slots__ = ("entries", "delete_time")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    DELETE_TIME_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[ChunkedEntry]
    delete_time: _timestamp_pb2.Timestamp
    def __init__(self, entries: _Optional[_Iterable[_Union[ChunkedEntry, _Mapping]]] = ..., delete_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ChunkedEntry(_message.Message):
    __slots__ = ("kind", "id", "entry")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    kind: str
    id: str
    entry: LedgerEntry
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[str] = ..., entry: _Optional[_Union[LedgerEntry, _Mapping]] = ...) -> None: ...

class LedgerRecord(_message.Message):
    __slots__ = ("watchlist", "name_of", "person", "face", "enrolled_face_id", "template", "migration", "enrolment")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    NAME_OF_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    ENROLLED_FACE_ID_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    MIGRATION_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    watchlist: _gallery_service_pb2.Watchlist
    name_of: str
    person: _gallery_service_pb2.Person
    face: FaceRecord
    enrolled_face_id: str
    template: FaceTemplate
    migration: MigrationRecord
    enrolment: EnrolmentRecord
    def __init__(self, watchlist: _Optional[_Union[_gallery_service_pb2.Watchlist, _Mapping]] = ..., name_of: _Optional[str] = ..., person: _Optional[_Union[_gallery_service_pb2.Person, _Mapping]] = ..., face: _Optional[_Union[FaceRecord, _Mapping]] = ..., enrolled_face_id: _Optional[str] = ..., template: _Optional[_Union[FaceTemplate, _Mapping]] = ..., migration: _Optional[_Union[MigrationRecord, _Mapping]] = ..., enrolment: _Optional[_Union[EnrolmentRecord, _Mapping]] = ...) -> None: ...

class FaceRecord(_message.Message):
    __slots__ = ("face", "vector", "enrolment_key")
    FACE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_KEY_FIELD_NUMBER: _ClassVar[int]
    face: _gallery_service_pb2.EnrolledFace
    vector: _containers.RepeatedScalarFieldContainer[float]
    enrolment_key: str
    def __init__(self, face: _Optional[_Union[_gallery_service_pb2.EnrolledFace, _Mapping]] = ..., vector: _Optional[_Iterable[float]] = ..., enrolment_key: _Optional[str] = ...) -> None: ...

class EnrolmentRecord(_message.Message):
    __slots__ = ("enrolment", "face_ids")
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    FACE_IDS_FIELD_NUMBER: _ClassVar[int]
    enrolment: _approval_service_pb2.Enrolment
    face_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, enrolment: _Optional[_Union[_approval_service_pb2.Enrolment, _Mapping]] = ..., face_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class FaceTemplate(_message.Message):
    __slots__ = ("face_id", "embedder_id", "vector", "problem")
    FACE_ID_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_ID_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    face_id: str
    embedder_id: str
    vector: _containers.RepeatedScalarFieldContainer[float]
    problem: str
    def __init__(self, face_id: _Optional[str] = ..., embedder_id: _Optional[str] = ..., vector: _Optional[_Iterable[float]] = ..., problem: _Optional[str] = ...) -> None: ...

class MigrationRecord(_message.Message):
    __slots__ = ("state", "source", "target", "start_time", "attempt")
    STATE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    state: _migration_service_pb2.MigrationState
    source: _migration_service_pb2.Embedder
    target: _migration_service_pb2.Embedder
    start_time: _timestamp_pb2.Timestamp
    attempt: int
    def __init__(self, state: _Optional[_Union[_migration_service_pb2.MigrationState, str]] = ..., source: _Optional[_Union[_migration_service_pb2.Embedder, _Mapping]] = ..., target: _Optional[_Union[_migration_service_pb2.Embedder, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attempt: _Optional[int] = ...) -> None: ...

class WrappedKey(_message.Message):
    __slots__ = ("nonce", "ciphertext", "create_time", "wrapping_key_id", "within")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    WRAPPING_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    WITHIN_FIELD_NUMBER: _ClassVar[int]
    nonce: bytes
    ciphertext: bytes
    create_time: _timestamp_pb2.Timestamp
    wrapping_key_id: str
    within: str
    def __init__(self, nonce: _Optional[bytes] = ..., ciphertext: _Optional[bytes] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., wrapping_key_id: _Optional[str] = ..., within: _Optional[str] = ...) -> None: ...

class ApiKeyRecord(_message.Message):
    __slots__ = ("key", "secret_hash", "predecessor_id")
    KEY_FIELD_NUMBER: _ClassVar[int]
    SECRET_HASH_FIELD_NUMBER: _ClassVar[int]
    PREDECESSOR_ID_FIELD_NUMBER: _ClassVar[int]
    key: _access_service_pb2.ApiKey
    secret_hash: bytes
    predecessor_id: str
    def __init__(self, key: _Optional[_Union[_access_service_pb2.ApiKey, _Mapping]] = ..., secret_hash: _Optional[bytes] = ..., predecessor_id: _Optional[str] = ...) -> None: ...

class SubjectRecord(_message.Message):
    __slots__ = ("subject",)
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    subject: _access_service_pb2.Subject
    def __init__(self, subject: _Optional[_Union[_access_service_pb2.Subject, _Mapping]] = ...) -> None: ...

class ApiKeyUse(_message.Message):
    __slots__ = ("last_use_time",)
    LAST_USE_TIME_FIELD_NUMBER: _ClassVar[int]
    last_use_time: _timestamp_pb2.Timestamp
    def __init__(self, last_use_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SearchCount(_message.Message):
    __slots__ = ("searches",)
    SEARCHES_FIELD_NUMBER: _ClassVar[int]
    searches: int
    def __init__(self, searches: _Optional[int] = ...) -> None: ...

class CameraRecord(_message.Message):
    __slots__ = ("camera", "wanted", "start_time", "status", "epoch", "changes", "unsent", "credentials", "delete_time", "suspension", "resume_time")
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    WANTED_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    UNSENT_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    DELETE_TIME_FIELD_NUMBER: _ClassVar[int]
    SUSPENSION_FIELD_NUMBER: _ClassVar[int]
    RESUME_TIME_FIELD_NUMBER: _ClassVar[int]
    camera: _camera_service_pb2.Camera
    wanted: bool
    start_time: _timestamp_pb2.Timestamp
    status: _camera_service_pb2.CameraStatus
    epoch: int
    changes: int
    unsent: _containers.RepeatedCompositeFieldContainer[_events_pb2.CameraEvent]
    credentials: SealedCredentials
    delete_time: _timestamp_pb2.Timestamp
    suspension: _face_pb2.Problem
    resume_time: _timestamp_pb2.Timestamp
    def __init__(self, camera: _Optional[_Union[_camera_service_pb2.Camera, _Mapping]] = ..., wanted: _Optional[bool] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., status: _Optional[_Union[_camera_service_pb2.CameraStatus, _Mapping]] = ..., epoch: _Optional[int] = ..., changes: _Optional[int] = ..., unsent: _Optional[_Iterable[_Union[_events_pb2.CameraEvent, _Mapping]]] = ..., credentials: _Optional[_Union[SealedCredentials, _Mapping]] = ..., delete_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., suspension: _Optional[_Union[_face_pb2.Problem, _Mapping]] = ..., resume_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SealedCredentials(_message.Message):
    __slots__ = ("nonce", "ciphertext")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    nonce: bytes
    ciphertext: bytes
    def __init__(self, nonce: _Optional[bytes] = ..., ciphertext: _Optional[bytes] = ...) -> None: ...

class Lease(_message.Message):
    __slots__ = ("holder", "address", "epoch")
    HOLDER_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    holder: str
    address: str
    epoch: int
    def __init__(self, holder: _Optional[str] = ..., address: _Optional[str] = ..., epoch: _Optional[int] = ...) -> None: ...

class Replica(_message.Message):
    __slots__ = ("address",)
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    address: str
    def __init__(self, address: _Optional[str] = ...) -> None: ...

class TrackRecord(_message.Message):
    __slots__ = ("shots", "published")
    class ShotsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: TrackShot
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[TrackShot, _Mapping]] = ...) -> None: ...
    class PublishedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: PublishedSighting
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[PublishedSighting, _Mapping]] = ...) -> None: ...
    SHOTS_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_FIELD_NUMBER: _ClassVar[int]
    shots: _containers.MessageMap[str, TrackShot]
    published: _containers.MessageMap[str, PublishedSighting]
    def __init__(self, shots: _Optional[_Mapping[str, TrackShot]] = ..., published: _Optional[_Mapping[str, PublishedSighting]] = ...) -> None: ...

class TrackShot(_message.Message):
    __slots__ = ("quality", "vector", "traceparent")
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    quality: float
    vector: _containers.RepeatedScalarFieldContainer[float]
    traceparent: str
    def __init__(self, quality: _Optional[float] = ..., vector: _Optional[_Iterable[float]] = ..., traceparent: _Optional[str] = ...) -> None: ...

class PublishedSighting(_message.Message):
    __slots__ = ("revision", "cosine", "person_id")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    COSINE_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    revision: int
    cosine: float
    person_id: str
    def __init__(self, revision: _Optional[int] = ..., cosine: _Optional[float] = ..., person_id: _Optional[str] = ...) -> None: ...

class AlertWindows(_message.Message):
    __slots__ = ("windows",)
    WINDOWS_FIELD_NUMBER: _ClassVar[int]
    windows: _containers.RepeatedCompositeFieldContainer[AlertWindow]
    def __init__(self, windows: _Optional[_Iterable[_Union[AlertWindow, _Mapping]]] = ...) -> None: ...

class AlertWindow(_message.Message):
    __slots__ = ("alert_id", "start_time", "end_time", "track_ids", "closed")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    track_ids: _containers.RepeatedScalarFieldContainer[str]
    closed: bool
    def __init__(self, alert_id: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., track_ids: _Optional[_Iterable[str]] = ..., closed: _Optional[bool] = ...) -> None: ...

class AlertRecord(_message.Message):
    __slots__ = ("alert", "tracks", "published_revision", "reviews", "sighting_sequences", "best_sequence", "evidence_sequence", "late", "reference_sequence")
    class TracksEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ALERT_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_REVISION_FIELD_NUMBER: _ClassVar[int]
    REVIEWS_FIELD_NUMBER: _ClassVar[int]
    SIGHTING_SEQUENCES_FIELD_NUMBER: _ClassVar[int]
    BEST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    alert: _alert_service_pb2.Alert
    tracks: _containers.ScalarMap[str, int]
    published_revision: int
    reviews: _containers.RepeatedCompositeFieldContainer[_alert_service_pb2.Review]
    sighting_sequences: _containers.RepeatedScalarFieldContainer[int]
    best_sequence: int
    evidence_sequence: int
    late: bool
    reference_sequence: int
    def __init__(self, alert: _Optional[_Union[_alert_service_pb2.Alert, _Mapping]] = ..., tracks: _Optional[_Mapping[str, int]] = ..., published_revision: _Optional[int] = ..., reviews: _Optional[_Iterable[_Union[_alert_service_pb2.Review, _Mapping]]] = ..., sighting_sequences: _Optional[_Iterable[int]] = ..., best_sequence: _Optional[int] = ..., evidence_sequence: _Optional[int] = ..., late: _Optional[bool] = ..., reference_sequence: _Optional[int] = ...) -> None: ...

class SourceRecord(_message.Message):
    __slots__ = ("suspension", "resume_time", "storm", "unsent")
    SUSPENSION_FIELD_NUMBER: _ClassVar[int]
    RESUME_TIME_FIELD_NUMBER: _ClassVar[int]
    STORM_FIELD_NUMBER: _ClassVar[int]
    UNSENT_FIELD_NUMBER: _ClassVar[int]
    suspension: SuspensionWish
    resume_time: _timestamp_pb2.Timestamp
    storm: _events_pb2.AlertStorm
    unsent: _containers.RepeatedCompositeFieldContainer[_events_pb2.AlertStorm]
    def __init__(self, suspension: _Optional[_Union[SuspensionWish, _Mapping]] = ..., resume_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., storm: _Optional[_Union[_events_pb2.AlertStorm, _Mapping]] = ..., unsent: _Optional[_Iterable[_Union[_events_pb2.AlertStorm, _Mapping]]] = ...) -> None: ...

class SuspensionWish(_message.Message):
    __slots__ = ("reason", "message", "since", "time", "outcome")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    reason: _camera_service_pb2.SuspensionReason
    message: str
    since: _timestamp_pb2.Timestamp
    time: _timestamp_pb2.Timestamp
    outcome: str
    def __init__(self, reason: _Optional[_Union[_camera_service_pb2.SuspensionReason, str]] = ..., message: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., outcome: _Optional[str] = ...) -> None: ...

class SealedPicture(_message.Message):
    __slots__ = ("person_id", "nonce", "ciphertext")
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    person_id: str
    nonce: bytes
    ciphertext: bytes
    def __init__(self, person_id: _Optional[str] = ..., nonce: _Optional[bytes] = ..., ciphertext: _Optional[bytes] = ...) -> None: ...

class VideoJobRecord(_message.Message):
    __slots__ = ("job", "checkpoint", "announced_state", "delete_time")
    JOB_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    ANNOUNCED_STATE_FIELD_NUMBER: _ClassVar[int]
    DELETE_TIME_FIELD_NUMBER: _ClassVar[int]
    job: _video_job_service_pb2.VideoJob
    checkpoint: VideoJobCheckpoint
    announced_state: _video_job_service_pb2.VideoJobState
    delete_time: _timestamp_pb2.Timestamp
    def __init__(self, job: _Optional[_Union[_video_job_service_pb2.VideoJob, _Mapping]] = ..., checkpoint: _Optional[_Union[VideoJobCheckpoint, _Mapping]] = ..., announced_state: _Optional[_Union[_video_job_service_pb2.VideoJobState, str]] = ..., delete_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class VideoJobCheckpoint(_message.Message):
    __slots__ = ("frames", "media_seconds", "faces", "tracks", "object_etag", "origin_seconds")
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_SECONDS_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    TRACKS_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ETAG_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_SECONDS_FIELD_NUMBER: _ClassVar[int]
    frames: int
    media_seconds: float
    faces: int
    tracks: int
    object_etag: str
    origin_seconds: float
    def __init__(self, frames: _Optional[int] = ..., media_seconds: _Optional[float] = ..., faces: _Optional[int] = ..., tracks: _Optional[int] = ..., object_etag: _Optional[str] = ..., origin_seconds: _Optional[float] = ...) -> None: ...
