"""Routes as OpenAPI's operations."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sightline.gateway.rest.answers import JPEG, JSON
from sightline.gateway.rest.conditions import PATTERN
from sightline.gateway.rest.openapi.comments import comment
from sightline.gateway.rest.openapi.schemas import Use, needs_members
from sightline.gateway.rest.problem import PROBLEM_TYPE
from sightline.gateway.rest.reading import FORM_TYPE
from sightline.gateway.rest.route import WHOLE, Shape, is_file
from sightline.gateway.rest.streams import EVENT_STREAM, LINES

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor

    from sightline.gateway.rest.openapi.schemas import Schema, Schemas
    from sightline.gateway.rest.route import Route

_BINARY: Schema = {"type": "string", "format": "binary"}
_VIDEO: Schema = {"type": "object", "properties": {"video": _BINARY}, "required": ["video"]}
_ALWAYS = (400, 401, 403, 404, 409, 429, 500, 503)
_WITH_BODY = (408, 413, 415)
_CONDITIONAL = (412,)
_ETAG = {"description": "Which state it is: for If-Match and If-None-Match.", "schema": {"type": "string"}}
PROBLEM = "ProblemDocument"
"""Name of its schema: `Problem` is a message of the contracts."""
_LOCATION = {"description": "Where it is.", "schema": {"type": "string"}}


def operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    """What OpenAPI says of a route."""
    method = route.contract.method
    found: dict[str, Any] = {
        "operationId": route.operation,
        "tags": [method.containing_service.name.removesuffix("Service")],
        **comment(method.full_name),
        "parameters": _parameters(route, schemas),
        "responses": {str(route.status): _answer(route, schemas), **_unchanged(route), **_problems(route)},
    }
    if route.shape is Shape.UPLOAD:
        found["requestBody"] = _upload(schemas.named(f"{route.operation}Form", _VIDEO))
    elif route.body:
        found["requestBody"] = _body(route, schemas)
    return found


def _parameters(route: Route, schemas: Schemas) -> list[dict[str, Any]]:
    request = route.contract.request
    found = [_parameter(schemas, request.fields_by_name[field], "path", name) for name, field in route.in_path.items()]
    found += [_parameter(schemas, field, "query", field.name) for field in route.in_query]
    if route.conditional:
        text = "The ETag of the state that is to be changed; where it is another one by now, 412 ETAG_DIFFERS."
        found.append(_header("If-Match", text, {"type": "string", "pattern": r'^("[!#-~]{0,64}"|\*)$'}))
    if route.tagged and route.verb == "GET":
        text = "ETags of what one has; where it is still so, 304, and nothing else."
        found.append(_header("If-None-Match", text, {"type": "string", "pattern": PATTERN}))
    if route.shape is Shape.EVENTS and "after_sequence" in request.fields_by_name:
        text = "The id of the last event that arrived: goes on behind it."
        found.append(_header("Last-Event-ID", text, {"type": "string", "pattern": "^[0-9]{1,18}$"}))
    return found


def _parameter(schemas: Schemas, field: FieldDescriptor, place: str, name: str) -> dict[str, Any]:
    schema = schemas.field(field, Use.INPUT)
    if place == "path" and field.is_repeated:
        schema = schema["items"]
    required = place == "path" or ("minLength" in schema and field.name != "update_mask")
    said = {"description": schema["description"]} if "description" in schema else {}
    if field.name == "update_mask":
        said = {"description": "What is changed, separated by commas; without it: the members of the body."}
    bare = {key: value for key, value in schema.items() if key != "description"}
    return {"name": name, "in": place, "required": required, **said, "schema": bare}


def _header(name: str, text: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": text, "schema": schema}


def _body(route: Route, schemas: Schemas) -> dict[str, Any]:
    schema = _body_schema(route, schemas)
    content: dict[str, Any] = {JSON: {"schema": schemas.named(f"{route.operation}Body", schema)}}
    if route.takes_files:
        content[FORM_TYPE] = {"schema": schemas.named(f"{route.operation}Form", _form(schema, route))}
    return {"required": needs_members(schema), "content": content}


def _body_schema(route: Route, schemas: Schemas) -> Schema:
    if route.body == WHOLE:
        return schemas.object(route.in_body, Use.INPUT, Use.INPUT)
    use = Use.CHANGES if route.changes else Use.INPUT
    return schemas.object(route.in_body, use, Use.INPUT)


def _form(schema: Schema, route: Route) -> Schema:
    """As the JSON, but pictures are files; members of members have names like `box.left`."""
    members = dict(schema["properties"])
    for field in route.in_body:
        if is_file(field):
            members[field.name] = {"type": "array", "items": _BINARY} if field.is_repeated else _BINARY
        elif "$ref" in members[field.name] and field.message_type is not None:
            del members[field.name]
    return {key: value for key, value in schema.items() if key == "required"} | {
        "type": "object",
        "properties": members,
    }


def _upload(form: Schema) -> dict[str, Any]:
    raw = {media: {"schema": _BINARY} for media in ("application/octet-stream", "video/*")}
    return {"required": True, "content": {**raw, FORM_TYPE: {"schema": form}}}


def _answer(route: Route, schemas: Schemas) -> dict[str, Any]:
    if route.status == HTTPStatus.NO_CONTENT:
        return {"description": "Done."}
    schema = schemas.message(route.answer, Use.ANSWER)
    text = {"type": "string", "contentMediaType": JSON, "contentSchema": schema}
    contents: dict[Shape, dict[str, Any]] = {
        Shape.EVENTS: {EVENT_STREAM: {"schema": text}},
        Shape.FOLLOWED: {EVENT_STREAM: {"schema": text}},
        Shape.LINES: {LINES: {"schema": text}},
    }
    content = contents.get(route.shape, {JSON: {"schema": schema}})
    if route.media:
        content[JPEG] = {"schema": _BINARY}
    headers = {"ETag": _ETAG} if route.tagged else {}
    if route.status == HTTPStatus.CREATED and "id" in route.answer.fields_by_name:
        headers["Location"] = _LOCATION
    said = {"headers": headers} if headers else {}
    return {"description": "The answer.", "content": content, **said}


def _unchanged(route: Route) -> dict[str, Any]:
    if not route.tagged or route.verb != "GET":
        return {}
    return {str(HTTPStatus.NOT_MODIFIED.value): {"description": "It is as one has it.", "headers": {"ETag": _ETAG}}}


def _problems(route: Route) -> dict[str, Any]:
    statuses = [*_ALWAYS]
    if route.body or route.shape is Shape.UPLOAD:
        statuses += _WITH_BODY
    if route.conditional:
        statuses += _CONDITIONAL
    return {str(status): {"$ref": "#/components/responses/Problem"} for status in sorted(statuses)}


def problem() -> Schema:
    """What every error says."""
    members = {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and what to do."},
        "reason": {"type": "string", "pattern": "^[A-Z0-9_]+$", "description": "For programs; stable."},
        "request_id": {"type": "string", "description": "Under which the logs have it."},
    }
    return {"type": "object", "properties": members, "required": sorted(members), "additionalProperties": False}


def problem_answer() -> dict[str, Any]:
    """The response that every error is."""
    retry = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
    return {
        "description": "It was not done; RFC 9457.",
        "headers": {"Retry-After": retry},
        "content": {PROBLEM_TYPE: {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}},
    }
