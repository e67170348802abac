"""One call of an operation, by whoever signed it, with parameters that keep to the service model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from sightline.gateway.rekognition.arns import Arns
    from sightline.gateway.shelf import Shelf
    from sightline.gateway.upstream import Upstream

Parameters: TypeAlias = dict[str, Any]
Answer: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Signer:
    """Whose access key signed the call, and what their calls are for, which Rekognition's API has no place to say.

    Attributes:
        access_key_id: of the pair.
        purpose: of searches, and of collections that are created.
        legal_basis: of collections that are created.
        case_reference: of searches; may be empty.
        collection_days: how long a collection lives that is created without a tag that says it.
    """

    access_key_id: str
    purpose: str
    legal_basis: str
    case_reference: str = ""
    collection_days: int = 365


@dataclass(frozen=True)
class Call:
    """What an operation is given beside its parameters.

    Attributes:
        signer: who calls; calls to `upstream` are already made as them.
        upstream: the services.
        arns: how things are named.
        shelf: tags and stream processors, as far as the services do not keep them.
        tokens: client request tokens, and answers that go with them; forgotten after a day.
        jobs: what video jobs were started with; forgotten when their results are gone.
    """

    signer: Signer
    upstream: Upstream
    arns: Arns
    shelf: Shelf
    tokens: Shelf
    jobs: Shelf


Operation: TypeAlias = Callable[[Call, Parameters], Awaitable[Answer]]
"""Answers a call, with members of the operation's output shape (bytes as bytes, moments as datetimes).

Raises AwsError; errors of the services (grpc.aio.AioRpcError) and SightlineError are translated by the endpoint.
"""
