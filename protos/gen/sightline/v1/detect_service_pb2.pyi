from buf.validate import validate_pb2 as _validate_pb2
from sightline.v1 import access_pb2 as _access_pb2
from sightline.v1 import face_pb2 as _face_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DetectFacesRequest(_message.Message):
    __slots__ = ("images", "min_face_px", "max_faces", "purpose", "case_reference", "profile", "with_unsure", "trim")
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    MIN_FACE_PX_FIELD_NUMBER: _ClassVar[int]
    MAX_FACES_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    WITH_UNSURE_FIELD_NUMBER: _ClassVar[int]
    TRIM_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedCompositeFieldContainer[_face_pb2.Image]
    min_face_px: int
    max_faces: int
    purpose: str
    case_reference: str
    profile: _face_pb2.DetectionProfile
    with_unsure: bool
    trim: bool
    def __init__(self, images: _Optional[_Iterable[_Union[_face_pb2.Image, _Mapping]]] = ..., min_face_px: _Optional[int] = ..., max_faces: _Optional[int] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., profile: _Optional[_Union[_face_pb2.DetectionProfile, str]] = ..., with_unsure: _Optional[bool] = ..., trim: _Optional[bool] = ...) -> None: ...

class DetectFacesResponse(_message.Message):
    __slots__ = ("results", "detector_id")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    DETECTOR_ID_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[DetectedFaces]
    detector_id: str
    def __init__(self, results: _Optional[_Iterable[_Union[DetectedFaces, _Mapping]]] = ..., detector_id: _Optional[str] = ...) -> None: ...

class DetectedFaces(_message.Message):
    __slots__ = ("width", "height", "faces", "error", "useful_scale")
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    USEFUL_SCALE_FIELD_NUMBER: _ClassVar[int]
    width: int
    height: int
    faces: _containers.RepeatedCompositeFieldContainer[_face_pb2.Face]
    error: _face_pb2.Problem
    useful_scale: float
    def __init__(self, width: _Optional[int] = ..., height: _Optional[int] = ..., faces: _Optional[_Iterable[_Union[_face_pb2.Face, _Mapping]]] = ..., error: _Optional[_Union[_face_pb2.Problem, _Mapping]] = ..., useful_scale: _Optional[float] = ...) -> None: ...
