from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_VIEWER: _ClassVar[Role]
    ROLE_OPERATOR: _ClassVar[Role]
    ROLE_REVIEWER: _ClassVar[Role]
    ROLE_APPROVER: _ClassVar[Role]
    ROLE_AUDITOR: _ClassVar[Role]
    ROLE_INTEGRATOR: _ClassVar[Role]
    ROLE_ADMIN: _ClassVar[Role]
    ROLE_SERVICE: _ClassVar[Role]

class ObjectKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OBJECT_KIND_UNSPECIFIED: _ClassVar[ObjectKind]
    OBJECT_KIND_NONE: _ClassVar[ObjectKind]
    OBJECT_KIND_WATCHLIST: _ClassVar[ObjectKind]
    OBJECT_KIND_CAMERA: _ClassVar[ObjectKind]
    OBJECT_KIND_ALERT: _ClassVar[ObjectKind]
    OBJECT_KIND_TRACK: _ClassVar[ObjectKind]
ROLE_UNSPECIFIED: Role
ROLE_VIEWER: Role
ROLE_OPERATOR: Role
ROLE_REVIEWER: Role
ROLE_APPROVER: Role
ROLE_AUDITOR: Role
ROLE_INTEGRATOR: Role
ROLE_ADMIN: Role
ROLE_SERVICE: Role
OBJECT_KIND_UNSPECIFIED: ObjectKind
OBJECT_KIND_NONE: ObjectKind
OBJECT_KIND_WATCHLIST: ObjectKind
OBJECT_KIND_CAMERA: ObjectKind
OBJECT_KIND_ALERT: ObjectKind
OBJECT_KIND_TRACK: ObjectKind
ACCESS_FIELD_NUMBER: _ClassVar[int]
access: _descriptor.FieldDescriptor

class Access(_message.Message):
    __slots__ = ("roles", "object_kind", "object_field")
    ROLES_FIELD_NUMBER: _ClassVar[int]
    OBJECT_KIND_FIELD_NUMBER: _ClassVar[int]
    OBJECT_FIELD_FIELD_NUMBER: _ClassVar[int]
    roles: _containers.RepeatedScalarFieldContainer[Role]
    object_kind: ObjectKind
    object_field: str
    def __init__(self, roles: _Optional[_Iterable[_Union[Role, str]]] = ..., object_kind: _Optional[_Union[ObjectKind, str]] = ..., object_field: _Optional[str] = ...) -> None: ...
