"""What every RPC and every request owes: who may call it, rules on what comes in, and why it was asked."""

from importlib import import_module
from pathlib import Path

import protovalidate
import pytest
from buf.validate import validate_pb2
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from sightline.v1 import access_pb2
from sightline.v1.access_pb2 import (
    OBJECT_KIND_API_KEY,
    OBJECT_KIND_CAMERA,
    OBJECT_KIND_NONE,
    OBJECT_KIND_SUBJECT,
    OBJECT_KIND_UNSPECIFIED,
    OBJECT_KIND_WATCHLIST,
    ROLE_SERVICE,
    ROLE_UNSPECIFIED,
    SCOPE_ALL,
    SCOPE_FILTERED,
    SCOPE_NAMED,
    SCOPE_NEW,
    SCOPE_UNSPECIFIED,
)

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
    "UpdateWatchlist",  # it decides who is found
    "CreatePerson",
    "GetPerson",
    "ListPersons",
    "UpdatePerson",
    "DeletePerson",
    "EnrollFace",
    "GetFace",
    "GetFaceReference",
    "ListFaces",
    "DeleteFaces",
    "MoveFaces",
    "DeleteWatchlist",
    "ListEnrolments",
    "GetEnrolment",
    "ApproveEnrolment",
    "RejectEnrolment",
    "ApproveWatchlist",
    "RejectWatchlist",
    "ImportFaces",
    "ExportFaces",
    "ExportTemplates",
    "SearchFaces",
    "SearchPersons",
    "BatchSearch",
    "CompareFaces",
    "StartCamera",
    "ResumeCamera",
    "GetSnapshot",
    "StartVideoJob",
    "StartVideoDetection",
    "DeleteVideoJob",
    "GetVideoJobResults",
    "ListVideoJobFaces",
    "ListAlerts",
    "WatchAlerts",
    "GetAlert",
    "GetAlertEvidence",
    "ReviewAlert",
    "GetFalseAlarmRates",
    "GetEvidence",
    "ListUnmigratedFaces",
    "WatchAudit",  # it says who was looked at, by whom and in which case
    "ListAudit",  # as above
    "ExportAudit",  # as above
}
# Every other RPC, so that none can be forgotten: they show or change names, settings and states alone.
OTHERS = {
    "CreateWatchlist",  # the watchlist itself has a purpose
    "GetWatchlist",
    "ListWatchlists",
    "CreateCamera",
    "UpdateCamera",
    "GetCamera",
    "ListCameras",
    "DeleteCamera",
    "StopCamera",
    "SuspendCamera",
    "GetCameraStatus",
    "UploadVideo",  # the job that reads it has a purpose
    "GetVideoJob",
    "ListVideoJobs",
    "CancelVideoJob",
    "ExplainThreshold",
    "GetErasureReceipt",  # receipts name nobody
    "ListErasureReceipts",
    "GetIndexStatus",
    "RebuildIndex",
    "CancelRebuild",
    "VerifyGallery",
    "StartMigration",
    "GetMigration",
    "SwitchMigration",
    "CancelMigration",
    "WhoAmI",
    "SetGrants",  # has a purpose of its own
    "GetSubject",
    "ListSubjects",
    "CreateApiKey",
    "ListApiKeys",
    "RevokeApiKey",
    "RotateApiKey",
    "ListSeals",  # hashes alone
    "GetLatestSeal",  # as above
    "CreateSubscription",
    "GetSubscription",
    "ListSubscriptions",
    "UpdateSubscription",
    "DeleteSubscription",
    "TestSubscription",  # its event is about nobody
    "RotateSubscriptionSecret",
    "ListDeliveries",
    "ReplaySubscription",
    "ListDeadLetters",  # ids and reasons alone
    "GetDeadLetter",
    "RetryDeadLetter",
    "DropDeadLetter",
}
# Every RPC that our own services call; those of the first set are called by nobody else.
SERVICES_ALONE = {"GetEvidence"}
CALLED_BY_SERVICES = SERVICES_ALONE | {"DetectFaces", "EmbedFaces", "GetFaceReference", "WhoAmI", "SuspendCamera"}
# Kinds that a grant lists, or has all of: only of them can a call be about all, or be filtered.
GRANTED_KINDS = {OBJECT_KIND_WATCHLIST, OBJECT_KIND_CAMERA, OBJECT_KIND_SUBJECT}
# Texts of requests that name an object.
NAMING = {
    *("watchlist", "watchlists", "watchlist_id", "watchlist_ids", "probe_watchlist", "camera_id", "source"),
    *(
        "alert_id",
        "receipt_id",
        "track_id",
        "job_id",
        "subject",
        "subject_id",
        "key_id",
        "camera_ids",
        "subscription_id",
    ),
}
# Of them, those that need no check of their own.
UNCHECKED = {
    ("SetGrants", "subject"),  # whoever may grant may grant to everybody
    ("SetGrants", "oidc.subject"),  # as above
    ("CreatePerson", "person.watchlist_id"),  # made by the server; what a caller sends is not read
    ("UpdatePerson", "changes.watchlist_id"),  # as above
    ("ListErasureReceipts", "watchlist_id"),  # a filter within the caller's own; what it names may be deleted
    ("WatchAudit", "subject_id"),  # a filter, for those who read the whole trail
    ("ListAudit", "subject_id"),  # as above
}
# Fields of requests that may hold any value of their type.
UNRULED = {
    "sightline.v1.Watchlist.id",  # made by the server; what a caller sends is not read
    "sightline.v1.Watchlist.embedder_id",  # as above
    "sightline.v1.Watchlist.face_count",  # as above
    "sightline.v1.Watchlist.etag",  # as above
    "sightline.v1.Person.id",  # as above
    "sightline.v1.Person.watchlist_id",  # as above
    "sightline.v1.Person.etag",  # as above
    "sightline.v1.Camera.id",  # as above
    "sightline.v1.Camera.etag",  # as above
    "sightline.v1.Subscription.id",  # as above
    "sightline.v1.Subscription.creator_id",  # as above
    "sightline.v1.Subscription.etag",  # as above
    "sightline.v1.Problem.reason",  # as above
    "sightline.v1.Problem.message",  # as above
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


def fields_of(request, path):
    """The fields along a dotted path of the request."""
    found = []
    for name in path.split("."):
        assert name in request.fields_by_name, f"{request.full_name} has no field {name}"
        found.append(request.fields_by_name[name])
        request = found[-1].message_type
    return found


def texts(message, prefix=""):
    """Paths of the message's texts and lists of texts, also inside of its single parts."""
    for field in message.fields:
        if field.type == FieldDescriptor.TYPE_STRING:
            yield prefix + field.name
        elif field.message_type and not field.is_repeated:
            yield from texts(field.message_type, f"{prefix}{field.name}.")


def refuses(request, path, value):
    """Whether the request's rules refuse this value at the path."""
    message = parent = GetMessageClass(request)()
    *parents, last = fields_of(request, path)
    for field in parents:
        parent = getattr(parent, field.name)
    if last.is_repeated:
        getattr(parent, last.name).extend(value)
    else:
        setattr(parent, last.name, "".join(value))
    violations = protovalidate.Validator().collect_violations(message)
    # A rule between fields names none.
    refused = [violation.proto.field.elements for violation in violations if violation.proto.field]
    return path in {".".join(element.field_name for element in elements) for elements in refused}


@each_method
def test_every_rpc_declares_its_access(method):
    """An RPC names the roles that may call it, each once, and at least one thing that it acts on."""
    access = access_of(method)
    assert access.roles, "add the option (access) with roles"
    assert ROLE_UNSPECIFIED not in access.roles
    assert len(set(access.roles)) == len(access.roles)
    assert access.targets, "add the option (access) with targets"
    assert OBJECT_KIND_UNSPECIFIED not in {target.kind for target in access.targets}


@each_method
def test_roles_are_those_of_the_callers(method):
    """People have a role for every RPC that is not between services; services only where they call."""
    roles = set(access_of(method).roles)
    assert (ROLE_SERVICE in roles) == (method.name in CALLED_BY_SERVICES)
    assert (roles == {ROLE_SERVICE}) == (method.name in SERVICES_ALONE)


@each_method
def test_targets_say_what_is_checked(method):
    """An RPC without an object has no other target; every other says how, and only what is granted has an all."""
    targets = access_of(method).targets
    if OBJECT_KIND_NONE in {target.kind for target in targets}:
        (only,) = targets
        assert (only.scope, only.field) == (SCOPE_UNSPECIFIED, "")
        return
    for target in targets:
        assert target.scope == SCOPE_NAMED or target.kind in GRANTED_KINDS
        assert target.scope in {SCOPE_NAMED, SCOPE_FILTERED, SCOPE_ALL, SCOPE_NEW}
        if target.scope in {SCOPE_NAMED, SCOPE_ALL}:
            assert target.field, "nothing says which objects"
        if target.scope == SCOPE_NEW:
            assert not target.field, "what is new has no name yet"


@each_method
def test_the_objects_of_an_rpc_are_in_its_request(method):
    """The path of a target leads through single messages to a text, or a list of texts, of the request."""
    for target in access_of(method).targets:
        if target.field:
            *parents, last = fields_of(method.input_type, target.field)
            assert last.type == FieldDescriptor.TYPE_STRING
            assert all(parent.message_type and not parent.is_repeated for parent in parents)


@each_method
def test_an_rpc_on_named_objects_is_always_given_names(method):
    """Where the caller has to name objects, the request's rules refuse no name and an empty one."""
    for target in access_of(method).targets:
        if target.scope == SCOPE_NAMED:
            assert refuses(method.input_type, target.field, [])
            assert refuses(method.input_type, target.field, [""])


@each_method
def test_no_request_names_an_object_beside_its_targets(method):
    """Every text that names a watchlist, camera, alert, track, subject or key is checked before the RPC begins."""
    checked = {target.field for target in access_of(method).targets}
    unchecked = {path for name, path in UNCHECKED if name == method.name}
    naming = {path for path in texts(method.input_type) if path.rpartition(".")[2] in NAMING}
    assert naming - checked == unchecked


@each_method
def test_only_subjects_and_keys_are_somebodys_own(method):
    """`own` opens an RPC to everybody, whatever their roles: it is for what belongs to a subject, and who they are."""
    access = access_of(method)
    if access.own:
        assert {target.kind for target in access.targets} <= {
            OBJECT_KIND_NONE,
            OBJECT_KIND_SUBJECT,
            OBJECT_KIND_API_KEY,
        }


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
        if not is_ruled(field)
        and not field.message_type
        and field.type != FieldDescriptor.TYPE_BOOL
        # The rules on the entries of a map stand at the map.
        and not message.GetOptions().map_entry
    }
    assert unruled == UNRULED


def test_repeated_fields_are_bounded():
    """A list in a request has a greatest length: nobody sends a million of anything."""
    for message in INCOMING.values():
        for field in message.fields:
            if field.is_repeated:
                rules = field.GetOptions().Extensions[validate_pb2.field]
                assert rules.repeated.max_items or rules.map.max_pairs, field.full_name


def test_services_end_in_service_and_enums_begin_unspecified():
    """The conventions that programs rely on: FooService, and 0 means that nobody said anything."""
    for module in MODULES:
        for service in module.DESCRIPTOR.services_by_name.values():
            assert service.name.endswith("Service")
        for enum in module.DESCRIPTOR.enum_types_by_name.values():
            assert enum.values_by_number[0].name.endswith("_UNSPECIFIED")
