import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sightline.v1 import access_pb2 as _access_pb2
from sightline.v1 import face_pb2 as _face_pb2
from sightline.v1 import index_service_pb2 as _index_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MigrationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MIGRATION_STATE_UNSPECIFIED: _ClassVar[MigrationState]
    MIGRATION_STATE_RUNNING: _ClassVar[MigrationState]
    MIGRATION_STATE_SETTLED: _ClassVar[MigrationState]
    MIGRATION_STATE_SWITCHED: _ClassVar[MigrationState]
    MIGRATION_STATE_CANCELLING: _ClassVar[MigrationState]
MIGRATION_STATE_UNSPECIFIED: MigrationState
MIGRATION_STATE_RUNNING: MigrationState
MIGRATION_STATE_SETTLED: MigrationState
MIGRATION_STATE_SWITCHED: MigrationState
MIGRATION_STATE_CANCELLING: MigrationState

class Embedder(_message.Message):
    __slots__ = ("id", "dimension", "threshold", "pack")
    ID_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    PACK_FIELD_NUMBER: _ClassVar[int]
    id: str
    dimension: int
    threshold: float
    pack: str
    def __init__(self, id: _Optional[str] = ..., dimension: _Optional[int] = ..., threshold: _Optional[float] = ..., pack: _Optional[str] = ...) -> None: ...

class Migration(_message.Message):
    __slots__ = ("state", "source", "target", "start_time", "faces", "migrated", "waiting", "unmigrated", "trouble", "index")
    class UnmigratedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    STATE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    MIGRATED_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    UNMIGRATED_FIELD_NUMBER: _ClassVar[int]
    TROUBLE_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    state: MigrationState
    source: Embedder
    target: Embedder
    start_time: _timestamp_pb2.Timestamp
    faces: int
    migrated: int
    waiting: int
    unmigrated: _containers.ScalarMap[str, int]
    trouble: _face_pb2.Problem
    index: _index_service_pb2.IndexStatus
    def __init__(self, state: _Optional[_Union[MigrationState, str]] = ..., source: _Optional[_Union[Embedder, _Mapping]] = ..., target: _Optional[_Union[Embedder, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., faces: _Optional[int] = ..., migrated: _Optional[int] = ..., waiting: _Optional[int] = ..., unmigrated: _Optional[_Mapping[str, int]] = ..., trouble: _Optional[_Union[_face_pb2.Problem, _Mapping]] = ..., index: _Optional[_Union[_index_service_pb2.IndexStatus, _Mapping]] = ...) -> None: ...

class StartMigrationRequest(_message.Message):
    __slots__ = ("target", "purpose", "case_reference")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    target: Embedder
    purpose: str
    case_reference: str
    def __init__(self, target: _Optional[_Union[Embedder, _Mapping]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class StartMigrationResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetMigrationRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetMigrationResponse(_message.Message):
    __slots__ = ("migration",)
    MIGRATION_FIELD_NUMBER: _ClassVar[int]
    migration: Migration
    def __init__(self, migration: _Optional[_Union[Migration, _Mapping]] = ...) -> None: ...

class ListUnmigratedFacesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "purpose", "case_reference")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    purpose: str
    case_reference: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class ListUnmigratedFacesResponse(_message.Message):
    __slots__ = ("faces", "next_page_token")
    FACES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[UnmigratedFace]
    next_page_token: str
    def __init__(self, faces: _Optional[_Iterable[_Union[UnmigratedFace, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UnmigratedFace(_message.Message):
    __slots__ = ("face_id", "watchlist_id", "person_id", "external_id", "reason")
    FACE_ID_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    face_id: str
    watchlist_id: str
    person_id: str
    external_id: str
    reason: str
    def __init__(self, face_id: _Optional[str] = ..., watchlist_id: _Optional[str] = ..., person_id: _Optional[str] = ..., external_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class SwitchMigrationRequest(_message.Message):
    __slots__ = ("purpose", "case_reference", "accept_unmigrated")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_UNMIGRATED_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    case_reference: str
    accept_unmigrated: bool
    def __init__(self, purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., accept_unmigrated: _Optional[bool] = ...) -> None: ...

class SwitchMigrationResponse(_message.Message):
    __slots__ = ("unmigrated", "thresholds", "targets")
    UNMIGRATED_FIELD_NUMBER: _ClassVar[int]
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    unmigrated: int
    thresholds: int
    targets: int
    def __init__(self, unmigrated: _Optional[int] = ..., thresholds: _Optional[int] = ..., targets: _Optional[int] = ...) -> None: ...

class CancelMigrationRequest(_message.Message):
    __slots__ = ("purpose", "case_reference")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    case_reference: str
    def __init__(self, purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class CancelMigrationResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
