from buf.validate import validate_pb2 as _validate_pb2
from sightline.v1 import access_pb2 as _access_pb2
from sightline.v1 import face_pb2 as _face_pb2
from sightline.v1 import gallery_service_pb2 as _gallery_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProbeFaces(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROBE_FACES_UNSPECIFIED: _ClassVar[ProbeFaces]
    PROBE_FACES_LARGEST: _ClassVar[ProbeFaces]
    PROBE_FACES_ONLY: _ClassVar[ProbeFaces]
    PROBE_FACES_EVERY: _ClassVar[ProbeFaces]

class DecidedBy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DECIDED_BY_UNSPECIFIED: _ClassVar[DecidedBy]
    DECIDED_BY_FACE: _ClassVar[DecidedBy]
    DECIDED_BY_FUSED_TEMPLATE: _ClassVar[DecidedBy]

class ThresholdSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    THRESHOLD_SOURCE_UNSPECIFIED: _ClassVar[ThresholdSource]
    THRESHOLD_SOURCE_WATCHLIST: _ClassVar[ThresholdSource]
    THRESHOLD_SOURCE_TARGET: _ClassVar[ThresholdSource]
    THRESHOLD_SOURCE_PACK: _ClassVar[ThresholdSource]
PROBE_FACES_UNSPECIFIED: ProbeFaces
PROBE_FACES_LARGEST: ProbeFaces
PROBE_FACES_ONLY: ProbeFaces
PROBE_FACES_EVERY: ProbeFaces
DECIDED_BY_UNSPECIFIED: DecidedBy
DECIDED_BY_FACE: DecidedBy
DECIDED_BY_FUSED_TEMPLATE: DecidedBy
THRESHOLD_SOURCE_UNSPECIFIED: ThresholdSource
THRESHOLD_SOURCE_WATCHLIST: ThresholdSource
THRESHOLD_SOURCE_TARGET: ThresholdSource
THRESHOLD_SOURCE_PACK: ThresholdSource

class ProbeTemplate(_message.Message):
    __slots__ = ("vector", "embedder_id")
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_ID_FIELD_NUMBER: _ClassVar[int]
    vector: _containers.RepeatedScalarFieldContainer[float]
    embedder_id: str
    def __init__(self, vector: _Optional[_Iterable[float]] = ..., embedder_id: _Optional[str] = ...) -> None: ...

class SearchFacesRequest(_message.Message):
    __slots__ = ("watchlists", "image", "face_id", "person", "template", "max_faces", "min_similarity", "purpose", "case_reference", "probe_watchlist", "probe_faces", "exact")
    WATCHLISTS_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    FACE_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    MAX_FACES_FIELD_NUMBER: _ClassVar[int]
    MIN_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    PROBE_WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PROBE_FACES_FIELD_NUMBER: _ClassVar[int]
    EXACT_FIELD_NUMBER: _ClassVar[int]
    watchlists: _containers.RepeatedScalarFieldContainer[str]
    image: _face_pb2.Image
    face_id: str
    person: str
    template: ProbeTemplate
    max_faces: int
    min_similarity: float
    purpose: str
    case_reference: str
    probe_watchlist: str
    probe_faces: ProbeFaces
    exact: bool
    def __init__(self, watchlists: _Optional[_Iterable[str]] = ..., image: _Optional[_Union[_face_pb2.Image, _Mapping]] = ..., face_id: _Optional[str] = ..., person: _Optional[str] = ..., template: _Optional[_Union[ProbeTemplate, _Mapping]] = ..., max_faces: _Optional[int] = ..., min_similarity: _Optional[float] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., probe_watchlist: _Optional[str] = ..., probe_faces: _Optional[_Union[ProbeFaces, str]] = ..., exact: _Optional[bool] = ...) -> None: ...

class SearchFacesResponse(_message.Message):
    __slots__ = ("probe", "matches", "fit_for", "answers")
    PROBE_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    FIT_FOR_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    probe: _face_pb2.Face
    matches: _containers.RepeatedCompositeFieldContainer[FaceMatch]
    fit_for: str
    answers: _containers.RepeatedCompositeFieldContainer[FaceAnswer]
    def __init__(self, probe: _Optional[_Union[_face_pb2.Face, _Mapping]] = ..., matches: _Optional[_Iterable[_Union[FaceMatch, _Mapping]]] = ..., fit_for: _Optional[str] = ..., answers: _Optional[_Iterable[_Union[FaceAnswer, _Mapping]]] = ...) -> None: ...

class FaceAnswer(_message.Message):
    __slots__ = ("probe", "matches")
    PROBE_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    probe: _face_pb2.Face
    matches: _containers.RepeatedCompositeFieldContainer[FaceMatch]
    def __init__(self, probe: _Optional[_Union[_face_pb2.Face, _Mapping]] = ..., matches: _Optional[_Iterable[_Union[FaceMatch, _Mapping]]] = ...) -> None: ...

class FaceMatch(_message.Message):
    __slots__ = ("face", "person", "similarity", "cosine")
    FACE_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    COSINE_FIELD_NUMBER: _ClassVar[int]
    face: _gallery_service_pb2.EnrolledFace
    person: _gallery_service_pb2.Person
    similarity: float
    cosine: float
    def __init__(self, face: _Optional[_Union[_gallery_service_pb2.EnrolledFace, _Mapping]] = ..., person: _Optional[_Union[_gallery_service_pb2.Person, _Mapping]] = ..., similarity: _Optional[float] = ..., cosine: _Optional[float] = ...) -> None: ...

class SearchPersonsRequest(_message.Message):
    __slots__ = ("watchlists", "image", "face_id", "person", "template", "max_persons", "min_similarity", "purpose", "case_reference", "probe_watchlist", "probe_faces", "exact", "named_only")
    WATCHLISTS_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    FACE_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    MAX_PERSONS_FIELD_NUMBER: _ClassVar[int]
    MIN_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    PROBE_WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PROBE_FACES_FIELD_NUMBER: _ClassVar[int]
    EXACT_FIELD_NUMBER: _ClassVar[int]
    NAMED_ONLY_FIELD_NUMBER: _ClassVar[int]
    watchlists: _containers.RepeatedScalarFieldContainer[str]
    image: _face_pb2.Image
    face_id: str
    person: str
    template: ProbeTemplate
    max_persons: int
    min_similarity: float
    purpose: str
    case_reference: str
    probe_watchlist: str
    probe_faces: ProbeFaces
    exact: bool
    named_only: bool
    def __init__(self, watchlists: _Optional[_Iterable[str]] = ..., image: _Optional[_Union[_face_pb2.Image, _Mapping]] = ..., face_id: _Optional[str] = ..., person: _Optional[str] = ..., template: _Optional[_Union[ProbeTemplate, _Mapping]] = ..., max_persons: _Optional[int] = ..., min_similarity: _Optional[float] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., probe_watchlist: _Optional[str] = ..., probe_faces: _Optional[_Union[ProbeFaces, str]] = ..., exact: _Optional[bool] = ..., named_only: _Optional[bool] = ...) -> None: ...

class SearchPersonsResponse(_message.Message):
    __slots__ = ("probe", "matches", "fit_for", "answers")
    PROBE_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    FIT_FOR_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    probe: _face_pb2.Face
    matches: _containers.RepeatedCompositeFieldContainer[PersonMatch]
    fit_for: str
    answers: _containers.RepeatedCompositeFieldContainer[PersonAnswer]
    def __init__(self, probe: _Optional[_Union[_face_pb2.Face, _Mapping]] = ..., matches: _Optional[_Iterable[_Union[PersonMatch, _Mapping]]] = ..., fit_for: _Optional[str] = ..., answers: _Optional[_Iterable[_Union[PersonAnswer, _Mapping]]] = ...) -> None: ...

class PersonAnswer(_message.Message):
    __slots__ = ("probe", "matches")
    PROBE_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    probe: _face_pb2.Face
    matches: _containers.RepeatedCompositeFieldContainer[PersonMatch]
    def __init__(self, probe: _Optional[_Union[_face_pb2.Face, _Mapping]] = ..., matches: _Optional[_Iterable[_Union[PersonMatch, _Mapping]]] = ...) -> None: ...

class PersonMatch(_message.Message):
    __slots__ = ("person", "face", "similarity", "cosine", "face_cosine", "fused_cosine", "decided_by")
    PERSON_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    COSINE_FIELD_NUMBER: _ClassVar[int]
    FACE_COSINE_FIELD_NUMBER: _ClassVar[int]
    FUSED_COSINE_FIELD_NUMBER: _ClassVar[int]
    DECIDED_BY_FIELD_NUMBER: _ClassVar[int]
    person: _gallery_service_pb2.Person
    face: _gallery_service_pb2.EnrolledFace
    similarity: float
    cosine: float
    face_cosine: float
    fused_cosine: float
    decided_by: DecidedBy
    def __init__(self, person: _Optional[_Union[_gallery_service_pb2.Person, _Mapping]] = ..., face: _Optional[_Union[_gallery_service_pb2.EnrolledFace, _Mapping]] = ..., similarity: _Optional[float] = ..., cosine: _Optional[float] = ..., face_cosine: _Optional[float] = ..., fused_cosine: _Optional[float] = ..., decided_by: _Optional[_Union[DecidedBy, str]] = ...) -> None: ...

class BatchSearchRequest(_message.Message):
    __slots__ = ("watchlists", "probes", "max_faces", "min_similarity", "purpose", "case_reference", "probe_watchlist", "exact")
    WATCHLISTS_FIELD_NUMBER: _ClassVar[int]
    PROBES_FIELD_NUMBER: _ClassVar[int]
    MAX_FACES_FIELD_NUMBER: _ClassVar[int]
    MIN_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    PROBE_WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    EXACT_FIELD_NUMBER: _ClassVar[int]
    watchlists: _containers.RepeatedScalarFieldContainer[str]
    probes: _containers.RepeatedCompositeFieldContainer[BatchProbe]
    max_faces: int
    min_similarity: float
    purpose: str
    case_reference: str
    probe_watchlist: str
    exact: bool
    def __init__(self, watchlists: _Optional[_Iterable[str]] = ..., probes: _Optional[_Iterable[_Union[BatchProbe, _Mapping]]] = ..., max_faces: _Optional[int] = ..., min_similarity: _Optional[float] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., probe_watchlist: _Optional[str] = ..., exact: _Optional[bool] = ...) -> None: ...

class BatchProbe(_message.Message):
    __slots__ = ("image", "face_id", "person", "template")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    FACE_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    image: _face_pb2.Image
    face_id: str
    person: str
    template: ProbeTemplate
    def __init__(self, image: _Optional[_Union[_face_pb2.Image, _Mapping]] = ..., face_id: _Optional[str] = ..., person: _Optional[str] = ..., template: _Optional[_Union[ProbeTemplate, _Mapping]] = ...) -> None: ...

class BatchSearchResponse(_message.Message):
    __slots__ = ("results", "fit_for")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    FIT_FOR_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[BatchResult]
    fit_for: str
    def __init__(self, results: _Optional[_Iterable[_Union[BatchResult, _Mapping]]] = ..., fit_for: _Optional[str] = ...) -> None: ...

class BatchResult(_message.Message):
    __slots__ = ("probe", "matches", "error")
    PROBE_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    probe: _face_pb2.Face
    matches: _containers.RepeatedCompositeFieldContainer[FaceMatch]
    error: _face_pb2.Problem
    def __init__(self, probe: _Optional[_Union[_face_pb2.Face, _Mapping]] = ..., matches: _Optional[_Iterable[_Union[FaceMatch, _Mapping]]] = ..., error: _Optional[_Union[_face_pb2.Problem, _Mapping]] = ...) -> None: ...

class CompareFacesRequest(_message.Message):
    __slots__ = ("source", "target", "min_similarity", "purpose", "case_reference")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    MIN_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    source: _face_pb2.Image
    target: _face_pb2.Image
    min_similarity: float
    purpose: str
    case_reference: str
    def __init__(self, source: _Optional[_Union[_face_pb2.Image, _Mapping]] = ..., target: _Optional[_Union[_face_pb2.Image, _Mapping]] = ..., min_similarity: _Optional[float] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class CompareFacesResponse(_message.Message):
    __slots__ = ("source", "matches", "others")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    source: _face_pb2.Face
    matches: _containers.RepeatedCompositeFieldContainer[ComparedFace]
    others: _containers.RepeatedCompositeFieldContainer[ComparedFace]
    def __init__(self, source: _Optional[_Union[_face_pb2.Face, _Mapping]] = ..., matches: _Optional[_Iterable[_Union[ComparedFace, _Mapping]]] = ..., others: _Optional[_Iterable[_Union[ComparedFace, _Mapping]]] = ...) -> None: ...

class ComparedFace(_message.Message):
    __slots__ = ("face", "similarity", "cosine")
    FACE_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    COSINE_FIELD_NUMBER: _ClassVar[int]
    face: _face_pb2.Face
    similarity: float
    cosine: float
    def __init__(self, face: _Optional[_Union[_face_pb2.Face, _Mapping]] = ..., similarity: _Optional[float] = ..., cosine: _Optional[float] = ...) -> None: ...

class ExplainThresholdRequest(_message.Message):
    __slots__ = ("watchlist",)
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    def __init__(self, watchlist: _Optional[str] = ...) -> None: ...

class ExplainThresholdResponse(_message.Message):
    __slots__ = ("source", "templates", "target_fpir", "target_alarms", "needed_fmr", "cosine", "similarity", "expected_fmr", "expected_fpir", "expected_alarms_per_day", "least_fpir", "calibration", "comparisons", "embedder_id", "alerts_off", "warnings")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TEMPLATES_FIELD_NUMBER: _ClassVar[int]
    TARGET_FPIR_FIELD_NUMBER: _ClassVar[int]
    TARGET_ALARMS_FIELD_NUMBER: _ClassVar[int]
    NEEDED_FMR_FIELD_NUMBER: _ClassVar[int]
    COSINE_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FMR_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FPIR_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_ALARMS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    LEAST_FPIR_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    COMPARISONS_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_ID_FIELD_NUMBER: _ClassVar[int]
    ALERTS_OFF_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    source: ThresholdSource
    templates: int
    target_fpir: float
    target_alarms: _gallery_service_pb2.TargetAlarms
    needed_fmr: float
    cosine: float
    similarity: float
    expected_fmr: float
    expected_fpir: float
    expected_alarms_per_day: float
    least_fpir: float
    calibration: str
    comparisons: int
    embedder_id: str
    alerts_off: _face_pb2.Problem
    warnings: _containers.RepeatedCompositeFieldContainer[_face_pb2.Problem]
    def __init__(self, source: _Optional[_Union[ThresholdSource, str]] = ..., templates: _Optional[int] = ..., target_fpir: _Optional[float] = ..., target_alarms: _Optional[_Union[_gallery_service_pb2.TargetAlarms, _Mapping]] = ..., needed_fmr: _Optional[float] = ..., cosine: _Optional[float] = ..., similarity: _Optional[float] = ..., expected_fmr: _Optional[float] = ..., expected_fpir: _Optional[float] = ..., expected_alarms_per_day: _Optional[float] = ..., least_fpir: _Optional[float] = ..., calibration: _Optional[str] = ..., comparisons: _Optional[int] = ..., embedder_id: _Optional[str] = ..., alerts_off: _Optional[_Union[_face_pb2.Problem, _Mapping]] = ..., warnings: _Optional[_Iterable[_Union[_face_pb2.Problem, _Mapping]]] = ...) -> None: ...
