"""The whole document."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

from sightline.gateway.rest.answers import JSON, as_json
from sightline.gateway.rest.openapi.beside import beside
from sightline.gateway.rest.openapi.operations import PROBLEM, operation, problem, problem_answer
from sightline.gateway.rest.openapi.schemas import Schemas
from sightline.gateway.rest.table import ROUTES

_ABOUT = """\
Sightline by HTTP. Every method is an RPC of the gRPC contracts, with its names, fields and rules, but for what
programs need that were written for Amazon Rekognition: access keys, and what stream processors find.

Errors are problem documents (RFC 9457): `reason` is the code for programs, `request_id` what the logs have it under.
Where there are many of something, an answer is a page: `next_page_token` of one is `page_token` of the next, and empty
on the last. A resource with an `ETag` is changed under `If-Match`. PATCH takes the members that change; null clears.
"""


@cache
def document() -> bytes:
    """OpenAPI 3.1, as JSON."""
    return as_json(build())


def build() -> dict[str, Any]:
    """OpenAPI 3.1."""
    schemas = Schemas()
    paths: dict[str, Any] = {"/v1/openapi.json": {"get": _itself()}}
    for route in ROUTES:
        paths.setdefault(f"/v1{route.path}", {})[route.verb.lower()] = operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sightline", "version": version("sightline-gateway"), "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths | beside(schemas),
        "components": {
            "schemas": dict(sorted((schemas.components | {PROBLEM: problem()}).items())),
            "responses": {"Problem": problem_answer()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or a token."}
            },
        },
    }


def _itself() -> dict[str, Any]:
    content = {JSON: {"schema": {"type": "object"}}}
    return {
        "operationId": "GetOpenApi",
        "tags": ["OpenAPI"],
        "description": "This document.",
        "security": [],
        "responses": {"200": {"description": "The answer.", "content": content}},
    }
