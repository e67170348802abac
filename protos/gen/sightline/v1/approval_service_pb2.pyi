import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sightline.v1 import access_pb2 as _access_pb2
from sightline.v1 import gallery_service_pb2 as _gallery_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Enrolment(_message.Message):
    __slots__ = ("id", "watchlist_id", "import_id", "requester", "purpose", "case_reference", "create_time", "decide_by_time", "face_count", "person_count", "approval", "approver", "decide_time", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    IMPORT_ID_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DECIDE_BY_TIME_FIELD_NUMBER: _ClassVar[int]
    FACE_COUNT_FIELD_NUMBER: _ClassVar[int]
    PERSON_COUNT_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    DECIDE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    watchlist_id: str
    import_id: str
    requester: str
    purpose: str
    case_reference: str
    create_time: _timestamp_pb2.Timestamp
    decide_by_time: _timestamp_pb2.Timestamp
    face_count: int
    person_count: int
    approval: _gallery_service_pb2.Approval
    approver: str
    decide_time: _timestamp_pb2.Timestamp
    reason: str
    def __init__(self, id: _Optional[str] = ..., watchlist_id: _Optional[str] = ..., import_id: _Optional[str] = ..., requester: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decide_by_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., face_count: _Optional[int] = ..., person_count: _Optional[int] = ..., approval: _Optional[_Union[_gallery_service_pb2.Approval, str]] = ..., approver: _Optional[str] = ..., decide_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class ListEnrolmentsRequest(_message.Message):
    __slots__ = ("watchlist", "approval", "page_size", "page_token", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    approval: _gallery_service_pb2.Approval
    page_size: int
    page_token: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., approval: _Optional[_Union[_gallery_service_pb2.Approval, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class ListEnrolmentsResponse(_message.Message):
    __slots__ = ("enrolments", "next_page_token")
    ENROLMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    enrolments: _containers.RepeatedCompositeFieldContainer[Enrolment]
    next_page_token: str
    def __init__(self, enrolments: _Optional[_Iterable[_Union[Enrolment, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetEnrolmentRequest(_message.Message):
    __slots__ = ("watchlist", "enrolment_id", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    enrolment_id: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., enrolment_id: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class GetEnrolmentResponse(_message.Message):
    __slots__ = ("enrolment", "faces", "persons")
    ENROLMENT_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    PERSONS_FIELD_NUMBER: _ClassVar[int]
    enrolment: Enrolment
    faces: _containers.RepeatedCompositeFieldContainer[_gallery_service_pb2.EnrolledFace]
    persons: _containers.RepeatedCompositeFieldContainer[_gallery_service_pb2.Person]
    def __init__(self, enrolment: _Optional[_Union[Enrolment, _Mapping]] = ..., faces: _Optional[_Iterable[_Union[_gallery_service_pb2.EnrolledFace, _Mapping]]] = ..., persons: _Optional[_Iterable[_Union[_gallery_service_pb2.Person, _Mapping]]] = ...) -> None: ...

class ApproveEnrolmentRequest(_message.Message):
    __slots__ = ("watchlist", "enrolment_id", "import_id", "face_count", "reason", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    IMPORT_ID_FIELD_NUMBER: _ClassVar[int]
    FACE_COUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    enrolment_id: str
    import_id: str
    face_count: int
    reason: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., enrolment_id: _Optional[str] = ..., import_id: _Optional[str] = ..., face_count: _Optional[int] = ..., reason: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class ApproveEnrolmentResponse(_message.Message):
    __slots__ = ("face_count", "enrolment_count")
    FACE_COUNT_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    face_count: int
    enrolment_count: int
    def __init__(self, face_count: _Optional[int] = ..., enrolment_count: _Optional[int] = ...) -> None: ...

class RejectEnrolmentRequest(_message.Message):
    __slots__ = ("watchlist", "enrolment_id", "import_id", "reason", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    IMPORT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    enrolment_id: str
    import_id: str
    reason: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., enrolment_id: _Optional[str] = ..., import_id: _Optional[str] = ..., reason: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class RejectEnrolmentResponse(_message.Message):
    __slots__ = ("face_count", "person_count", "enrolment_count")
    FACE_COUNT_FIELD_NUMBER: _ClassVar[int]
    PERSON_COUNT_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    face_count: int
    person_count: int
    enrolment_count: int
    def __init__(self, face_count: _Optional[int] = ..., person_count: _Optional[int] = ..., enrolment_count: _Optional[int] = ...) -> None: ...

class ApproveWatchlistRequest(_message.Message):
    __slots__ = ("watchlist", "reason", "purpose", "case_reference", "etag")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    reason: str
    purpose: str
    case_reference: str
    etag: str
    def __init__(self, watchlist: _Optional[str] = ..., reason: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class ApproveWatchlistResponse(_message.Message):
    __slots__ = ("watchlist",)
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    watchlist: _gallery_service_pb2.Watchlist
    def __init__(self, watchlist: _Optional[_Union[_gallery_service_pb2.Watchlist, _Mapping]] = ...) -> None: ...

class RejectWatchlistRequest(_message.Message):
    __slots__ = ("watchlist", "reason", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    reason: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., reason: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class RejectWatchlistResponse(_message.Message):
    __slots__ = ("deleted_faces", "receipt_id")
    DELETED_FACES_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_ID_FIELD_NUMBER: _ClassVar[int]
    deleted_faces: int
    receipt_id: str
    def __init__(self, deleted_faces: _Optional[int] = ..., receipt_id: _Optional[str] = ...) -> None: ...
