import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sightline.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetIndexStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetIndexStatusResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: IndexStatus
    def __init__(self, status: _Optional[_Union[IndexStatus, _Mapping]] = ...) -> None: ...

class IndexStatus(_message.Message):
    __slots__ = ("engine", "quantization", "size", "indexed", "pending_deletions", "last_build", "building", "last_error", "rotation_id")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    QUANTIZATION_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    INDEXED_FIELD_NUMBER: _ClassVar[int]
    PENDING_DELETIONS_FIELD_NUMBER: _ClassVar[int]
    LAST_BUILD_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    ROTATION_ID_FIELD_NUMBER: _ClassVar[int]
    engine: str
    quantization: str
    size: int
    indexed: int
    pending_deletions: int
    last_build: IndexBuild
    building: IndexProgress
    last_error: str
    rotation_id: str
    def __init__(self, engine: _Optional[str] = ..., quantization: _Optional[str] = ..., size: _Optional[int] = ..., indexed: _Optional[int] = ..., pending_deletions: _Optional[int] = ..., last_build: _Optional[_Union[IndexBuild, _Mapping]] = ..., building: _Optional[_Union[IndexProgress, _Mapping]] = ..., last_error: _Optional[str] = ..., rotation_id: _Optional[str] = ...) -> None: ...

class IndexBuild(_message.Message):
    __slots__ = ("end_time", "duration", "faces", "mate_recall", "probes", "way")
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    MATE_RECALL_FIELD_NUMBER: _ClassVar[int]
    PROBES_FIELD_NUMBER: _ClassVar[int]
    WAY_FIELD_NUMBER: _ClassVar[int]
    end_time: _timestamp_pb2.Timestamp
    duration: _duration_pb2.Duration
    faces: int
    mate_recall: float
    probes: int
    way: str
    def __init__(self, end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., faces: _Optional[int] = ..., mate_recall: _Optional[float] = ..., probes: _Optional[int] = ..., way: _Optional[str] = ...) -> None: ...

class IndexProgress(_message.Message):
    __slots__ = ("phase", "done", "expected")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    phase: str
    done: int
    expected: int
    def __init__(self, phase: _Optional[str] = ..., done: _Optional[int] = ..., expected: _Optional[int] = ...) -> None: ...

class RebuildIndexRequest(_message.Message):
    __slots__ = ("purpose", "case_reference")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    case_reference: str
    def __init__(self, purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class RebuildIndexResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CancelRebuildRequest(_message.Message):
    __slots__ = ("purpose", "case_reference")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    case_reference: str
    def __init__(self, purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class CancelRebuildResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class VerifyGalleryRequest(_message.Message):
    __slots__ = ("purpose", "case_reference")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    case_reference: str
    def __init__(self, purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class VerifyGalleryResponse(_message.Message):
    __slots__ = ("checked", "expected", "drift")
    CHECKED_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    DRIFT_FIELD_NUMBER: _ClassVar[int]
    checked: int
    expected: int
    drift: GalleryDrift
    def __init__(self, checked: _Optional[int] = ..., expected: _Optional[int] = ..., drift: _Optional[_Union[GalleryDrift, _Mapping]] = ...) -> None: ...

class GalleryDrift(_message.Message):
    __slots__ = ("missing", "surplus", "differing", "missing_face_ids", "surplus_face_ids", "differing_face_ids")
    MISSING_FIELD_NUMBER: _ClassVar[int]
    SURPLUS_FIELD_NUMBER: _ClassVar[int]
    DIFFERING_FIELD_NUMBER: _ClassVar[int]
    MISSING_FACE_IDS_FIELD_NUMBER: _ClassVar[int]
    SURPLUS_FACE_IDS_FIELD_NUMBER: _ClassVar[int]
    DIFFERING_FACE_IDS_FIELD_NUMBER: _ClassVar[int]
    missing: int
    surplus: int
    differing: int
    missing_face_ids: _containers.RepeatedScalarFieldContainer[str]
    surplus_face_ids: _containers.RepeatedScalarFieldContainer[str]
    differing_face_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, missing: _Optional[int] = ..., surplus: _Optional[int] = ..., differing: _Optional[int] = ..., missing_face_ids: _Optional[_Iterable[str]] = ..., surplus_face_ids: _Optional[_Iterable[str]] = ..., differing_face_ids: _Optional[_Iterable[str]] = ...) -> None: ...
