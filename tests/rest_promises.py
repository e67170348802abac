"""Answers held against the OpenAPI document, as they come."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    import httpx

BODIES = ("application/json", "application/problem+json")


class Promises:
    """What a document says of answers."""

    def __init__(self, document: dict) -> None:
        self._components = document["components"]
        # Paths with fewer fields come first, as they do for the server.
        self._paths = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operations)
            for path, operations in sorted(document["paths"].items(), key=lambda each: each[0].count("{"))
        ]

    def check(self, response: httpx.Response) -> None:
        """Fails where an answer of a path of the document is not as it says."""
        request = response.request
        found = [operations for path, operations in self._paths if path.fullmatch(request.url.path)]
        operation = found[0].get(request.method.lower()) if found else None
        if operation is None:
            assert response.status_code in {404, 405}
            return
        promised = operation["responses"][str(response.status_code)]
        if "$ref" in promised:
            promised = self._components["responses"][promised["$ref"].rpartition("/")[2]]
        media = response.headers.get("content-type", "").partition(";")[0]
        assert media in promised.get("content", {"": {}}), (operation["operationId"], media)
        if media in BODIES:
            response.read()
            schema = {**promised["content"][media]["schema"], "components": self._components}
            Draft202012Validator(schema).validate(json.loads(response.content))
