"""The services behind the gateway, each called as the gateway's own caller."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sightline.chassis.rpc import from_rpc_error, open_channel
from sightline.chassis.tls.channel_security import ServiceSecurity
from sightline.gateway.caller import CallerCredentials

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import grpc

    from sightline.chassis.errors import SightlineError
    from sightline.gateway.settings import GatewaySettings

S = TypeVar("S")

HOSTS = {
    "sightline.v1.AccessService": "notify",
    "sightline.v1.AlertService": "notify",
    "sightline.v1.ApprovalService": "match",
    "sightline.v1.AuditService": "notify",
    "sightline.v1.CameraService": "ingest",
    "sightline.v1.DeadLetterService": "notify",
    "sightline.v1.DetectService": "detect",
    "sightline.v1.EmbedService": "embed",
    "sightline.v1.ErasureService": "match",
    "sightline.v1.GalleryService": "match",
    "sightline.v1.ImportService": "match",
    "sightline.v1.IndexService": "match",
    "sightline.v1.MigrationService": "match",
    "sightline.v1.SearchService": "match",
    "sightline.v1.SubscriptionService": "notify",
    "sightline.v1.VideoJobService": "ingest",
}
"""Which service answers for which gRPC service. EvidenceService is not for people."""


@dataclass(frozen=True)
class Upstream:
    """Channels to the services, by the services' names.

    Attributes:
        channels: each shows the credentials of `calling_as`.
        timeout: seconds that a call may take.
    """

    channels: dict[str, grpc.aio.Channel]
    timeout: float
    _stubs: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def channel(self, service: str) -> grpc.aio.Channel:
        """The channel to whoever answers for a gRPC service, by its full name (KeyError: nobody)."""
        return self.channels[HOSTS[service]]

    def stub(self, service: str, make: Callable[[grpc.aio.Channel], S]) -> S:
        """The stub as grpcio generates it, of the gRPC service with that full name; made once."""
        if service not in self._stubs:
            self._stubs[service] = make(self.channel(service))
        stub: S = self._stubs[service]
        return stub


def error_of(error: grpc.aio.AioRpcError, service: str) -> SightlineError:
    """Our own error out of a failed call of a gRPC service, with the reason that the other side gave."""
    return from_rpc_error(error, HOSTS.get(service, service))


@asynccontextmanager
async def open_upstream(settings: GatewaySettings) -> AsyncIterator[Upstream]:
    """Channels while the block runs; nothing connects before the first call. Raises as `open_channel`."""
    certificates = settings.certificates
    channels: dict[str, Any] = {}
    async with AsyncExitStack() as stack:
        for name in sorted(set(HOSTS.values())):
            security = ServiceSecurity(certificates, name) if certificates else None
            target: str = getattr(settings, f"{name}_target")
            channels[name] = await stack.enter_async_context(open_channel(target, CallerCredentials(security)))
        yield Upstream(channels, settings.call_timeout)
