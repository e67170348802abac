"""An error of ours as the status that a caller gets, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from sightline.chassis import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

ERROR_DOMAIN = "sightline"
# As gRPC words it: another authority, or an end that has come; another name.
_NO_HANDSHAKE = ("handshake failed", "verification check failed")


def to_status(error: errors.SightlineError, request_id: str) -> status_pb2.Status:
    """With ErrorInfo and RequestInfo, and RetryInfo where it is known when to try again."""
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=ERROR_DOMAIN),
        error_details_pb2.RequestInfo(request_id=request_id),
    ]
    if error.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(round(error.retry_after * 1000) + 1)
        details.append(retry)
    code = code_pb2.Code.Value(error.status.name)
    # Whoever is refused gets nothing but the number under which the log says why.
    known = not isinstance(error, errors.Unauthenticated)
    message = error.message if known else f"{error.message} (request {request_id})"
    return status_pb2.Status(code=code, message=message, details=map(_packed, details))


def from_rpc_error(error: grpc.aio.AioRpcError, who: str) -> errors.SightlineError:
    """Our own error out of a failed call, with the reason that the other side gave."""
    kind = _KINDS.get(error.code(), errors.Internal)
    reason, message = error.code().name, error.details() or "no details"
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # reads code, details and trailers, which both have
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    unpacked = [detail.Unpack(info) or detail.Unpack(retry) for detail in status.details] if status else []
    if any(unpacked) and info.domain == ERROR_DOMAIN:
        ours = kind(info.reason, message)
        ours.retry_after = retry.retry_delay.ToMilliseconds() / 1000 if retry.HasField("retry_delay") else None
        return ours
    if kind is errors.Unavailable and any(sign in message.lower() for sign in _NO_HANDSHAKE):
        return kind(f"{who.upper()}_NOT_TRUSTED", f"The {who} service has no certificate that is believed here.")
    if kind is errors.Unavailable:
        return kind(f"{who.upper()}_UNAVAILABLE", f"The {who} service does not answer: is it running?")
    return kind(reason, message)


_KINDS: Mapping[grpc.StatusCode, type[errors.SightlineError]] = {
    kind.status: kind
    for kind in (
        errors.InvalidInput,
        errors.NotFound,
        errors.AlreadyExists,
        errors.FailedPrecondition,
        errors.Unauthenticated,
        errors.PermissionDenied,
        errors.ResourceExhausted,
        errors.Unavailable,
        errors.Conflict,
    )
} | {grpc.StatusCode.DEADLINE_EXCEEDED: errors.Unavailable}


def _packed(detail: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed
