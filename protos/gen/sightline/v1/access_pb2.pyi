from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
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
    ROLE_CAMERA_SETUP: _ClassVar[Role]

class ObjectKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OBJECT_KIND_UNSPECIFIED: _ClassVar[ObjectKind]
    OBJECT_KIND_NONE: _ClassVar[ObjectKind]
    OBJECT_KIND_WATCHLIST: _ClassVar[ObjectKind]
    OBJECT_KIND_CAMERA: _ClassVar[ObjectKind]
    OBJECT_KIND_ALERT: _ClassVar[ObjectKind]
    OBJECT_KIND_TRACK: _ClassVar[ObjectKind]
    OBJECT_KIND_SUBJECT: _ClassVar[ObjectKind]
    OBJECT_KIND_API_KEY: _ClassVar[ObjectKind]
    OBJECT_KIND_SUBSCRIPTION: _ClassVar[ObjectKind]
    OBJECT_KIND_RECEIPT: _ClassVar[ObjectKind]

class Scope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCOPE_UNSPECIFIED: _ClassVar[Scope]
    SCOPE_NAMED: _ClassVar[Scope]
    SCOPE_FILTERED: _ClassVar[Scope]
    SCOPE_ALL: _ClassVar[Scope]
    SCOPE_NEW: _ClassVar[Scope]
ROLE_UNSPECIFIED: Role
ROLE_VIEWER: Role
ROLE_OPERATOR: Role
ROLE_REVIEWER: Role
ROLE_APPROVER: Role
ROLE_AUDITOR: Role
ROLE_INTEGRATOR: Role
ROLE_ADMIN: Role
ROLE_SERVICE: Role
ROLE_CAMERA_SETUP: Role
OBJECT_KIND_UNSPECIFIED: ObjectKind
OBJECT_KIND_NONE: ObjectKind
OBJECT_KIND_WATCHLIST: ObjectKind
OBJECT_KIND_CAMERA: ObjectKind
OBJECT_KIND_ALERT: ObjectKind
OBJECT_KIND_TRACK: ObjectKind
OBJECT_KIND_SUBJECT: ObjectKind
OBJECT_KIND_API_KEY: ObjectKind
OBJECT_KIND_SUBSCRIPTION: ObjectKind
OBJECT_KIND_RECEIPT: ObjectKind
SCOPE_UNSPECIFIED: Scope
SCOPE_NAMED: Scope
SCOPE_FILTERED: Scope
SCOPE_ALL: Scope
SCOPE_NEW: Scope
ACCESS_FIELD_NUMBER: _ClassVar[int]
access: _descriptor.FieldDescriptor

class Target(_message.Message):
    __slots__ = ("kind", "scope", "field")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    kind: ObjectKind
    scope: Scope
    field: str
    def __init__(self, kind: _Optional[_Union[ObjectKind, str]] = ..., scope: _Optional[_Union[Scope, str]] = ..., field: _Optional[str] = ...) -> None: ...

class Access(_message.Message):
    __slots__ = ("roles", "targets", "own")
    ROLES_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    OWN_FIELD_NUMBER: _ClassVar[int]
    roles: _containers.RepeatedScalarFieldContainer[Role]
    targets: _containers.RepeatedCompositeFieldContainer[Target]
    own: bool
    def __init__(self, roles: _Optional[_Iterable[_Union[Role, str]]] = ..., targets: _Optional[_Iterable[_Union[Target, _Mapping]]] = ..., own: _Optional[bool] = ...) -> None: ...
