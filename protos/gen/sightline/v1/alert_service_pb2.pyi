import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from sightline.v1 import access_pb2 as _access_pb2
from sightline.v1 import events_pb2 as _events_pb2
from sightline.v1 import gallery_service_pb2 as _gallery_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AlertState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALERT_STATE_UNSPECIFIED: _ClassVar[AlertState]
    ALERT_STATE_RAISED: _ClassVar[AlertState]
    ALERT_STATE_UNDER_REVIEW: _ClassVar[AlertState]
    ALERT_STATE_CONFIRMED: _ClassVar[AlertState]
    ALERT_STATE_DISMISSED: _ClassVar[AlertState]
    ALERT_STATE_EXPIRED: _ClassVar[AlertState]

class EvidenceKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVIDENCE_KIND_UNSPECIFIED: _ClassVar[EvidenceKind]
    EVIDENCE_KIND_SNAPSHOT: _ClassVar[EvidenceKind]
    EVIDENCE_KIND_CROP: _ClassVar[EvidenceKind]

class ReviewDecision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVIEW_DECISION_UNSPECIFIED: _ClassVar[ReviewDecision]
    REVIEW_DECISION_CONFIRMED: _ClassVar[ReviewDecision]
    REVIEW_DECISION_DISMISSED: _ClassVar[ReviewDecision]

class ReviewConfidence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVIEW_CONFIDENCE_UNSPECIFIED: _ClassVar[ReviewConfidence]
    REVIEW_CONFIDENCE_LOW: _ClassVar[ReviewConfidence]
    REVIEW_CONFIDENCE_MEDIUM: _ClassVar[ReviewConfidence]
    REVIEW_CONFIDENCE_HIGH: _ClassVar[ReviewConfidence]
ALERT_STATE_UNSPECIFIED: AlertState
ALERT_STATE_RAISED: AlertState
ALERT_STATE_UNDER_REVIEW: AlertState
ALERT_STATE_CONFIRMED: AlertState
ALERT_STATE_DISMISSED: AlertState
ALERT_STATE_EXPIRED: AlertState
EVIDENCE_KIND_UNSPECIFIED: EvidenceKind
EVIDENCE_KIND_SNAPSHOT: EvidenceKind
EVIDENCE_KIND_CROP: EvidenceKind
REVIEW_DECISION_UNSPECIFIED: ReviewDecision
REVIEW_DECISION_CONFIRMED: ReviewDecision
REVIEW_DECISION_DISMISSED: ReviewDecision
REVIEW_CONFIDENCE_UNSPECIFIED: ReviewConfidence
REVIEW_CONFIDENCE_LOW: ReviewConfidence
REVIEW_CONFIDENCE_MEDIUM: ReviewConfidence
REVIEW_CONFIDENCE_HIGH: ReviewConfidence

class Review(_message.Message):
    __slots__ = ("reviewer", "decision", "reason", "confidence", "time", "revision")
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    reviewer: str
    decision: ReviewDecision
    reason: str
    confidence: ReviewConfidence
    time: _timestamp_pb2.Timestamp
    revision: int
    def __init__(self, reviewer: _Optional[str] = ..., decision: _Optional[_Union[ReviewDecision, str]] = ..., reason: _Optional[str] = ..., confidence: _Optional[_Union[ReviewConfidence, str]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class AlertChange(_message.Message):
    __slots__ = ("state", "time", "revision", "reason")
    STATE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    state: AlertState
    time: _timestamp_pb2.Timestamp
    revision: int
    reason: str
    def __init__(self, state: _Optional[_Union[AlertState, str]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class Alert(_message.Message):
    __slots__ = ("id", "state", "revision", "watchlist_id", "person", "source", "start_time", "end_time", "sighting", "track_ids", "review_policy", "evidence", "create_time", "update_time", "reviews", "reviews_missing", "history", "expire_time", "priority", "review_rules", "etag", "storm_id", "redact_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    SIGHTING_FIELD_NUMBER: _ClassVar[int]
    TRACK_IDS_FIELD_NUMBER: _ClassVar[int]
    REVIEW_POLICY_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVIEWS_FIELD_NUMBER: _ClassVar[int]
    REVIEWS_MISSING_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    REVIEW_RULES_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    STORM_ID_FIELD_NUMBER: _ClassVar[int]
    REDACT_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    state: AlertState
    revision: int
    watchlist_id: str
    person: _events_pb2.Candidate
    source: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    sighting: _events_pb2.Sighting
    track_ids: _containers.RepeatedScalarFieldContainer[str]
    review_policy: _gallery_service_pb2.ReviewPolicy
    evidence: EvidenceKind
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    reviews: _containers.RepeatedCompositeFieldContainer[Review]
    reviews_missing: int
    history: _containers.RepeatedCompositeFieldContainer[AlertChange]
    expire_time: _timestamp_pb2.Timestamp
    priority: _gallery_service_pb2.AlertPriority
    review_rules: _gallery_service_pb2.ReviewRules
    etag: str
    storm_id: str
    redact_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., state: _Optional[_Union[AlertState, str]] = ..., revision: _Optional[int] = ..., watchlist_id: _Optional[str] = ..., person: _Optional[_Union[_events_pb2.Candidate, _Mapping]] = ..., source: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sighting: _Optional[_Union[_events_pb2.Sighting, _Mapping]] = ..., track_ids: _Optional[_Iterable[str]] = ..., review_policy: _Optional[_Union[_gallery_service_pb2.ReviewPolicy, str]] = ..., evidence: _Optional[_Union[EvidenceKind, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reviews: _Optional[_Iterable[_Union[Review, _Mapping]]] = ..., reviews_missing: _Optional[int] = ..., history: _Optional[_Iterable[_Union[AlertChange, _Mapping]]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., priority: _Optional[_Union[_gallery_service_pb2.AlertPriority, str]] = ..., review_rules: _Optional[_Union[_gallery_service_pb2.ReviewRules, _Mapping]] = ..., etag: _Optional[str] = ..., storm_id: _Optional[str] = ..., redact_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListAlertsRequest(_message.Message):
    __slots__ = ("watchlist_id", "source", "page_size", "page_token", "purpose", "case_reference", "person_id", "states", "since", "until", "storm_id", "collapse_storms")
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    STORM_ID_FIELD_NUMBER: _ClassVar[int]
    COLLAPSE_STORMS_FIELD_NUMBER: _ClassVar[int]
    watchlist_id: str
    source: str
    page_size: int
    page_token: str
    purpose: str
    case_reference: str
    person_id: str
    states: _containers.RepeatedScalarFieldContainer[AlertState]
    since: _timestamp_pb2.Timestamp
    until: _timestamp_pb2.Timestamp
    storm_id: str
    collapse_storms: bool
    def __init__(self, watchlist_id: _Optional[str] = ..., source: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., person_id: _Optional[str] = ..., states: _Optional[_Iterable[_Union[AlertState, str]]] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., storm_id: _Optional[str] = ..., collapse_storms: _Optional[bool] = ...) -> None: ...

class ListAlertsResponse(_message.Message):
    __slots__ = ("alerts", "next_page_token", "storm_sizes")
    class StormSizesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STORM_SIZES_FIELD_NUMBER: _ClassVar[int]
    alerts: _containers.RepeatedCompositeFieldContainer[Alert]
    next_page_token: str
    storm_sizes: _containers.ScalarMap[str, int]
    def __init__(self, alerts: _Optional[_Iterable[_Union[Alert, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., storm_sizes: _Optional[_Mapping[str, int]] = ...) -> None: ...

class GetAlertRequest(_message.Message):
    __slots__ = ("alert_id", "purpose", "case_reference")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    purpose: str
    case_reference: str
    def __init__(self, alert_id: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class GetAlertResponse(_message.Message):
    __slots__ = ("alert",)
    ALERT_FIELD_NUMBER: _ClassVar[int]
    alert: Alert
    def __init__(self, alert: _Optional[_Union[Alert, _Mapping]] = ...) -> None: ...

class WatchAlertsRequest(_message.Message):
    __slots__ = ("watchlist_id", "after_sequence", "purpose", "case_reference", "since")
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    watchlist_id: str
    after_sequence: int
    purpose: str
    case_reference: str
    since: _timestamp_pb2.Timestamp
    def __init__(self, watchlist_id: _Optional[str] = ..., after_sequence: _Optional[int] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class WatchAlertsResponse(_message.Message):
    __slots__ = ("alert", "sequence")
    ALERT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    alert: Alert
    sequence: int
    def __init__(self, alert: _Optional[_Union[Alert, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

class GetAlertEvidenceRequest(_message.Message):
    __slots__ = ("alert_id", "purpose", "case_reference")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    purpose: str
    case_reference: str
    def __init__(self, alert_id: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class GetAlertEvidenceResponse(_message.Message):
    __slots__ = ("picture", "kind", "probe", "reference")
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PROBE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    picture: bytes
    kind: EvidenceKind
    probe: bytes
    reference: bytes
    def __init__(self, picture: _Optional[bytes] = ..., kind: _Optional[_Union[EvidenceKind, str]] = ..., probe: _Optional[bytes] = ..., reference: _Optional[bytes] = ...) -> None: ...

class ReviewAlertRequest(_message.Message):
    __slots__ = ("alert_id", "decision", "reason", "confidence", "etag", "purpose", "case_reference")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    decision: ReviewDecision
    reason: str
    confidence: ReviewConfidence
    etag: str
    purpose: str
    case_reference: str
    def __init__(self, alert_id: _Optional[str] = ..., decision: _Optional[_Union[ReviewDecision, str]] = ..., reason: _Optional[str] = ..., confidence: _Optional[_Union[ReviewConfidence, str]] = ..., etag: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class ReviewAlertResponse(_message.Message):
    __slots__ = ("alert",)
    ALERT_FIELD_NUMBER: _ClassVar[int]
    alert: Alert
    def __init__(self, alert: _Optional[_Union[Alert, _Mapping]] = ...) -> None: ...

class FalseAlarmRate(_message.Message):
    __slots__ = ("source", "watchlist_id", "threshold", "confirmed", "dismissed", "dismissed_share")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_FIELD_NUMBER: _ClassVar[int]
    DISMISSED_FIELD_NUMBER: _ClassVar[int]
    DISMISSED_SHARE_FIELD_NUMBER: _ClassVar[int]
    source: str
    watchlist_id: str
    threshold: float
    confirmed: int
    dismissed: int
    dismissed_share: ShareEstimate
    def __init__(self, source: _Optional[str] = ..., watchlist_id: _Optional[str] = ..., threshold: _Optional[float] = ..., confirmed: _Optional[int] = ..., dismissed: _Optional[int] = ..., dismissed_share: _Optional[_Union[ShareEstimate, _Mapping]] = ...) -> None: ...

class ShareEstimate(_message.Message):
    __slots__ = ("value", "low", "high")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    value: float
    low: float
    high: float
    def __init__(self, value: _Optional[float] = ..., low: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...

class GetFalseAlarmRatesRequest(_message.Message):
    __slots__ = ("watchlist_id", "source", "since", "until", "purpose", "case_reference")
    WATCHLIST_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist_id: str
    source: str
    since: _timestamp_pb2.Timestamp
    until: _timestamp_pb2.Timestamp
    purpose: str
    case_reference: str
    def __init__(self, watchlist_id: _Optional[str] = ..., source: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class GetFalseAlarmRatesResponse(_message.Message):
    __slots__ = ("rates", "total")
    RATES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    rates: _containers.RepeatedCompositeFieldContainer[FalseAlarmRate]
    total: FalseAlarmRate
    def __init__(self, rates: _Optional[_Iterable[_Union[FalseAlarmRate, _Mapping]]] = ..., total: _Optional[_Union[FalseAlarmRate, _Mapping]] = ...) -> None: ...

class AlertEvent(_message.Message):
    __slots__ = ("alert",)
    ALERT_FIELD_NUMBER: _ClassVar[int]
    alert: Alert
    def __init__(self, alert: _Optional[_Union[Alert, _Mapping]] = ...) -> None: ...
