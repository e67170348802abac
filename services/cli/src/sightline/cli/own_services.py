"""Services for one measurement: those that run already, or ones that are started on loopback and end with it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.rpc import BearerText, open_channel
from sightline.cli.authorities import trusting
from sightline.cli.broker_tls import as_spoken_by
from sightline.cli.client import ClientSettings, opened
from sightline.cli.installation import Installation
from sightline.cli.local_system import running_system
from sightline.cli.nats_server import find_nats_server
from sightline.cli.ports import HOST, choose_ports, without_others
from sightline.cli.secrets_writer import write_secrets
from sightline.cli.supervision import LocalPlan
from sightline.v1 import access_pb2
from sightline.v1.detect_service_pb2_grpc import DetectServiceStub
from sightline.v1.embed_service_pb2_grpc import EmbedServiceStub

# notify knows who may call.
_NEEDED = ("detect", "embed", "notify")
_ROLES = (access_pb2.ROLE_ADMIN, access_pb2.ROLE_OPERATOR)
_KEY_LIFETIME = timedelta(days=1)


@dataclass(frozen=True)
class Services:
    """Whose services are asked.

    Attributes:
        state_dir: of the installation whose services may run.
        pack: folder of the model pack, for services that are started.
        device: cpu or cuda, of the same.
        folder: for the state of the same; it is removed with them, but for the logs.
    """

    state_dir: Path
    pack: Path
    device: str
    folder: Path


def are_running(state_dir: Path) -> bool:
    """Say whether the environment names services, or the state folder has a system that runs."""
    named = ClientSettings()
    return bool(named.detect_target and named.embed_target) or Installation(state_dir).running() is not None


@asynccontextmanager
async def detect_and_embed(where: Services) -> AsyncIterator[tuple[Any, Any]]:
    """Give stubs of detect and embed: of those that run, else of some that are started with this pack.

    Raises:
        SightlineError: they cannot be started, or do not answer.
    """
    if are_running(where.state_dir):
        async with opened(where.state_dir, "embed") as embed, opened(where.state_dir, "detect") as detect:
            yield detect, embed
        return
    plan = measuring_plan(where)
    try:
        key = write_secrets(plan.secrets, "measurement", _ROLES, _KEY_LIFETIME)
        async with running_system(plan) as system:
            await system.ready()
            async with AsyncExitStack() as stack:
                channels = [await stack.enter_async_context(_channel(plan, name, key)) for name in ("detect", "embed")]
                yield DetectServiceStub(channels[0]), EmbedServiceStub(channels[1])
    finally:
        plan.installation.forget()


def measuring_plan(where: Services) -> LocalPlan:
    """Plan a system that is nobody else's: what the environment says of another one does not reach it."""
    nats_server = find_nats_server()
    shutil.rmtree(where.folder, ignore_errors=True)
    ports = as_spoken_by(nats_server, choose_ports(0))
    return LocalPlan(
        installation=Installation(where.folder.resolve()),
        ports=without_others(ports, _NEEDED),
        nats_server=nats_server.path,
        pack=where.pack,
        device=where.device,
        settings={},
    )


def _channel(plan: LocalPlan, service: str, key: str) -> Any:
    security = trusting(SecretsFolder(plan.secrets).authority, service)
    return open_channel(f"{HOST}:{plan.ports.services[service].grpc}", BearerText(key, security))
