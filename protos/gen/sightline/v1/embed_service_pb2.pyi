from buf.validate import validate_pb2 as _validate_pb2
from sightline.v1 import access_pb2 as _access_pb2
from sightline.v1 import face_pb2 as _face_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EmbedFacesRequest(_message.Message):
    __slots__ = ("crops", "purpose", "case_reference", "with_references")
    CROPS_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    WITH_REFERENCES_FIELD_NUMBER: _ClassVar[int]
    crops: _containers.RepeatedCompositeFieldContainer[FaceCrop]
    purpose: str
    case_reference: str
    with_references: bool
    def __init__(self, crops: _Optional[_Iterable[_Union[FaceCrop, _Mapping]]] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., with_references: _Optional[bool] = ...) -> None: ...

class FaceCrop(_message.Message):
    __slots__ = ("image", "landmarks")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    image: _face_pb2.Image
    landmarks: _face_pb2.Landmarks
    def __init__(self, image: _Optional[_Union[_face_pb2.Image, _Mapping]] = ..., landmarks: _Optional[_Union[_face_pb2.Landmarks, _Mapping]] = ...) -> None: ...

class EmbedFacesResponse(_message.Message):
    __slots__ = ("results", "embedder_id", "embedder_sha256")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_ID_FIELD_NUMBER: _ClassVar[int]
    EMBEDDER_SHA256_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[EmbeddedFace]
    embedder_id: str
    embedder_sha256: str
    def __init__(self, results: _Optional[_Iterable[_Union[EmbeddedFace, _Mapping]]] = ..., embedder_id: _Optional[str] = ..., embedder_sha256: _Optional[str] = ...) -> None: ...

class EmbeddedFace(_message.Message):
    __slots__ = ("vector", "error", "reference")
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    vector: _containers.RepeatedScalarFieldContainer[float]
    error: _face_pb2.Problem
    reference: FaceCrop
    def __init__(self, vector: _Optional[_Iterable[float]] = ..., error: _Optional[_Union[_face_pb2.Problem, _Mapping]] = ..., reference: _Optional[_Union[FaceCrop, _Mapping]] = ...) -> None: ...
