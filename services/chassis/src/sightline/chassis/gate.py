"""The one interceptor that every call goes through: who calls, may they, is the request valid, and what went wrong."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
import protovalidate
import structlog
from grpc_status import rpc_status

from sightline.chassis import tracing
from sightline.chassis.access import NotGranted
from sightline.chassis.ending import end
from sightline.chassis.errors import Internal, InvalidInput, PermissionDenied, SightlineError, Unauthenticated
from sightline.chassis.identity.refusals import Refusal
from sightline.chassis.identity.refused import CredentialRefused
from sightline.chassis.incoming import ARRIVAL_SECONDS, Incoming
from sightline.chassis.malformed import Malformed, malformed, reading
from sightline.chassis.principal import enter
from sightline.chassis.rpc_call import Call, begun, host_of
from sightline.chassis.rpc_error import to_status
from sightline.chassis.streams import until_done
from sightline.chassis.times import check_times
from sightline.chassis.tls.peer import proven_names
from sightline.chassis.violations import violation_text

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    from google.protobuf.message import Message

    from sightline.chassis.access import AccessTable
    from sightline.chassis.call_limits import CallAccounts
    from sightline.chassis.identity.authenticator import Authenticator
    from sightline.chassis.identity.refusals import Refusals
    from sightline.chassis.identity.rights import Reach
    from sightline.chassis.principal import Principal
    from sightline.chassis.rpc_metrics import RpcMetrics

log = structlog.get_logger()

REFUSED_SECONDS = 0.2
"""How long a refused call waits for the request that its caller may just be sending."""
RECHECK_SECONDS = 1.0
"""How often an open stream looks whether its caller may still have it."""


class Gate(grpc.aio.ServerInterceptor):
    """Stands in front of every RPC of the access table; others (health, reflection) look after themselves."""

    def __init__(
        self,
        table: AccessTable,
        authenticator: Authenticator,
        refusals: Refusals,
        accounts: CallAccounts,
        metrics: RpcMetrics,
    ) -> None:
        self._table = table
        self._authenticator = authenticator
        self._refusals = refusals
        self._accounts = accounts
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
            "request_deserializer": reading(handler.request_deserializer),
            "response_serializer": handler.response_serializer,
        }
        # What has one request is taken for a stream of it: gRPC takes in a single one before anybody asks whose it is.
        if handler.response_streaming:
            respond, within = handler.stream_stream, None
            if not handler.request_streaming:
                respond, within = _to_the_first(handler.unary_stream), ARRIVAL_SECONDS
            return grpc.stream_stream_rpc_method_handler(self._stream(method, respond, within), **codec)
        if handler.request_streaming:
            return grpc.stream_unary_rpc_method_handler(self._upload(method, handler.stream_unary), **codec)
        return grpc.stream_unary_rpc_method_handler(self._unary(method, handler.unary_unary), **codec)

    def _unary(self, method: str, respond: Callable[..., Awaitable[Message]]) -> Callable[..., Awaitable[Message]]:
        async def guarded(requests: AsyncIterator[Message], context: grpc.aio.ServicerContext[Any, Any]) -> Message:
            call = begun(method, context)
            try:
                async with self._admitted(call, requests, ARRIVAL_SECONDS) as (_, _, incoming):
                    with self._metrics.seconds.labels(method).time():
                        response = await respond(incoming.first, context)
            except Exception as error:  # noqa: BLE001 - nothing but a status may reach the caller
                await self._refuse(call, error)
            finally:
                call.span.end()
            self._metrics.calls.labels(method, "OK").inc()
            return response

        return guarded

    def _stream(
        self, method: str, respond: Callable[..., AsyncGenerator[Message, None]], within: float | None = None
    ) -> Callable[..., AsyncIterator[Message]]:
        async def guarded(
            requests: AsyncIterator[Message], context: grpc.aio.ServicerContext[Any, Any]
        ) -> AsyncIterator[Message]:
            call = begun(method, context)
            try:
                async with (
                    self._admitted(call, requests, within, stream=True) as (principal, reach, incoming),
                    self._watching(method, principal, reach) as ending,
                    aclosing(until_done(respond(incoming, context), ending)) as responses,
                ):
                    async for response in responses:
                        yield response
            except Exception as error:  # noqa: BLE001 - nothing but a status may reach the caller
                await self._refuse(call, error)
            finally:
                call.span.end()
            self._metrics.calls.labels(method, "OK").inc()

        return guarded

    def _upload(self, method: str, respond: Callable[..., Awaitable[Message]]) -> Callable[..., Awaitable[Message]]:
        """As `_stream`, for RPCs that answer once, at the end."""

        async def responses(requests: Incoming, context: Any) -> AsyncGenerator[Message, None]:
            yield await respond(requests, context)

        guarded = self._stream(method, responses)

        async def last(requests: AsyncIterator[Message], context: grpc.aio.ServicerContext[Any, Any]) -> Message:
            [response] = [response async for response in guarded(requests, context)]
            return response

        return last

    @asynccontextmanager
    async def _admitted(
        self, call: Call, requests: AsyncIterator[Message], within: float | None, *, stream: bool = False
    ) -> AsyncIterator[tuple[Principal, Reach, Incoming]]:
        """Lets the call in, or raises; sets the caller for the rest of the context.

        Who calls, and whether they may, is known before anything that they send is taken in.
        """
        with ExitStack() as held:
            try:
                principal, reach = await self._known(call)
                held.enter_context(self._accounts.held(principal, stream=stream))
                held.enter_context(self._metrics.running.labels(call.method).track_inprogress())
            except SightlineError:
                await _let_arrive(requests)
                raise
            incoming = self._incoming(call.method, requests, reach)
            await incoming.begin(within)
            enter(principal, reach)
            yield principal, reach, incoming

    def _incoming(self, method: str, requests: AsyncIterator[Message], reach: Reach) -> Incoming:
        return Incoming(
            requests,
            lambda request: self._check(method, request, reach),
            lambda request: self._table.objects(method, request),
        )

    async def _known(self, call: Call) -> tuple[Principal, Reach]:
        """Who calls, and how far their rights to this RPC go; raises where they have none."""
        text = str(call.headers.get("authorization", ""))
        principal = await self._authenticator.identify(text, proven_names(call.context))
        call.principal = principal
        return principal, self._table.reach(call.method, principal)

    async def _check(self, method: str, request: Message, reach: Reach) -> None:
        """Raises where the request is not valid, or about something that the caller may not touch."""
        if isinstance(request, Malformed):
            raise malformed(method)
        check_times(request)
        if violations := self._validator.collect_violations(request):
            texts = (violation_text(violation, "request") for violation in violations[:5])
            raise InvalidInput("REQUEST_INVALID", "; ".join(texts))
        await self._table.check(method, request, reach)

    @asynccontextmanager
    async def _watching(
        self, method: str, principal: Principal, reach: Reach
    ) -> AsyncIterator[asyncio.Future[NoReturn]]:
        """Gives a task that fails once the caller may not have the stream any more."""
        task = asyncio.create_task(self._until_changed(method, principal, reach), name="stream rights")
        try:
            yield task
        finally:
            await end(task)

    async def _until_changed(self, method: str, principal: Principal, reach: Reach) -> NoReturn:
        """Returns never: raises once the caller may not have the stream any more, or not this much of it."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            if self._table.reach(method, self._authenticator.renewed(principal)) != reach:
                raise PermissionDenied("RIGHTS_CHANGED", "Your rights have changed since this call began: call again.")

    async def _refuse(self, call: Call, error: Exception) -> NoReturn:
        known = error if isinstance(error, SightlineError) else _unexpected(call, error)
        if isinstance(known, Unauthenticated) and not isinstance(known, CredentialRefused):
            known = _refused_elsewhere(known)
        if isinstance(known, Unauthenticated):
            call.forget_span()
        tracing.fail(call.span, known.reason)
        why = known.why if isinstance(known, CredentialRefused) else ""
        log.info("rpc_refused", method=call.method, reason=known.reason, **({"why": why} if why else {}))
        if isinstance(known, (Unauthenticated, PermissionDenied, NotGranted)):
            known = self._noted(call, known)
        self._metrics.calls.labels(call.method, known.reason).inc()
        await call.context.abort_with_status(rpc_status.to_status(to_status(known, call.request_id)))
        raise AssertionError  # abort_with_status never returns

    def _noted(self, call: Call, error: SightlineError) -> SightlineError:
        """Remembers that somebody was refused; the answer is another one for whoever tries too often."""
        reason = "OBJECT_NOT_GRANTED" if isinstance(error, NotGranted) else error.reason
        who = call.principal
        refusal = Refusal(
            reason,
            call.method,
            host_of(call.context.peer()),
            who.subject if who else "",
            who.credential_id if who else "",
            call.request_id,
        )
        try:
            self._refusals.note(refusal)
        except SightlineError as too_many:
            return too_many
        return error


def _to_the_first(
    respond: Callable[..., AsyncGenerator[Message, None]],
) -> Callable[..., AsyncGenerator[Message, None]]:
    """Of an RPC with one request."""
    return lambda requests, context: respond(requests.first, context)


async def _let_arrive(requests: AsyncIterator[Message]) -> None:
    """Takes in what is on its way: gRPC's client loses a status that comes while it is writing."""
    with suppress(TimeoutError, StopAsyncIteration):
        async with asyncio.timeout(REFUSED_SECONDS):
            await anext(aiter(requests))


def _refused_elsewhere(error: Unauthenticated) -> SightlineError:
    """It came out of a call of ours: not our caller, but we were refused."""
    log.error("service_not_trusted", reason=error.reason)
    return Internal(
        "SERVICE_NOT_TRUSTED",
        "Another service does not accept this one's credentials: all must have secrets of the same `sightline init`.",
    )


def _unexpected(call: Call, error: Exception) -> SightlineError:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    log.error("rpc_failed", method=call.method, exc_info=error)
    return Internal(
        "INTERNAL", f"Something failed here; the service's log has the details (request {call.request_id})."
    )
