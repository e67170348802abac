"""A running system with people of every role in it, objects of their own, and objects of somebody else."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from authz_population import ROLES, STRANGER
from authz_requests import CONSUMING, Ids
from broker import run_closed_nats_server
from processes import Service, new_service
from secrets_for_tests import admit_tester, token_of
from trace_receiver import TraceReceiver, receiving_traces

from sightline.chassis.bus import connect_bus
from sightline.chassis.ids import derived_id
from sightline.chassis.picture import encode_jpeg
from sightline.chassis.provision import provision
from sightline.chassis.rpc import BearerText, open_channel
from sightline.chassis.topology import TOPOLOGY
from sightline.v1 import (
    access_pb2,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    import grpc
    from authz_cases import Case


SERVER_OF = {
    "AccessService": "notify",
    "AlertService": "notify",
    "ApprovalService": "match",
    "AuditService": "notify",
    "CameraService": "ingest",
    "DetectService": "detect",
    "EmbedService": "embed",
    "ErasureService": "match",
    "EvidenceService": "ingest",
    "GalleryService": "match",
    "ImportService": "match",
    "SearchService": "match",
    "IndexService": "match",
    "MigrationService": "match",
    "VideoJobService": "ingest",
    "SubscriptionService": "notify",
    "DeadLetterService": "notify",
}
CALLING_SERVICE = {"detect": "match", "embed": "match", "ingest": "notify", "match": "notify", "notify": "match"}
NOBODY, OUR_SERVICE = "nobody", "service"
CALLERS = (NOBODY, *ROLES, OUR_SERVICE)
_MISSING = derived_id("there is none of this id")


@dataclass
class Objects:
    """Ids, by whether they are the callers' own or somebody else's; spare ones are used up."""

    watchlists: dict[str, str] = field(default_factory=dict)
    faces: dict[str, str] = field(default_factory=dict)
    cameras: dict[str, str] = field(default_factory=dict)
    alerts: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    spare_watchlists: dict[str, list[str]] = field(default_factory=dict)
    spare_cameras: dict[str, list[str]] = field(default_factory=dict)
    spare_subscriptions: dict[str, list[str]] = field(default_factory=dict)
    granted_watchlists: tuple[str, ...] = ()
    granted_cameras: tuple[str, ...] = ()


@dataclass
class System:
    """The services, and who calls them with what."""

    services: dict[str, Service]
    nats_url: str
    picture: bytes
    video: str
    traces: TraceReceiver
    objects: Objects = field(default_factory=Objects)
    keys: dict[tuple[str, bool, bool], str] = field(default_factory=dict)
    spare_keys: dict[str, list[str]] = field(default_factory=dict)

    @asynccontextmanager
    async def channel(self, service_name: str, caller: str, case: Case) -> AsyncIterator[grpc.aio.Channel]:
        """A channel to the server of that gRPC service, for that caller."""
        server = SERVER_OF[service_name]
        async with open_channel(self.services[server].target, self._credentials(server, caller, case)) as channel:
            yield channel

    def _credentials(self, server: str, caller: str, case: Case):
        if caller == OUR_SERVICE:
            # For itself, whoever else a test of this process may have made the caller.
            return BearerText(token_of(CALLING_SERVICE[server], server))
        if caller == NOBODY:
            return BearerText("")
        return BearerText(self.keys[caller, case.all_watchlists, case.all_cameras])

    def ids(self, method: str, caller: str, case: Case) -> Ids:
        """What a request of this case names."""
        owner = caller if caller in ROLES else STRANGER
        spare = method in CONSUMING
        which = {
            access_pb2.ObjectKind.Name(kind).removeprefix("OBJECT_KIND_"): each for kind, each in case.named.items()
        }

        def chosen(kind: str, ids: dict[str, str], pool: dict[str, list[str]]) -> str:
            choice = which.get(kind, "none")
            if choice in {"none", "missing"}:
                return _MISSING if choice == "missing" else ""
            return pool[choice].pop() if spare and pool else ids[choice]

        people = {"own": owner, "foreign": STRANGER}
        objects = self.objects
        keys = {choice: self.spare_keys[handle] for choice, handle in people.items()}
        subjects = {choice: derived_id("subject", handle) for choice, handle in people.items()}
        return Ids(
            watchlist=chosen("WATCHLIST", objects.watchlists, objects.spare_watchlists),
            probe_watchlist={"none": "", "missing": _MISSING, **objects.watchlists}[case.probe],
            face=chosen("WATCHLIST", objects.faces, {}),
            camera=chosen("CAMERA", objects.cameras, objects.spare_cameras),
            alert=chosen("ALERT", objects.alerts, {}),
            subscription=chosen("SUBSCRIPTION", objects.subscriptions, objects.spare_subscriptions),
            receipt=chosen("RECEIPT", objects.receipts, {}),
            track=_MISSING,
            subject=chosen("SUBJECT", subjects, {}),
            api_key=chosen("API_KEY", {}, keys),
            picture=self.picture,
            video=self.video,
        )


@contextmanager
def running_system(folder: Path, pack: Path, picture: bytes) -> Iterator[System]:
    """Starts broker and services, in which there is nobody yet, and ends everything with the block."""
    with ExitStack() as stack:
        nats = stack.enter_context(run_closed_nats_server(folder / "nats"))
        asyncio.run(_prepare(nats.tester_url))
        video = folder / "videos" / "one.mp4"
        video.parent.mkdir()
        video.write_bytes(b"no video")
        # The folder is what cameras see: nobody.
        (video.parent / "one.jpg").write_bytes(encode_jpeg(np.full((120, 160, 3), 90, np.uint8), 90))
        traces = stack.enter_context(receiving_traces())
        services: dict[str, Service] = {}
        for name in ("detect", "embed", "match", "ingest", "notify"):
            targets = {f"SIGHTLINE_{each.upper()}_TARGET": running.target for each, running in services.items()}
            env = {
                "SIGHTLINE_NATS_URL": nats.url,
                "SIGHTLINE_STATE_DIR": str(folder / "state"),
                "SIGHTLINE_PACK_DIR": str(pack),
                "SIGHTLINE_CAMERA_NETWORKS": '["127.0.0.0/8"]',
                "SIGHTLINE_VIDEO_ROOTS": json.dumps([str(video.parent)]),
                "SIGHTLINE_WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
                "SIGHTLINE_WEBHOOK_ALLOW_HTTP": "true",
                # All that this system does is traced, so that what traces must not have can be looked for.
                "SIGHTLINE_OTLP_ENDPOINT": traces.address,
                "SIGHTLINE_TRACE_RATIO": "1",
                "OTEL_BSP_SCHEDULE_DELAY": "1000",
                **targets,
            }
            services[name] = new_service(f"sightline.{name}", env, folder / f"{name}.log")
            services[name].start()
            stack.callback(services[name].kill)
        for each in services.values():
            each.wait_serving()
        yield System(services, nats.tester_url, picture, video.as_uri(), traces)
        assert not nats.violations


async def _prepare(url: str) -> None:
    async with connect_bus(url, "test") as bus:
        await provision(bus, TOPOLOGY)
        await admit_tester(bus)
