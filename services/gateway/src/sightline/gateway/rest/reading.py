"""A request of HTTP as the request of an RPC."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format

from sightline.chassis.errors import InvalidInput, Unauthenticated
from sightline.gateway.rest.conditions import check_none_match
from sightline.gateway.rest.fields import assign
from sightline.gateway.rest.form import attach, read_form
from sightline.gateway.rest.route import WHOLE, Route

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from starlette.requests import Request

JSON_TYPES = frozenset({"application/json", "application/merge-patch+json"})
FORM_TYPE = "multipart/form-data"
_LONG = 100_000
"""Bytes of JSON that are read beside the event loop."""
_BEARER = re.compile(r"(?i)bearer +([\x21-\x7e]+)")
_ETAG = re.compile(r'"([\x21\x23-\x7e]*)"')


def bearer_of(request: Request) -> str:
    """The API key or token. Raises Unauthenticated CREDENTIALS_MISSING."""
    found = _BEARER.fullmatch(request.headers.get("authorization", ""))
    if not found:
        raise Unauthenticated(
            "CREDENTIALS_MISSING", "Send an API key or a token in the header Authorization, after the word Bearer."
        )
    return found[1]


async def read_request(route: Route, request: Request, body: bytes) -> Message:
    """The message that the route's RPC is called with.

    Raises:
        InvalidInput: MEDIA_TYPE_UNKNOWN, BODY_MALFORMED, IF_MATCH_INVALID, IF_NONE_MATCH_INVALID, and as `assign` and
            `attach`.
    """
    check_none_match(route, request)
    tree, files = await _body(route, request, body)
    tree |= dict(route.fixed)
    _add_query(route, request, tree)
    for name, field in route.in_path.items():
        assign(tree, route.contract.request, field, [request.path_params[name]])
    if "if-match" in request.headers:
        tree["etag"] = _if_match(route, request.headers["if-match"])
    _resume(route, request, tree)
    long = len(body) > _LONG
    message = await asyncio.to_thread(_parse, route, tree) if long else _parse(route, tree)
    for path, content in files:
        attach(message, path, content)
    return message


async def _body(route: Route, request: Request, body: bytes) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    if not route.body or (not body and route.body == WHOLE):
        return {}, []
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == FORM_TYPE and route.takes_files:
        tree, files = await read_form(request.headers, body, route.contract.request)
        return _known(route, tree), files
    if media not in JSON_TYPES:
        raise InvalidInput("MEDIA_TYPE_UNKNOWN", "Send the body as application/json, and say so in Content-Type.")
    document = await asyncio.to_thread(_load, body) if len(body) > _LONG else _load(body)
    return _placed(route, _known(route, document)), []


def _load(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("BODY_MALFORMED", "The body is no JSON.") from error
    if not isinstance(document, dict):
        raise InvalidInput("BODY_MALFORMED", "The body is no JSON object.")
    return document


def _known(route: Route, document: dict[str, Any]) -> dict[str, Any]:
    """The document, which has no members but the body's. Raises InvalidInput FIELD_UNKNOWN."""
    names = {field.name for field in route.in_body}
    for name in document:
        if name not in names:
            raise InvalidInput("FIELD_UNKNOWN", f"The body has no member {name[:64]}: see /v1/openapi.json.")
    return document


def _placed(route: Route, document: dict[str, Any]) -> dict[str, Any]:
    """The members of a body where the request has them; those that are named are those that change."""
    if route.body == WHOLE:
        return document
    beside = {name: document[name] for name in route.beside if name in document}
    tree: dict[str, Any] = {
        **beside,
        route.body: {name: value for name, value in document.items() if name not in beside},
    }
    if route.changes:
        tree["update_mask"] = ",".join(map(_camel, document))
    return tree


def _camel(name: str) -> str:
    """As JSON writes the paths of masks."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def _add_query(route: Route, request: Request, tree: dict[str, Any]) -> None:
    names = {field.name for field in route.in_query}
    for name in request.query_params:
        if name.partition(".")[0] not in names:
            raise InvalidInput("FIELD_UNKNOWN", f"There is no query parameter {name[:64]}: see /v1/openapi.json.")
        values = request.query_params.getlist(name)
        mask = name == "update_mask"
        assign(tree, route.contract.request, name, [_masked(value) for value in values] if mask else values)


def _masked(text: str) -> str:
    return ",".join(map(_camel, filter(None, text.split(","))))


def _if_match(route: Route, header: str) -> str:
    if not route.conditional:
        raise InvalidInput("IF_MATCH_INVALID", "This method has no conditions: leave If-Match away.")
    if header.strip() == WHOLE:
        return ""
    found = _ETAG.fullmatch(header.strip())
    if not found:
        raise InvalidInput("IF_MATCH_INVALID", 'If-Match is one etag in quotes, as ETag had it: "…".')
    return found[1]


def _resume(route: Route, request: Request, tree: dict[str, Any]) -> None:
    """A client that lost a stream says what it has: that counts, wherever it had begun."""
    last = request.headers.get("last-event-id", "")
    if last and "after_sequence" in route.contract.request.fields_by_name:
        tree["after_sequence"] = last
        tree.pop("since", None)


def _parse(route: Route, tree: dict[str, Any]) -> Message:
    try:
        return json_format.ParseDict(tree, route.contract.new_request())
    except (json_format.ParseError, ValueError, TypeError, RecursionError) as error:
        raise InvalidInput("BODY_MALFORMED", f"{_where(str(error))} does not fit /v1/openapi.json.") from error


def _where(text: str) -> str:
    """Which field protobuf complains of, without what was sent: that may be a picture."""
    place = re.search(r' at "?\w+\.([\w.\[\]]*\w\]?)', text)
    names = re.findall(r"Failed to parse (\w+) field", text)
    return place[1] if place else ".".join(names) or "The request"
