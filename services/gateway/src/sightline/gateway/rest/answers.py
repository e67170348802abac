"""Answers of RPCs as answers of HTTP."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format
from starlette.responses import Response

from sightline.chassis.errors import NotFound
from sightline.gateway.rest.conditions import is_known

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from starlette.requests import Request

    from sightline.gateway.rest.route import Route

JPEG = "image/jpeg"
JSON = "application/json"


def written(message: Message) -> dict[str, Any]:
    """A message as JSON: every field that has no presence is there, under its name in the contract."""
    document: dict[str, Any] = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return document


def as_json(document: dict[str, Any]) -> bytes:
    """In one line."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def result_of(route: Route, response: Message) -> Message:
    """The part of the response that is the answer."""
    part: Message = getattr(response, route.result) if route.result else response
    return part


def answer(route: Route, request: Request, response: Message) -> Response:
    """The answer to a call that went well. Raises NotFound PICTURE_NOT_FOUND: there is none of those bytes."""
    if route.status == HTTPStatus.NO_CONTENT:
        return Response(status_code=route.status)
    if route.media and not _wants_json(request):
        return _picture(route, response)
    result = result_of(route, response)
    headers = {}
    if etag := etag_of(result):
        headers["ETag"] = f'"{etag}"'
        if route.verb == "GET" and is_known(request, etag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if route.status == HTTPStatus.CREATED and (made := getattr(result, "id", None)):
        headers["Location"] = f"{request.url.path}/{made}"
    return Response(as_json(written(result)), route.status, headers, JSON)


def etag_of(message: Message) -> str:
    """Of the message, or of the only part of it that has one."""
    if "etag" in message.DESCRIPTOR.fields_by_name:
        return str(getattr(message, "etag", ""))
    parts = [
        getattr(message, field.name)
        for field in message.DESCRIPTOR.fields
        if field.message_type and not field.is_repeated and "etag" in field.message_type.fields_by_name
    ]
    return str(parts[0].etag) if len(parts) == 1 else ""


def _wants_json(request: Request) -> bool:
    return JSON in request.headers.get("accept", "").lower()


def _picture(route: Route, response: Message) -> Response:
    part: Any = response
    for name in route.media.split("."):
        part = getattr(part, name)
    if not part:
        raise NotFound("PICTURE_NOT_FOUND", "There is no such picture, or none that was kept.")
    return Response(part, route.status, media_type=JPEG)
