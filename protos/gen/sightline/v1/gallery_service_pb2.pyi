import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
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

class ReviewPolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVIEW_POLICY_UNSPECIFIED: _ClassVar[ReviewPolicy]
    REVIEW_POLICY_NONE: _ClassVar[ReviewPolicy]
    REVIEW_POLICY_ONE: _ClassVar[ReviewPolicy]
    REVIEW_POLICY_TWO: _ClassVar[ReviewPolicy]
REVIEW_POLICY_UNSPECIFIED: ReviewPolicy
REVIEW_POLICY_NONE: ReviewPolicy
REVIEW_POLICY_ONE: ReviewPolicy
REVIEW_POLICY_TWO: ReviewPolicy

class Watchlist(_message.Message):
    __slots__ = ("id", "name", "purpose", "legal_basis", "requester", "approver", "expire_time", "review_policy", "cooldown", "threshold", "embedder_id", "create_time", "face_count", "target_fpir", "target_alarms")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVIEW_POLICY_FIELD_NUMBER: _ClassVar[int]
    COOLDOWN_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_ID_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    FACE_COUNT_FIELD_NUMBER: _ClassVar[int]
    TARGET_FPIR_FIELD_NUMBER: _ClassVar[int]
    TARGET_ALARMS_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    purpose: str
    legal_basis: str
    requester: str
    approver: str
    expire_time: _timestamp_pb2.Timestamp
    review_policy: ReviewPolicy
    cooldown: _duration_pb2.Duration
    threshold: float
    embedder_id: str
    create_time: _timestamp_pb2.Timestamp
    face_count: int
    target_fpir: float
    target_alarms: TargetAlarms
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., purpose: _Optional[str] = ..., legal_basis: _Optional[str] = ..., requester: _Optional[str] = ..., approver: _Optional[str] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., review_policy: _Optional[_Union[ReviewPolicy, str]] = ..., cooldown: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., threshold: _Optional[float] = ..., embedder_id: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., face_count: _Optional[int] = ..., target_fpir: _Optional[float] = ..., target_alarms: _Optional[_Union[TargetAlarms, _Mapping]] = ...) -> None: ...

class TargetAlarms(_message.Message):
    __slots__ = ("alarms_per_day", "tracks_per_day")
    ALARMS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    TRACKS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    alarms_per_day: float
    tracks_per_day: float
    def __init__(self, alarms_per_day: _Optional[float] = ..., tracks_per_day: _Optional[float] = ...) -> None: ...

class Person(_message.Message):
    __slots__ = ("id", "watchlist_id", "external_id", "display_name", "create_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    watchlist_id: str
    external_id: str
    display_name: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., watchlist_id: _Optional[str] = ..., external_id: _Optional[str] = ..., display_name: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EnrolledFace(_message.Message):
    __slots__ = ("id", "watchlist_id", "person_id", "face", "embedder_id", "create_time", "purpose", "case_reference")
    ID_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_ID_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    watchlist_id: str
    person_id: str
    face: _face_pb2.Face
    embedder_id: str
    create_time: _timestamp_pb2.Timestamp
    purpose: str
    case_reference: str
    def __init__(self, id: _Optional[str] = ..., watchlist_id: _Optional[str] = ..., person_id: _Optional[str] = ..., face: _Optional[_Union[_face_pb2.Face, _Mapping]] = ..., embedder_id: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class CreateWatchlistRequest(_message.Message):
    __slots__ = ("watchlist",)
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    watchlist: Watchlist
    def __init__(self, watchlist: _Optional[_Union[Watchlist, _Mapping]] = ...) -> None: ...

class CreateWatchlistResponse(_message.Message):
    __slots__ = ("watchlist",)
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    watchlist: Watchlist
    def __init__(self, watchlist: _Optional[_Union[Watchlist, _Mapping]] = ...) -> None: ...

class GetWatchlistRequest(_message.Message):
    __slots__ = ("watchlist",)
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    def __init__(self, watchlist: _Optional[str] = ...) -> None: ...

class GetWatchlistResponse(_message.Message):
    __slots__ = ("watchlist",)
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    watchlist: Watchlist
    def __init__(self, watchlist: _Optional[_Union[Watchlist, _Mapping]] = ...) -> None: ...

class ListWatchlistsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListWatchlistsResponse(_message.Message):
    __slots__ = ("watchlists", "next_page_token")
    WATCHLISTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    watchlists: _containers.RepeatedCompositeFieldContainer[Watchlist]
    next_page_token: str
    def __init__(self, watchlists: _Optional[_Iterable[_Union[Watchlist, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteWatchlistRequest(_message.Message):
    __slots__ = ("watchlist", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class DeleteWatchlistResponse(_message.Message):
    __slots__ = ("deleted_faces",)
    DELETED_FACES_FIELD_NUMBER: _ClassVar[int]
    deleted_faces: int
    def __init__(self, deleted_faces: _Optional[int] = ...) -> None: ...

class EnrollFaceRequest(_message.Message):
    __slots__ = ("watchlist", "person", "display_name", "image", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    person: str
    display_name: str
    image: _face_pb2.Image
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., person: _Optional[str] = ..., display_name: _Optional[str] = ..., image: _Optional[_Union[_face_pb2.Image, _Mapping]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class EnrollFaceResponse(_message.Message):
    __slots__ = ("face", "person", "created")
    FACE_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    face: EnrolledFace
    person: Person
    created: bool
    def __init__(self, face: _Optional[_Union[EnrolledFace, _Mapping]] = ..., person: _Optional[_Union[Person, _Mapping]] = ..., created: _Optional[bool] = ...) -> None: ...

class ListFacesRequest(_message.Message):
    __slots__ = ("watchlist", "person", "page_size", "page_token", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    person: str
    page_size: int
    page_token: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., person: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class ListFacesResponse(_message.Message):
    __slots__ = ("faces", "persons", "next_page_token")
    FACES_FIELD_NUMBER: _ClassVar[int]
    PERSONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[EnrolledFace]
    persons: _containers.RepeatedCompositeFieldContainer[Person]
    next_page_token: str
    def __init__(self, faces: _Optional[_Iterable[_Union[EnrolledFace, _Mapping]]] = ..., persons: _Optional[_Iterable[_Union[Person, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteFacesRequest(_message.Message):
    __slots__ = ("watchlist", "face_ids", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    FACE_IDS_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    face_ids: _containers.RepeatedScalarFieldContainer[str]
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., face_ids: _Optional[_Iterable[str]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class DeleteFacesResponse(_message.Message):
    __slots__ = ("deleted_face_ids",)
    DELETED_FACE_IDS_FIELD_NUMBER: _ClassVar[int]
    deleted_face_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, deleted_face_ids: _Optional[_Iterable[str]] = ...) -> None: ...
