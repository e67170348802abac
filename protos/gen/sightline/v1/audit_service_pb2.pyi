import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sightline.v1 import access_pb2 as _access_pb2
from sightline.v1 import audit_seal_pb2 as _audit_seal_pb2
from sightline.v1 import events_pb2 as _events_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AuditContent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIT_CONTENT_UNSPECIFIED: _ClassVar[AuditContent]
    AUDIT_CONTENT_ENTRIES: _ClassVar[AuditContent]
    AUDIT_CONTENT_SEALS: _ClassVar[AuditContent]
AUDIT_CONTENT_UNSPECIFIED: AuditContent
AUDIT_CONTENT_ENTRIES: AuditContent
AUDIT_CONTENT_SEALS: AuditContent

class WatchAuditRequest(_message.Message):
    __slots__ = ("after_sequence", "subject_id", "action", "follow", "purpose", "case_reference", "start_time")
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    FOLLOW_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    after_sequence: int
    subject_id: str
    action: str
    follow: bool
    purpose: str
    case_reference: str
    start_time: _timestamp_pb2.Timestamp
    def __init__(self, after_sequence: _Optional[int] = ..., subject_id: _Optional[str] = ..., action: _Optional[str] = ..., follow: _Optional[bool] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class WatchAuditResponse(_message.Message):
    __slots__ = ("event", "sequence")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    event: _events_pb2.AuditEvent
    sequence: int
    def __init__(self, event: _Optional[_Union[_events_pb2.AuditEvent, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

class ListAuditRequest(_message.Message):
    __slots__ = ("subject_id", "action", "object_id", "outcome", "start_time", "end_time", "page_size", "page_token", "purpose", "case_reference")
    SUBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    subject_id: str
    action: str
    object_id: str
    outcome: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    purpose: str
    case_reference: str
    def __init__(self, subject_id: _Optional[str] = ..., action: _Optional[str] = ..., object_id: _Optional[str] = ..., outcome: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class ListAuditResponse(_message.Message):
    __slots__ = ("events", "next_page_token")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[ListedAuditEvent]
    next_page_token: str
    def __init__(self, events: _Optional[_Iterable[_Union[ListedAuditEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListedAuditEvent(_message.Message):
    __slots__ = ("event", "sequence")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    event: _events_pb2.AuditEvent
    sequence: int
    def __init__(self, event: _Optional[_Union[_events_pb2.AuditEvent, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

class ExportAuditRequest(_message.Message):
    __slots__ = ("content", "purpose", "case_reference")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    content: AuditContent
    purpose: str
    case_reference: str
    def __init__(self, content: _Optional[_Union[AuditContent, str]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class ExportAuditResponse(_message.Message):
    __slots__ = ("entries", "seals", "total")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    SEALS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[_audit_seal_pb2.AuditEntry]
    seals: _containers.RepeatedCompositeFieldContainer[_audit_seal_pb2.Seal]
    total: int
    def __init__(self, entries: _Optional[_Iterable[_Union[_audit_seal_pb2.AuditEntry, _Mapping]]] = ..., seals: _Optional[_Iterable[_Union[_audit_seal_pb2.Seal, _Mapping]]] = ..., total: _Optional[int] = ...) -> None: ...

class ListSealsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSealsResponse(_message.Message):
    __slots__ = ("seals", "next_page_token")
    SEALS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    seals: _containers.RepeatedCompositeFieldContainer[_audit_seal_pb2.Seal]
    next_page_token: str
    def __init__(self, seals: _Optional[_Iterable[_Union[_audit_seal_pb2.Seal, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetLatestSealRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetLatestSealResponse(_message.Message):
    __slots__ = ("seal",)
    SEAL_FIELD_NUMBER: _ClassVar[int]
    seal: _audit_seal_pb2.Seal
    def __init__(self, seal: _Optional[_Union[_audit_seal_pb2.Seal, _Mapping]] = ...) -> None: ...
