"""The one interceptor that every call goes through: who calls, may they, is the request valid, and what went wrong."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
import protovalidate
import structlog
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status
from prometheus_client import Counter, Histogram

from sightline.chassis.errors import Internal, InvalidInput, SightlineError
from sightline.chassis.ids import new_id
from sightline.chassis.principal import enter_principal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    from google.protobuf.message import Message
    from prometheus_client import CollectorRegistry

    from sightline.chassis.access import AccessTable
    from sightline.chassis.principal import DevelopmentToken

log = structlog.get_logger()

ERROR_DOMAIN = "sightline"


class RpcMetrics:
    """What the gRPC server of a process counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.calls = Counter("sightline_rpc_calls", "Calls by outcome.", ("method", "outcome"), registry=registry)
        self.seconds = Histogram("sightline_rpc_seconds", "Time of a call.", ("method",), registry=registry)


class Gate(grpc.aio.ServerInterceptor):
    """Stands in front of every RPC of the access table; others (health, reflection) pass."""

    def __init__(self, table: AccessTable, token: DevelopmentToken, metrics: RpcMetrics) -> None:
        self._table = table
        self._token = token
        self._metrics = metrics
        self._validator = protovalidate.Validator()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Wraps the handler of a declared RPC."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method not in self._table:
            return handler
        codec = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(self._stream(method, handler.unary_stream), **codec)
        return grpc.unary_unary_rpc_method_handler(self._unary(method, handler.unary_unary), **codec)

    def _unary(self, method: str, call: Callable[..., Awaitable[Message]]) -> Callable[..., Awaitable[Message]]:
        async def guarded(request: Message, context: grpc.aio.ServicerContext[Any, Any]) -> Message:
            with self._metrics.seconds.labels(method).time():
                try:
                    self._admit(method, request, context)
                    response = await call(request, context)
                except Exception as error:  # noqa: BLE001 - nothing but a status may reach the caller
                    await self._refuse(method, context, error)
            self._metrics.calls.labels(method, "OK").inc()
            return response

        return guarded

    def _stream(
        self, method: str, call: Callable[..., AsyncGenerator[Message, None]]
    ) -> Callable[..., AsyncIterator[Message]]:
        async def guarded(request: Message, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[Message]:
            try:
                self._admit(method, request, context)
                async with aclosing(call(request, context)) as responses:
                    async for response in responses:
                        yield response
            except Exception as error:  # noqa: BLE001 - nothing but a status may reach the caller
                await self._refuse(method, context, error)
            self._metrics.calls.labels(method, "OK").inc()

        return guarded

    def _admit(self, method: str, request: Message, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        structlog.contextvars.bind_contextvars(request_id=new_id())
        headers = dict(context.invocation_metadata() or ())
        principal = self._token.identify(str(headers.get("authorization", "")))
        self._table.authorize(method, principal)
        enter_principal(principal)
        if violations := self._validator.collect_violations(request):
            raise InvalidInput("REQUEST_INVALID", "; ".join(map(_violation_text, violations[:5])))

    async def _refuse(self, method: str, context: grpc.aio.ServicerContext[Any, Any], error: Exception) -> NoReturn:
        known = error if isinstance(error, SightlineError) else _unexpected(method, error)
        self._metrics.calls.labels(method, known.reason).inc()
        log.info("rpc_refused", method=method, reason=known.reason)
        await context.abort_with_status(rpc_status.to_status(_status(known)))
        raise AssertionError  # abort_with_status never returns


def _unexpected(method: str, error: Exception) -> SightlineError:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    log.error("rpc_failed", method=method, exc_info=error)
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    return Internal("INTERNAL", f"Something failed here; the service's log has the details (request {request_id}).")


def _status(error: SightlineError) -> status_pb2.Status:
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=error.reason, domain=ERROR_DOMAIN))
    code = code_pb2.Code.Value(error.status.name)
    return status_pb2.Status(code=code, message=error.message, details=[detail])


def _violation_text(violation: protovalidate.Violation) -> str:
    field = violation.proto.field
    path = ".".join(str(element.field_name) for element in field.elements) if field else "request"
    return f"{path}: {violation.proto.message}"
