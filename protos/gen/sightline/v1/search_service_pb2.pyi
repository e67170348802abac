from buf.validate import validate_pb2 as _validate_pb2
from sightline.v1 import access_pb2 as _access_pb2
from sightline.v1 import face_pb2 as _face_pb2
from sightline.v1 import gallery_service_pb2 as _gallery_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SearchFacesRequest(_message.Message):
    __slots__ = ("watchlists", "image", "max_faces", "min_similarity", "purpose", "case_reference")
    WATCHLISTS_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MAX_FACES_FIELD_NUMBER: _ClassVar[int]
    MIN_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlists: _containers.RepeatedScalarFieldContainer[str]
    image: _face_pb2.Image
    max_faces: int
    min_similarity: float
    purpose: str
    case_reference: str
    def __init__(self, watchlists: _Optional[_Iterable[str]] = ..., image: _Optional[_Union[_face_pb2.Image, _Mapping]] = ..., max_faces: _Optional[int] = ..., min_similarity: _Optional[float] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class SearchFacesResponse(_message.Message):
    __slots__ = ("probe", "matches", "fit_for")
    PROBE_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    FIT_FOR_FIELD_NUMBER: _ClassVar[int]
    probe: _face_pb2.Face
    matches: _containers.RepeatedCompositeFieldContainer[FaceMatch]
    fit_for: str
    def __init__(self, probe: _Optional[_Union[_face_pb2.Face, _Mapping]] = ..., matches: _Optional[_Iterable[_Union[FaceMatch, _Mapping]]] = ..., fit_for: _Optional[str] = ...) -> None: ...

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
