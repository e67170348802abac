"""Errors as HTTP has them: problem documents (RFC 9457) with the reasons of the contracts."""

from __future__ import annotations

import json
import math
from http import HTTPStatus

import grpc
import structlog
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from starlette.responses import Response

from sightline.chassis.errors import Internal, InvalidInput, SightlineError
from sightline.chassis.ids import new_id
from sightline.gateway.upstream import error_of

log = structlog.get_logger()

PROBLEM_TYPE = "application/problem+json"
STATUSES = {
    grpc.StatusCode.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    grpc.StatusCode.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    grpc.StatusCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    grpc.StatusCode.ABORTED: HTTPStatus.CONFLICT,
    grpc.StatusCode.FAILED_PRECONDITION: HTTPStatus.CONFLICT,
    grpc.StatusCode.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    grpc.StatusCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    grpc.StatusCode.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}
REASONS = {
    "BODY_SLOW": HTTPStatus.REQUEST_TIMEOUT,
    "BODY_TOO_LARGE": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "ETAG_DIFFERS": HTTPStatus.PRECONDITION_FAILED,
    "MEDIA_TYPE_UNKNOWN": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "METHOD_NOT_ALLOWED": HTTPStatus.METHOD_NOT_ALLOWED,
}
"""Where HTTP has a word of its own."""


class MethodNotAllowed(InvalidInput):
    """METHOD_NOT_ALLOWED: the resource has others."""

    def __init__(self, allowed: str) -> None:
        super().__init__("METHOD_NOT_ALLOWED", f"This resource has {allowed}.")
        self.allowed = allowed


def problem_of(error: Exception, service: str = "") -> tuple[int, dict[str, object], dict[str, str]]:
    """Status, document and headers of an error; one that nobody expected is logged, and told to nobody.

    Args:
        error: what was raised.
        service: full name of the gRPC service that was called.
    """
    known, request_id = _known(error, service)
    status = REASONS.get(known.reason) or STATUSES[known.status]
    document = {
        "type": f"urn:sightline:problem:{known.reason}",
        "title": status.phrase,
        "status": int(status),
        "detail": known.message,
        "reason": known.reason,
        "request_id": request_id,
    }
    return int(status), document, _headers(known, request_id)


def problem_response(error: Exception, service: str = "") -> Response:
    """The answer in place of the one that was asked for; see `problem_of`."""
    status, document, headers = problem_of(error, service)
    # As ASCII: it may say what somebody wrote, and JSON can write half a character, which UTF-8 cannot.
    return Response(json.dumps(document), status, headers, media_type=PROBLEM_TYPE)


def _known(error: Exception, service: str) -> tuple[SightlineError, str]:
    if isinstance(error, grpc.aio.AioRpcError):
        return error_of(error, service), _request_id(error)
    request_id = new_id()
    if isinstance(error, SightlineError):
        return error, request_id
    log.error("request_failed", request_id=request_id, exc_info=error)
    return Internal("INTERNAL", "Something failed here; the gateway's log has the details."), request_id


def _request_id(error: grpc.aio.AioRpcError) -> str:
    """Under which the service's log has it."""
    info = error_details_pb2.RequestInfo()
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # reads code, details and trailers, which both have
    found = status is not None and any(detail.Unpack(info) for detail in status.details)
    return info.request_id if found else new_id()


def _headers(error: SightlineError, request_id: str) -> dict[str, str]:
    headers = {"X-Request-Id": request_id}
    if error.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    if error.status is grpc.StatusCode.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if error.reason == "BODY_SLOW":
        headers["Connection"] = "close"
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = error.allowed
    return headers
