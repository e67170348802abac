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

class ImportOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IMPORT_OUTCOME_UNSPECIFIED: _ClassVar[ImportOutcome]
    IMPORT_OUTCOME_ENROLLED: _ClassVar[ImportOutcome]
    IMPORT_OUTCOME_KNOWN: _ClassVar[ImportOutcome]
    IMPORT_OUTCOME_REFUSED: _ClassVar[ImportOutcome]
    IMPORT_OUTCOME_PENDING: _ClassVar[ImportOutcome]
IMPORT_OUTCOME_UNSPECIFIED: ImportOutcome
IMPORT_OUTCOME_ENROLLED: ImportOutcome
IMPORT_OUTCOME_KNOWN: ImportOutcome
IMPORT_OUTCOME_REFUSED: ImportOutcome
IMPORT_OUTCOME_PENDING: ImportOutcome

class ImportFacesRequest(_message.Message):
    __slots__ = ("watchlist", "purpose", "case_reference", "dry_run", "selection", "quality_gate", "import_id", "items")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    QUALITY_GATE_FIELD_NUMBER: _ClassVar[int]
    IMPORT_ID_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    purpose: str
    case_reference: str
    dry_run: bool
    selection: _gallery_service_pb2.FaceSelection
    quality_gate: _gallery_service_pb2.QualityGate
    import_id: str
    items: _containers.RepeatedCompositeFieldContainer[ImportItem]
    def __init__(self, watchlist: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ..., dry_run: _Optional[bool] = ..., selection: _Optional[_Union[_gallery_service_pb2.FaceSelection, str]] = ..., quality_gate: _Optional[_Union[_gallery_service_pb2.QualityGate, str]] = ..., import_id: _Optional[str] = ..., items: _Optional[_Iterable[_Union[ImportItem, _Mapping]]] = ...) -> None: ...

class ImportItem(_message.Message):
    __slots__ = ("key", "person", "display_name", "image", "template")
    KEY_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    key: str
    person: str
    display_name: str
    image: _face_pb2.Image
    template: _gallery_service_pb2.TrustedTemplate
    def __init__(self, key: _Optional[str] = ..., person: _Optional[str] = ..., display_name: _Optional[str] = ..., image: _Optional[_Union[_face_pb2.Image, _Mapping]] = ..., template: _Optional[_Union[_gallery_service_pb2.TrustedTemplate, _Mapping]] = ...) -> None: ...

class ImportFacesResponse(_message.Message):
    __slots__ = ("items", "import_id", "enrolment_id")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    IMPORT_ID_FIELD_NUMBER: _ClassVar[int]
    ENROLMENT_ID_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[ImportedItem]
    import_id: str
    enrolment_id: str
    def __init__(self, items: _Optional[_Iterable[_Union[ImportedItem, _Mapping]]] = ..., import_id: _Optional[str] = ..., enrolment_id: _Optional[str] = ...) -> None: ...

class ImportedItem(_message.Message):
    __slots__ = ("key", "outcome", "face_id", "person_id", "problem")
    KEY_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    FACE_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    key: str
    outcome: ImportOutcome
    face_id: str
    person_id: str
    problem: _face_pb2.Problem
    def __init__(self, key: _Optional[str] = ..., outcome: _Optional[_Union[ImportOutcome, str]] = ..., face_id: _Optional[str] = ..., person_id: _Optional[str] = ..., problem: _Optional[_Union[_face_pb2.Problem, _Mapping]] = ...) -> None: ...

class ExportFacesRequest(_message.Message):
    __slots__ = ("watchlist", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class ExportFacesResponse(_message.Message):
    __slots__ = ("faces", "persons")
    FACES_FIELD_NUMBER: _ClassVar[int]
    PERSONS_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[_gallery_service_pb2.EnrolledFace]
    persons: _containers.RepeatedCompositeFieldContainer[_gallery_service_pb2.Person]
    def __init__(self, faces: _Optional[_Iterable[_Union[_gallery_service_pb2.EnrolledFace, _Mapping]]] = ..., persons: _Optional[_Iterable[_Union[_gallery_service_pb2.Person, _Mapping]]] = ...) -> None: ...

class ExportTemplatesRequest(_message.Message):
    __slots__ = ("watchlist", "purpose", "case_reference")
    WATCHLIST_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    watchlist: str
    purpose: str
    case_reference: str
    def __init__(self, watchlist: _Optional[str] = ..., purpose: _Optional[str] = ..., case_reference: _Optional[str] = ...) -> None: ...

class ExportTemplatesResponse(_message.Message):
    __slots__ = ("templates", "persons")
    TEMPLATES_FIELD_NUMBER: _ClassVar[int]
    PERSONS_FIELD_NUMBER: _ClassVar[int]
    templates: _containers.RepeatedCompositeFieldContainer[ExportedTemplate]
    persons: _containers.RepeatedCompositeFieldContainer[_gallery_service_pb2.Person]
    def __init__(self, templates: _Optional[_Iterable[_Union[ExportedTemplate, _Mapping]]] = ..., persons: _Optional[_Iterable[_Union[_gallery_service_pb2.Person, _Mapping]]] = ...) -> None: ...

class ExportedTemplate(_message.Message):
    __slots__ = ("face", "vector")
    FACE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    face: _gallery_service_pb2.EnrolledFace
    vector: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, face: _Optional[_Union[_gallery_service_pb2.EnrolledFace, _Mapping]] = ..., vector: _Optional[_Iterable[float]] = ...) -> None: ...
