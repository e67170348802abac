"""Calls to the services: where they are, who we are, and what a failed call says to people."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

import grpc
from pydantic_settings import BaseSettings, SettingsConfigDict

from sightline.chassis.errors import SightlineError, Unavailable
from sightline.chassis.rpc import BearerText, from_rpc_error, open_channel
from sightline.cli.authorities import security_of
from sightline.cli.credentials import bearer
from sightline.cli.installation import Installation
from sightline.cli.ports import HOST, choose_ports
from sightline.v1.access_service_pb2_grpc import AccessServiceStub
from sightline.v1.alert_service_pb2_grpc import AlertServiceStub
from sightline.v1.approval_service_pb2_grpc import ApprovalServiceStub
from sightline.v1.audit_service_pb2_grpc import AuditServiceStub
from sightline.v1.camera_service_pb2_grpc import CameraServiceStub
from sightline.v1.dead_letter_service_pb2_grpc import DeadLetterServiceStub
from sightline.v1.detect_service_pb2_grpc import DetectServiceStub
from sightline.v1.embed_service_pb2_grpc import EmbedServiceStub
from sightline.v1.erasure_service_pb2_grpc import ErasureServiceStub
from sightline.v1.gallery_service_pb2 import GetWatchlistRequest
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.import_service_pb2_grpc import ImportServiceStub
from sightline.v1.index_service_pb2_grpc import IndexServiceStub
from sightline.v1.migration_service_pb2_grpc import MigrationServiceStub
from sightline.v1.search_service_pb2_grpc import SearchServiceStub
from sightline.v1.subscription_service_pb2_grpc import SubscriptionServiceStub
from sightline.v1.video_job_service_pb2_grpc import VideoJobServiceStub

Api = Literal[
    "access",
    "alerts",
    "approvals",
    "audit",
    "cameras",
    "detect",
    "dlq",
    "embed",
    "erasure",
    "gallery",
    "import",
    "index",
    "migration",
    "search",
    "subscriptions",
    "videos",
]
T = TypeVar("T")

# Which service answers, and grpcio's stub, which has no types.
_APIS: dict[Api, tuple[str, Callable[[grpc.aio.Channel], Any]]] = {
    "access": ("notify", AccessServiceStub),
    "alerts": ("notify", AlertServiceStub),
    "approvals": ("match", ApprovalServiceStub),
    "audit": ("notify", AuditServiceStub),
    "cameras": ("ingest", CameraServiceStub),
    "detect": ("detect", DetectServiceStub),
    "dlq": ("notify", DeadLetterServiceStub),
    "embed": ("embed", EmbedServiceStub),
    "erasure": ("match", ErasureServiceStub),
    "gallery": ("match", GalleryServiceStub),
    "import": ("match", ImportServiceStub),
    "index": ("match", IndexServiceStub),
    "migration": ("match", MigrationServiceStub),
    "search": ("match", SearchServiceStub),
    "subscriptions": ("notify", SubscriptionServiceStub),
    "videos": ("ingest", VideoJobServiceStub),
}

CALL_SECONDS = 30.0


class ClientSettings(BaseSettings):
    """What the environment says; a system that runs in the state folder fills in the rest."""

    model_config = SettingsConfigDict(env_prefix="SIGHTLINE_", frozen=True, extra="ignore")

    detect_target: str = ""
    embed_target: str = ""
    ingest_target: str = ""
    match_target: str = ""
    notify_target: str = ""


def ask(state: Path, api: Api, work: Callable[[Any], Awaitable[T]]) -> T:
    """Do some calls with the stub of one API and return what came of them.

    Raises:
        SightlineError: what the service answered, or that it did not.
    """

    async def main() -> T:
        async with opened(state, api) as stub:
            return await work(stub)

    return asyncio.run(main())


@asynccontextmanager
async def opened(state: Path, api: Api) -> AsyncIterator[Any]:
    """Give the stub of one API; calls that fail in the block are raised as our own errors.

    Raises:
        SightlineError: what the service answered, or that it did not.
    """
    service, stub = _APIS[api]
    try:
        named: str = getattr(ClientSettings(), f"{service}_target")
        credentials = BearerText(bearer(), security_of(state, service, elsewhere=bool(named)))
        async with open_channel(named or _local_target(state, service), credentials) as channel:
            yield stub(channel)
    except grpc.aio.AioRpcError as error:
        raise told(error, service) from error


def told(error: grpc.aio.AioRpcError, service: str) -> SightlineError:
    """Give our own error for a failed call; where nobody answers it says how to start a system."""
    known = from_rpc_error(error, service)
    if known.reason == f"{service.upper()}_NOT_TRUSTED":
        return Unavailable(
            known.reason,
            f"what answers for the {service} service cannot prove that it is; name the file of the installation's "
            "authority (ca.crt) with SIGHTLINE_CA, or keep it with `sightline login --ca`",
        )
    if known.reason == f"{service.upper()}_UNAVAILABLE":
        return Unavailable(
            known.reason,
            f"the {service} service does not answer; start a system with `sightline up`, "
            f"or name another with SIGHTLINE_{service.upper()}_TARGET",
        )
    return known


def _local_target(state: Path, service: str) -> str:
    ports = Installation(state).running() or choose_ports(None)
    return f"{HOST}:{ports.services[service].grpc}"


async def every_page(
    call: Callable[..., Awaitable[Any]], request: Any, field: str, limit: int | None = None
) -> list[Any]:
    """Follow the pages of a List call and give the messages of `field`, at most `limit` of them."""
    found: list[Any] = []
    while limit is None or len(found) < limit:
        answer = await call(request, timeout=CALL_SECONDS)
        found += getattr(answer, field)
        if not answer.next_page_token:
            break
        request.page_token = answer.next_page_token
    return found[:limit]


def watchlist_id(state: Path, watchlist: str) -> str:
    """Give the id of a watchlist, by name or id. Raises NotFound."""
    request = GetWatchlistRequest(watchlist=watchlist)
    answer = ask(state, "gallery", lambda gallery: gallery.GetWatchlist(request, timeout=CALL_SECONDS))
    return str(answer.watchlist.id)
