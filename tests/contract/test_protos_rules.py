"""What every RPC and every request owes: who may call it, rules on what comes in, and why it was asked."""

from importlib import import_module
from pathlib import Path

import pytest
from buf.validate import validate_pb2
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor

from sightline.v1 import access_pb2

PROTOS = Path(__file__).parents[2] / "protos" / "sightline" / "v1"
MODULES = [import_module(f"sightline.v1.{path.stem}_pb2") for path in sorted(PROTOS.glob("*.proto"))]
METHODS = [
    method
    for module in MODULES
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
REQUESTS = {method.input_type.full_name: method.input_type for method in METHODS}
# A new RPC on biometric data, or on what led to it, belongs here.
BIOMETRIC = {
    "DetectFaces",
    "EmbedFaces",
    "EnrollFace",
    "ListFaces",
    "DeleteFaces",
    "DeleteWatchlist",
    "SearchFaces",
    "CompareFaces",
    "StartCamera",
    "ListAlerts",
    "WatchAlerts",
    "GetAlertEvidence",
    "GetEvidence",
}
# Every other RPC, so that none can be forgotten: they show or change names, settings and states alone.
OTHERS = {
    "CreateWatchlist",  # the watchlist itself has a purpose
    "GetWatchlist",
    "ListWatchlists",
    "CreateCamera",
    "GetCamera",
    "ListCameras",
    "DeleteCamera",
    "StopCamera",
    "GetCameraStatus",
}
# Fields of requests that may hold any value of their type.
UNRULED = {
    "sightline.v1.WatchAlertsRequest.after_sequence",  # every sequence is legal: 0 is now, one to come is waited for
    "sightline.v1.Watchlist.id",  # made by the server; what a caller sends is not read
    "sightline.v1.Watchlist.embedder_id",  # as above
    "sightline.v1.Watchlist.face_count",  # as above
    "sightline.v1.Camera.id",  # as above
}

each_method = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)


def access_of(method: MethodDescriptor) -> access_pb2.Access:
    """What the RPC declares."""
    return method.GetOptions().Extensions[access_pb2.access]


def is_ruled(field: FieldDescriptor) -> bool:
    """Whether protovalidate has something to say about the field."""
    return field.GetOptions().HasExtension(validate_pb2.field)


def reachable(message, seen=None):
    """The message and every message of ours that its fields lead to."""
    seen = {} if seen is None else seen
    if message.full_name.startswith("sightline.") and message.full_name not in seen:
        seen[message.full_name] = message
        for field in message.fields:
            if field.message_type:
                reachable(field.message_type, seen)
    return seen


INCOMING = {name: found for request in REQUESTS.values() for name, found in reachable(request).items()}


@each_method
def test_every_rpc_declares_its_access(method):
    """An RPC names the roles that may call it and the kind of object that it acts on."""
    access = access_of(method)
    assert access.roles, "add the option (access) with roles"
    assert access_pb2.ROLE_UNSPECIFIED not in access.roles
    assert len(set(access.roles)) == len(access.roles)
    assert access.object_kind != access_pb2.OBJECT_KIND_UNSPECIFIED


@each_method
def test_the_object_of_an_rpc_is_in_its_request(method):
    """The field that names the object exists and is text; an RPC without an object names no field."""
    access = access_of(method)
    if access.object_kind == access_pb2.OBJECT_KIND_NONE:
        assert not access.object_field
    elif access.object_field:
        assert method.input_type.fields_by_name[access.object_field].type == FieldDescriptor.TYPE_STRING
    else:
        assert method.name.startswith(("Create", "List")), "only what lists or creates names no object"


@each_method
def test_every_rpc_has_messages_of_its_own(method):
    """Request and response carry the RPC's name and serve no other: each can change alone."""
    assert method.input_type.name == f"{method.name}Request"
    assert method.output_type.name == f"{method.name}Response"


def test_every_rpc_is_known_to_be_biometric_or_not():
    """A new RPC does not start without somebody deciding whether it needs a purpose."""
    assert {method.name for method in METHODS} == BIOMETRIC | OTHERS
    assert not BIOMETRIC & OTHERS


@pytest.mark.parametrize("name", sorted(BIOMETRIC))
def test_biometric_requests_say_why(name):
    """Whoever touches biometric data can say what for and in which case; both are bounded text."""
    (request,) = [method.input_type for method in METHODS if method.name == name]
    for field in ("purpose", "case_reference"):
        assert request.fields_by_name[field].type == FieldDescriptor.TYPE_STRING
        assert is_ruled(request.fields_by_name[field])


def test_every_incoming_field_has_a_rule():
    """Whatever a caller can send is bounded by a rule, down to the last nested field."""
    unruled = {
        field.full_name
        for message in INCOMING.values()
        for field in message.fields
        # A message is bounded by its own fields, an oneof and a switch by what they are.
        if not is_ruled(field) and not field.message_type and field.type != FieldDescriptor.TYPE_BOOL
    }
    assert unruled == UNRULED


def test_repeated_fields_are_bounded():
    """A list in a request has a greatest length: nobody sends a million of anything."""
    for message in INCOMING.values():
        for field in message.fields:
            if field.is_repeated:
                assert field.GetOptions().Extensions[validate_pb2.field].repeated.max_items, field.full_name


def test_services_end_in_service_and_enums_begin_unspecified():
    """The conventions that programs rely on: FooService, and 0 means that nobody said anything."""
    for module in MODULES:
        for service in module.DESCRIPTOR.services_by_name.values():
            assert service.name.endswith("Service")
        for enum in module.DESCRIPTOR.enum_types_by_name.values():
            assert enum.values_by_number[0].name.endswith("_UNSPECIFIED")
