"""The gRPC server of a service, and the channels to the others."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import grpc
import structlog

from sightline.chassis import tracing
from sightline.chassis.access import AccessTable
from sightline.chassis.call_limits import CallAccounts, CallLimits
from sightline.chassis.gate import Gate
from sightline.chassis.health import add_health
from sightline.chassis.port import ALONE, listen
from sightline.chassis.reflecting import add_reflection
from sightline.chassis.rpc_error import from_rpc_error
from sightline.chassis.rpc_metrics import RpcMetrics
from sightline.chassis.tls.loopback import host_of_target, require_loopback
from sightline.chassis.tls.renewed_channel import RenewedChannel
from sightline.chassis.tls.server import server_credentials

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from prometheus_client import CollectorRegistry

    from sightline.chassis.access import Locator
    from sightline.chassis.health import Health
    from sightline.chassis.identity.identity import Identity
    from sightline.chassis.settings import ServiceSettings
    from sightline.chassis.tls.channel_security import ChannelSecurities, ChannelSecurity

__all__ = [
    "BearerText",
    "Credentials",
    "Served",
    "from_rpc_error",
    "open_channel",
    "serve_rpc",
]

log = structlog.get_logger()

MAX_MESSAGE = 32 * 1024 * 1024
SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    # Without a service name this asks for the whole server's health.
    "healthCheckConfig": {"serviceName": ""},
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}


@dataclass(frozen=True)
class Served:
    """A servicer with what puts it on a server, as grpcio generates it."""

    name: str
    servicer: object
    add: Callable[[Any, grpc.aio.Server], None]


class Credentials(Protocol):
    """What a caller shows."""

    @property
    def security(self) -> ChannelSecurities | None:
        """TLS of the caller's channels; None: they do without, as they may where nothing leaves this machine."""

    def header(self) -> str:
        """The value of the `authorization` header of the next call."""


class BearerText:
    """Credentials that stay the same: an API key, or a token."""

    def __init__(self, text: str, security: ChannelSecurities | None = None) -> None:
        self.security = security
        self._header = f"Bearer {text}"

    def header(self) -> str:
        """See Credentials."""
        return self._header


@asynccontextmanager
async def serve_rpc(
    settings: ServiceSettings,
    services: Sequence[Served],
    identity: Identity,
    health: Health,
    registry: CollectorRegistry,
    locators: Mapping[int, Locator] | None = None,
) -> AsyncIterator[int]:
    """Serves while the block runs; yields the port for clients. At its end calls in flight may finish.

    Args:
        settings: where to listen, and how long calls in flight may take.
        services: what is served.
        identity: who callers are.
        health: answered on the same port, too.
        registry: of the metrics.
        locators: for every kind of object that requests name, where it belongs.

    Raises:
        FailedPrecondition: ACCESS_UNDECLARED, PORT_TAKEN, PLAINTEXT_REFUSED, and as CertificateFolder.
    """
    names = [service.name for service in services]
    table = AccessTable(names, locators or {})
    accounts = CallAccounts(CallLimits.of(settings))
    gate = Gate(table, identity.authenticator, identity.refusals, accounts, RpcMetrics(registry, table.methods))
    server = grpc.aio.server(interceptors=[gate], options=[*_message_limits(), ALONE])
    for service in services:
        service.add(service.servicer, server)
    add_health(health, server)
    add_reflection(server, names)
    port = _listen(server, settings)
    await server.start()
    try:
        yield port
    finally:
        await server.stop(settings.drain_seconds)


def _listen(server: grpc.aio.Server, settings: ServiceSettings) -> int:
    """Opens the ports and gives the one for clients. Other services have a port of their own.

    grpcio's servers ask every caller for a certificate or none, and people have none.
    """
    port = partial(listen, server, settings.bind, settings.grpc_port, "SIGHTLINE_GRPC_PORT")
    certificates = settings.certificates
    if certificates is None:
        return port()
    among_services = server_credentials(certificates, mutual=True)
    listen(server, settings.bind, settings.peer_port, "SIGHTLINE_PEER_PORT", among_services)
    return port(server_credentials(certificates, mutual=False))


def open_channel(target: str, credentials: Credentials) -> grpc.aio.Channel:
    """A channel that balances over all addresses of the target, retries what is safe, and says who calls.

    It is an async context manager; nothing connects before the first call.

    Raises:
        FailedPrecondition: PLAINTEXT_REFUSED, credentials without TLS would leave this machine.
    """
    interceptors = [
        _UnaryCaller(credentials),
        _StreamCaller(credentials),
        _UploadCaller(credentials),
        _DuplexCaller(credentials),
    ]
    if credentials.security is None:
        require_loopback(host_of_target(target), "a credential", "set SIGHTLINE_TLS=on.")
        return grpc.aio.insecure_channel(target, options=_channel_options(), interceptors=interceptors)

    def open_secure(security: ChannelSecurity) -> grpc.aio.Channel:
        options = [*_channel_options(), *security.options]
        return grpc.aio.secure_channel(target, security.credentials, options=options, interceptors=interceptors)

    return RenewedChannel(credentials.security, open_secure)


def _channel_options() -> list[tuple[str, Any]]:
    return [
        *_message_limits(),
        ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
        ("grpc.dns_min_time_between_resolutions_ms", 5000),
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 2000),
        # Services are reached directly: a proxy that the environment names for the web is none for them.
        ("grpc.enable_http_proxy", 0),
    ]


def _message_limits() -> list[tuple[str, Any]]:
    return [("grpc.max_receive_message_length", MAX_MESSAGE), ("grpc.max_send_message_length", MAX_MESSAGE)]


class _UnaryCaller(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def intercept_unary_unary(
        self, continuation: Any, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(_with_caller(client_call_details, self._credentials), request)


class _StreamCaller(grpc.aio.UnaryStreamClientInterceptor):
    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def intercept_unary_stream(
        self, continuation: Any, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(_with_caller(client_call_details, self._credentials), request)


class _UploadCaller(grpc.aio.StreamUnaryClientInterceptor):
    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def intercept_stream_unary(
        self, continuation: Any, client_call_details: grpc.aio.ClientCallDetails, request_iterator: Any
    ) -> Any:
        return await continuation(_with_caller(client_call_details, self._credentials), request_iterator)


class _DuplexCaller(grpc.aio.StreamStreamClientInterceptor):
    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def intercept_stream_stream(
        self, continuation: Any, client_call_details: grpc.aio.ClientCallDetails, request_iterator: Any
    ) -> Any:
        return await continuation(_with_caller(client_call_details, self._credentials), request_iterator)


def _with_caller(details: grpc.aio.ClientCallDetails, credentials: Credentials) -> grpc.aio.ClientCallDetails:
    own = {"authorization": credentials.header(), **tracing.outgoing()}
    metadata = grpc.aio.Metadata(*(details.metadata or ()), *own.items())
    return details._replace(metadata=metadata)  # type: ignore[attr-defined, no-any-return]  # a named tuple at run time
