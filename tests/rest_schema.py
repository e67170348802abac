"""What the OpenAPI document promises, held against what comes: schemathesis makes up requests for every operation."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
ENDLESS = {"WatchAlerts", "WatchAudit", "VerifyGallery", "FollowVideoJob"}
"""Streams of events: most of them do not end by themselves."""


@dataclass
class Outcome:
    """What came of a run: broken promises in words, and how often which status was answered."""

    broken: list[str] = field(default_factory=list)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)


def compare(address: str, key: str, known: Mapping[str, str], examples: int) -> Outcome:
    """Calls every operation so often with requests that fit the document, and as often with requests that do not.

    Args:
        address: of the gateway.
        key: an API key that may everything.
        known: values of path parameters that are there: every other request is about them.
        examples: of each kind.
    """
    headers = {"Authorization": f"Bearer {key}"}
    schema = schemathesis.openapi.from_url(f"{address}/v1/openapi.json")
    schema.config.update(base_url=address)
    schema.config.generation.update(with_security_parameters=False)
    outcome = Outcome()
    with requests.Session() as session:
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.definition.raw["operationId"] in ENDLESS:
                continue
            _compare(operation, GenerationMode.POSITIVE, session, headers, known, examples, outcome)
            # Where there is nothing to be got wrong.
            with suppress(Unsatisfiable):
                _compare(operation, GenerationMode.NEGATIVE, session, headers, known, examples, outcome)
    return outcome


def _compare(operation, mode, session, headers, known, examples, outcome) -> None:
    @seed(1)
    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), about_known=st.booleans())
    def run(case, about_known) -> None:
        if about_known and operation.method.upper() != "DELETE":
            case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
        response = case.call(session=session, headers=headers, timeout=60)
        # HTTP clients take some parameters for steps upwards, out of what the document is about.
        assume(urlsplit(response.request.url).path.startswith("/v1/"))
        outcome.statuses[operation.label, response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except (Failure, FailureGroup) as error:
            failures = error.exceptions if isinstance(error, FailureGroup) else [error]
            texts = "; ".join(f"{each.title}: {each.message}" for each in failures)
            outcome.broken.append(f"{operation.label}: {response.status_code} {texts}\n{response.text[:300]}")

    run()
