import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sightline.v1 import access_pb2 as _access_pb2
from sightline.v1 import embed_service_pb2 as _embed_service_pb2
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

class Disagreement(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISAGREEMENT_UNSPECIFIED: _ClassVar[Disagreement]
    DISAGREEMENT_THIRD: _ClassVar[Disagreement]
    DISAGREEMENT_EXPIRE: _ClassVar[Disagreement]

class AlertPriority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALERT_PRIORITY_UNSPECIFIED: _ClassVar[AlertPriority]
    ALERT_PRIORITY_LOW: _ClassVar[AlertPriority]
    ALERT_PRIORITY_NORMAL: _ClassVar[AlertPriority]
    ALERT_PRIORITY_HIGH: _ClassVar[AlertPriority]
    ALERT_PRIORITY_URGENT: _ClassVar[AlertPriority]

class Approval(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    APPROVAL_UNSPECIFIED: _ClassVar[Approval]
    APPROVAL_PENDING: _ClassVar[Approval]
    APPROVAL_APPROVED: _ClassVar[Approval]
    APPROVAL_REJECTED: _ClassVar[Approval]
    APPROVAL_LAPSED: _ClassVar[Approval]

class FaceSelection(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FACE_SELECTION_UNSPECIFIED: _ClassVar[FaceSelection]
    FACE_SELECTION_ONLY: _ClassVar[FaceSelection]
    FACE_SELECTION_LARGEST: _ClassVar[FaceSelection]
    FACE_SELECTION_AT_BOX: _ClassVar[FaceSelection]
    FACE_SELECTION_ALL: _ClassVar[FaceSelection]
    FACE_SELECTION_EACH: _ClassVar[FaceSelection]

class QualityGate(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUALITY_GATE_UNSPECIFIED: _ClassVar[QualityGate]
    QUALITY_GATE_OFF: _ClassVar[QualityGate]
    QUALITY_GATE_STANDARD: _ClassVar[QualityGate]
    QUALITY_GATE_STRICT: _ClassVar[QualityGate]
REVIEW_POLICY_UNSPECIFIED: ReviewPolicy
REVIEW_POLICY_NONE: ReviewPolicy
REVIEW_POLICY_ONE: ReviewPolicy
REVIEW_POLICY_TWO: ReviewPolicy
DISAGREEMENT_UNSPECIFIED: Disagreement
DISAGREEMENT_THIRD: Disagreement
DISAGREEMENT_EXPIRE: Disagreement
ALERT_PRIORITY_UNSPECIFIED: AlertPriority
ALERT_PRIORITY_LOW: AlertPriority
ALERT_PRIORITY_NORMAL: AlertPriority
ALERT_PRIORITY_HIGH: AlertPriority
ALERT_PRIORITY_URGENT: AlertPriority
APPROVAL_UNSPECIFIED: Approval
APPROVAL_PENDING: Approval
APPROVAL_APPROVED: Approval
APPROVAL_REJECTED: Approval
APPROVAL_LAPSED: Approval
FACE_SELECTION_UNSPECIFIED: FaceSelection
FACE_SELECTION_ONLY: FaceSelection
FACE_SELECTION_LARGEST: FaceSelection
FACE_SELECTION_AT_BOX: FaceSelection
FACE_SELECTION_ALL: FaceSelection
FACE_SELECTION_EACH: FaceSelection
QUALITY_GATE_UNSPECIFIED: QualityGate
QUALITY_GATE_OFF: QualityGate
QUALITY_GATE_STANDARD: QualityGate
QUALITY_GATE_STRICT: QualityGate

class ReviewRules(_message.Message):
    __slots__ = ("disagreement", "requester_may_review", "expire_after")
    DISAGREEMENT_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_MAY_REVIEW_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_AFTER_FIELD_NUMBER: _ClassVar[int]
    disagreement: Disagreement
    requester_may_review: bool
    expire_after: _duration_pb2.Duration
    def __init__(self, disagreement: _Optional[_Union[Disagreement, str]] = ..., requester_may_review: _Optional[bool] = ..., expire_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Watchlist(_message.Message):
    __slots__ = ("id", "name", "purpose", "legal_basis", "requester", "approver", "expire_time", "review_policy", "cooldown", "threshold", "embedder_id", "create_time", "face_count", "target_fpir", "target_alarms", "keep_references", "etag", "update_time", "priority", "approval", "decide_by_time")
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
    KEEP_REFERENCES_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    DECIDE_BY_TIME_FIELD_NUMBER: _ClassVar[int]
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
    keep_references: bool
    etag: str
    update_time: _timestamp_pb2.Timestamp
    priority: AlertPriority
    approval: Approval
    decide_by_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., purpose: _Optional[str] = ..., legal_basis: _Optional[str] = ..., requester: _Optional[str] = ..., approver: _Optional[str] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., review_policy: _Optional[_Union[ReviewPolicy, str]] = ..., cooldown: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., threshold: _Optional[float] = ..., embedder_id: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., face_count: _Optional[int] = ..., target_fpir: _Optional[float] = ..., target_alarms: _Optional[_Union[TargetAlarms, _Mapping]] = ..., keep_references: _Optional[bool] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., priority: _Optional[_Union[AlertPriority, str]] = ..., approval: _Optional[_Union[Approval, str]] = ..., decide_by_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TargetAlarms(_message.Message):
    __slots__ = ("alarms_per_day", "tracks_per_day")
    ALARMS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    TRACKS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    alarms_per_day: float
    tracks_per_day: float
    def __init__(self, alarms_per_day: _Optional[float] = ..., tracks_per_day: _Optional[float] = ...) -> None: ...

class Person(_message.Message):
    __slots__ = ("id", "watchlist_id", "external_id", "display_name", "create_time", "attributes", "expire_time", "etag", "update_time")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    watchlist_id: str
    external_id: str
    display_name: str
    create_time: _timestamp_pb2.Timestamp
    attributes: _containers.ScalarMap[str, str]
    expire_time: _timestamp_pb2.Timestamp
    etag: str
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., watchlist_id: _Optional[str] = ..., external_id: _Optional[str] = ..., display_name: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attributes: _Optional[_Mapping[str, str]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EnrolledFace(_message.Message):
    __slots__ = ("id", "watchlist_id", "person_id", "face", "embedder_id", "create_time", "purpose", "case_reference", "has_reference", "requester", "approval", "external_image_id", "image_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_ID_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    HAS_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    watchlist_id: str
    person_id: str
    face: _face_pb2.Face
    embedder_id: str
    create_time: _timestamp_pb2.Timestamp
    purpose: str
    case_reference: str
    has_reference: bool
    requester: str
    approval: Approval
    external_image_id: str
    image_id: str
    def __init__(self, id: _Optional[str] = ..., watchlist_id: _Optional[str] = ..., person_id: _Optional[str] = ..., face: _Optional[_Union[_face_pb2.Face, _Mapping]] = ..., embedder_id: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., has_reference: _Optional[bool] = ..., requester: _Optional[str] = ..., approval: _Optional[_Union[Approval, str]] = ..., external_image_id: _Optional[str] = ..., image_id: _Optional[str] = ...) -> None: ...

class CreateWatchlistRequest(_message.Message):
    __slots__ = ("watchlist", "request_id")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    watchlist: Watchlist
    request_id: str
    def __init__(self, watchlist: _Optional[_Union[Watchlist, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateWatchlistResponse(_message.Message):
    __slots__ = ("watchlist",)
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    watchlist: Watchlist
    def __init__(self, watchlist: _Optional[_Union[Watchlist, _Mapping]] = ...) -> None: ...

class GetWatchlistRequest(_message.Message):
    __slots__ = ("watchlist", "count_persons")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    COUNT_PERSONS_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    count_persons: bool
    def __init__(self, watchlist: _Optional[str] = ..., count_persons: _Optional[bool] = ...) -> None: ...

class GetWatchlistResponse(_message.Message):
    __slots__ = ("watchlist", "named_person_count")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    NAMED_PERSON_COUNT_FIELD_NUMBER: _ClassVar[int]
    watchlist: Watchlist
    named_person_count: int
    def __init__(self, watchlist: _Optional[_Union[Watchlist, _Mapping]] = ..., named_person_count: _Optional[int] = ...) -> None: ...

class ListWatchlistsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "name_prefix")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NAME_PREFIX_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    name_prefix: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., name_prefix: _Optional[str] = ...) -> None: ...

class ListWatchlistsResponse(_message.Message):
    __slots__ = ("watchlists", "next_page_token")
    WATCHLISTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    watchlists: _containers.RepeatedCompositeFieldContainer[Watchlist]
    next_page_token: str
    def __init__(self, watchlists: _Optional[_Iterable[_Union[Watchlist, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateWatchlistRequest(_message.Message):
    __slots__ = ("watchlist", "changes", "update_mask", "etag", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    changes: Watchlist
    update_mask: _field_mask_pb2.FieldMask
    etag: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., changes: _Optional[_Union[Watchlist, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., etag: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class UpdateWatchlistResponse(_message.Message):
    __slots__ = ("watchlist",)
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    watchlist: Watchlist
    def __init__(self, watchlist: _Optional[_Union[Watchlist, _Mapping]] = ...) -> None: ...

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
    __slots__ = ("deleted_faces", "receipt_id")
    DELETED_FACES_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_ID_FIELD_NUMBER: _ClassVar[int]
    deleted_faces: int
    receipt_id: str
    def __init__(self, deleted_faces: _Optional[int] = ..., receipt_id: _Optional[str] = ...) -> None: ...

class CreatePersonRequest(_message.Message):
    __slots__ = ("watchlist", "person", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    person: Person
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., person: _Optional[_Union[Person, _Mapping]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class CreatePersonResponse(_message.Message):
    __slots__ = ("person",)
    PERSON_FIELD_NUMBER: _ClassVar[int]
    person: Person
    def __init__(self, person: _Optional[_Union[Person, _Mapping]] = ...) -> None: ...

class GetPersonRequest(_message.Message):
    __slots__ = ("watchlist", "person", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    person: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., person: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class GetPersonResponse(_message.Message):
    __slots__ = ("person", "face_count")
    PERSON_FIELD_NUMBER: _ClassVar[int]
    FACE_COUNT_FIELD_NUMBER: _ClassVar[int]
    person: Person
    face_count: int
    def __init__(self, person: _Optional[_Union[Person, _Mapping]] = ..., face_count: _Optional[int] = ...) -> None: ...

class ListPersonsRequest(_message.Message):
    __slots__ = ("watchlist", "page_size", "page_token", "external_id_prefix", "display_name_part", "purpose", "case_reference", "named_only")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_PREFIX_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_PART_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    NAMED_ONLY_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    page_size: int
    page_token: str
    external_id_prefix: str
    display_name_part: str
    purpose: str
    case_reference: str
    named_only: bool
    def __init__(self, watchlist: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., external_id_prefix: _Optional[str] = ..., display_name_part: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., named_only: _Optional[bool] = ...) -> None: ...

class ListPersonsResponse(_message.Message):
    __slots__ = ("persons", "next_page_token", "face_counts")
    PERSONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FACE_COUNTS_FIELD_NUMBER: _ClassVar[int]
    persons: _containers.RepeatedCompositeFieldContainer[Person]
    next_page_token: str
    face_counts: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, persons: _Optional[_Iterable[_Union[Person, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., face_counts: _Optional[_Iterable[int]] = ...) -> None: ...

class UpdatePersonRequest(_message.Message):
    __slots__ = ("watchlist", "person", "changes", "etag", "update_mask", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    person: str
    changes: Person
    etag: str
    update_mask: _field_mask_pb2.FieldMask
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., person: _Optional[str] = ..., changes: _Optional[_Union[Person, _Mapping]] = ..., etag: _Optional[str] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class UpdatePersonResponse(_message.Message):
    __slots__ = ("person",)
    PERSON_FIELD_NUMBER: _ClassVar[int]
    person: Person
    def __init__(self, person: _Optional[_Union[Person, _Mapping]] = ...) -> None: ...

class DeletePersonRequest(_message.Message):
    __slots__ = ("watchlist", "person", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    person: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., person: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class DeletePersonResponse(_message.Message):
    __slots__ = ("deleted_faces", "receipt_id")
    DELETED_FACES_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_ID_FIELD_NUMBER: _ClassVar[int]
    deleted_faces: int
    receipt_id: str
    def __init__(self, deleted_faces: _Optional[int] = ..., receipt_id: _Optional[str] = ...) -> None: ...

class TrustedTemplate(_message.Message):
    __slots__ = ("vector", "embedder_id")
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_ID_FIELD_NUMBER: _ClassVar[int]
    vector: _containers.RepeatedScalarFieldContainer[float]
    embedder_id: str
    def __init__(self, vector: _Optional[_Iterable[float]] = ..., embedder_id: _Optional[str] = ...) -> None: ...

class EnrollFaceRequest(_message.Message):
    __slots__ = ("watchlist", "person", "display_name", "image", "crop", "template", "purpose", "case_reference", "selection", "box", "max_faces", "quality_gate", "external_image_id", "image_id")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    CROP_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    BOX_FIELD_NUMBER: _ClassVar[int]
    MAX_FACES_FIELD_NUMBER: _ClassVar[int]
    QUALITY_GATE_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    person: str
    display_name: str
    image: _face_pb2.Image
    crop: _embed_service_pb2.FaceCrop
    template: TrustedTemplate
    purpose: str
    case_reference: str
    selection: FaceSelection
    box: _face_pb2.BoundingBox
    max_faces: int
    quality_gate: QualityGate
    external_image_id: str
    image_id: str
    def __init__(self, watchlist: _Optional[str] = ..., person: _Optional[str] = ..., display_name: _Optional[str] = ..., image: _Optional[_Union[_face_pb2.Image, _Mapping]] = ..., crop: _Optional[_Union[_embed_service_pb2.FaceCrop, _Mapping]] = ..., template: _Optional[_Union[TrustedTemplate, _Mapping]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., selection: _Optional[_Union[FaceSelection, str]] = ..., box: _Optional[_Union[_face_pb2.BoundingBox, _Mapping]] = ..., max_faces: _Optional[int] = ..., quality_gate: _Optional[_Union[QualityGate, str]] = ..., external_image_id: _Optional[str] = ..., image_id: _Optional[str] = ...) -> None: ...

class EnrollFaceResponse(_message.Message):
    __slots__ = ("face", "person", "created", "enrolled", "unenrolled", "enrolment_id")
    FACE_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    ENROLLED_FIELD_NUMBER: _ClassVar[int]
    UNENROLLED_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    face: EnrolledFace
    person: Person
    created: bool
    enrolled: _containers.RepeatedCompositeFieldContainer[FaceEnrolment]
    unenrolled: _containers.RepeatedCompositeFieldContainer[UnenrolledFace]
    enrolment_id: str
    def __init__(self, face: _Optional[_Union[EnrolledFace, _Mapping]] = ..., person: _Optional[_Union[Person, _Mapping]] = ..., created: _Optional[bool] = ..., enrolled: _Optional[_Iterable[_Union[FaceEnrolment, _Mapping]]] = ..., unenrolled: _Optional[_Iterable[_Union[UnenrolledFace, _Mapping]]] = ..., enrolment_id: _Optional[str] = ...) -> None: ...

class FaceEnrolment(_message.Message):
    __slots__ = ("face", "created", "warnings", "person")
    FACE_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    face: EnrolledFace
    created: bool
    warnings: _containers.RepeatedCompositeFieldContainer[EnrolmentIssue]
    person: Person
    def __init__(self, face: _Optional[_Union[EnrolledFace, _Mapping]] = ..., created: _Optional[bool] = ..., warnings: _Optional[_Iterable[_Union[EnrolmentIssue, _Mapping]]] = ..., person: _Optional[_Union[Person, _Mapping]] = ...) -> None: ...

class UnenrolledFace(_message.Message):
    __slots__ = ("face", "reasons")
    FACE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    face: _face_pb2.Face
    reasons: _containers.RepeatedCompositeFieldContainer[EnrolmentIssue]
    def __init__(self, face: _Optional[_Union[_face_pb2.Face, _Mapping]] = ..., reasons: _Optional[_Iterable[_Union[EnrolmentIssue, _Mapping]]] = ...) -> None: ...

class EnrolmentIssue(_message.Message):
    __slots__ = ("reason", "message", "person_id", "face_id", "similarity")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    FACE_ID_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    person_id: str
    face_id: str
    similarity: float
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., person_id: _Optional[str] = ..., face_id: _Optional[str] = ..., similarity: _Optional[float] = ...) -> None: ...

class GetFaceRequest(_message.Message):
    __slots__ = ("watchlist", "face_id", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    FACE_ID_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    face_id: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., face_id: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class GetFaceResponse(_message.Message):
    __slots__ = ("face", "person")
    FACE_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    face: EnrolledFace
    person: Person
    def __init__(self, face: _Optional[_Union[EnrolledFace, _Mapping]] = ..., person: _Optional[_Union[Person, _Mapping]] = ...) -> None: ...

class GetFaceReferenceRequest(_message.Message):
    __slots__ = ("watchlist", "face_id", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    FACE_ID_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    face_id: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., face_id: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class GetFaceReferenceResponse(_message.Message):
    __slots__ = ("reference",)
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    reference: _embed_service_pb2.FaceCrop
    def __init__(self, reference: _Optional[_Union[_embed_service_pb2.FaceCrop, _Mapping]] = ...) -> None: ...

class ListFacesRequest(_message.Message):
    __slots__ = ("watchlist", "person", "page_size", "page_token", "purpose", "case_reference", "face_ids")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    FACE_IDS_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    person: str
    page_size: int
    page_token: str
    purpose: str
    case_reference: str
    face_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, watchlist: _Optional[str] = ..., person: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., face_ids: _Optional[_Iterable[str]] = ...) -> None: ...

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

class MoveFacesRequest(_message.Message):
    __slots__ = ("watchlist", "face_ids", "person", "min_similarity", "purpose", "case_reference", "owner")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    FACE_IDS_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    MIN_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    face_ids: _containers.RepeatedScalarFieldContainer[str]
    person: str
    min_similarity: float
    purpose: str
    case_reference: str
    owner: str
    def __init__(self, watchlist: _Optional[str] = ..., face_ids: _Optional[_Iterable[str]] = ..., person: _Optional[str] = ..., min_similarity: _Optional[float] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., owner: _Optional[str] = ...) -> None: ...

class MoveFacesResponse(_message.Message):
    __slots__ = ("moved_face_ids", "unlike_face_ids", "unlike_similarities")
    MOVED_FACE_IDS_FIELD_NUMBER: _ClassVar[int]
    UNLIKE_FACE_IDS_FIELD_NUMBER: _ClassVar[int]
    UNLIKE_SIMILARITIES_FIELD_NUMBER: _ClassVar[int]
    moved_face_ids: _containers.RepeatedScalarFieldContainer[str]
    unlike_face_ids: _containers.RepeatedScalarFieldContainer[str]
    unlike_similarities: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, moved_face_ids: _Optional[_Iterable[str]] = ..., unlike_face_ids: _Optional[_Iterable[str]] = ..., unlike_similarities: _Optional[_Iterable[float]] = ...) -> None: ...
