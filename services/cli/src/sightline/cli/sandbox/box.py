"""The system of a test: broker, detect, embed, match and notify, with secrets, ports and a state folder of its own."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc

from sightline.chassis.errors import AlreadyExists
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.rpc import BearerText, from_rpc_error, open_channel
from sightline.cli.authorities import trusting
from sightline.cli.broker_tls import as_spoken_by
from sightline.cli.installation import Installation
from sightline.cli.local_system import running_system
from sightline.cli.nats_server import find_nats_server
from sightline.cli.ports import HOST, choose_ports, without_others
from sightline.cli.secrets_writer import write_secrets
from sightline.cli.supervision import LocalPlan
from sightline.v1 import access_pb2
from sightline.v1.gallery_service_pb2_grpc import GalleryServiceStub
from sightline.v1.import_service_pb2_grpc import ImportServiceStub
from sightline.v1.search_service_pb2_grpc import SearchServiceStub

_NEEDED = ("detect", "embed", "match", "notify")
_ROLES = (access_pb2.ROLE_ADMIN, access_pb2.ROLE_OPERATOR)
_KEY_LIFETIME = timedelta(days=30)
_POLICY = Path(__file__).with_name("policy.toml")
# What changes answers, and leads to nothing that is another system's.
_TAKEN_OVER = ("SIGHTLINE_CALIBRATION_FILE", "SIGHTLINE_INDEX_")


@dataclass(frozen=True)
class Apis:
    """What a test calls; grpcio's stubs have no types."""

    gallery: Any
    importing: Any
    search: Any


def sandbox_plan(folder: Path, pack: Path, device: str) -> LocalPlan:
    """Plan a system in a folder that is not there yet, but for logs of one that failed.

    Raises:
        AlreadyExists: SANDBOX_EXISTS.
    """
    installation = Installation(folder.resolve())
    if installation.secrets.exists():
        raise AlreadyExists("SANDBOX_EXISTS", f"{folder} has a sandbox that was kept; remove it, or name another --out")
    shutil.rmtree(folder, ignore_errors=True)
    nats_server = find_nats_server()
    ports = as_spoken_by(nats_server, choose_ports(0))
    return LocalPlan(
        installation=installation,
        ports=without_others(ports, _NEEDED),
        nats_server=nats_server.path,
        pack=pack,
        device=device,
        settings=_settings(),
    )


def _settings() -> dict[str, str]:
    """Give what the services are told beside the plan: a policy without quotas, and no limit on calls."""
    taken_over = {name: value for name, value in os.environ.items() if name.startswith(_TAKEN_OVER)}
    return {**taken_over, "SIGHTLINE_POLICY": str(_POLICY), "SIGHTLINE_CALLS_PER_SECOND": "0"}


@asynccontextmanager
async def running_sandbox(plan: LocalPlan) -> AsyncIterator[Apis]:
    """Run the system while the block does; errors of calls in the block become our own.

    Raises:
        SightlineError: it cannot be started, or what a service answered.
    """
    key = write_secrets(plan.secrets, "sandbox", _ROLES, _KEY_LIFETIME)
    async with running_system(plan) as system:
        await system.ready()
        security = trusting(SecretsFolder(plan.secrets).authority, "match")
        target = f"{HOST}:{plan.ports.services['match'].grpc}"
        try:
            async with open_channel(target, BearerText(key, security)) as channel:
                yield Apis(GalleryServiceStub(channel), ImportServiceStub(channel), SearchServiceStub(channel))
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, "match") from error


def clear(plan: LocalPlan, *, succeeded: bool) -> None:
    """Delete the system; of one that failed, logs stay, in which there is nothing of faces and keys."""
    plan.installation.forget()
    if succeeded:
        shutil.rmtree(plan.installation.state, ignore_errors=True)
