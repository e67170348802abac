from buf.validate import validate_pb2 as _validate_pb2
from sightline.v1 import access_pb2 as _access_pb2
from sightline.v1 import events_pb2 as _events_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WatchAuditRequest(_message.Message):
    __slots__ = ("after_sequence", "subject_id", "action", "follow", "purpose", "case_reference")
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    FOLLOW_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    after_sequence: int
    subject_id: str
    action: str
    follow: bool
    purpose: str
    case_reference: str
    def __init__(self, after_sequence: _Optional[int] = ..., subject_id: _Optional[str] = ..., action: _Optional[str] = ..., follow: _Optional[bool] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class WatchAuditResponse(_message.Message):
    __slots__ = ("event", "sequence")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    event: _events_pb2.AuditEvent
    sequence: int
    def __init__(self, event: _Optional[_Union[_events_pb2.AuditEvent, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...
