"""The composition root of ingest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from prometheus_client import Gauge

from sightline.chassis.access import CameraIds, ForServices, WatchlistIds
from sightline.chassis.durability import check_durability
from sightline.chassis.errors import NotFound
from sightline.chassis.health import Health, serve_health
from sightline.chassis.identity.identity import open_identity, read_secrets, service_bus
from sightline.chassis.identity.open_secrets import open_secrets
from sightline.chassis.keyring import BucketKeyRing
from sightline.chassis.leases import Leases
from sightline.chassis.lifecycle import run_service
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.provision import prepare
from sightline.chassis.rpc import Served, open_channel, serve_rpc
from sightline.chassis.topology import CAMERA_KEYS, LEASES
from sightline.chassis.wrapped_keys import WrappedKeys
from sightline.ingest.cameras import open_cameras
from sightline.ingest.credential_vault import CredentialVault
from sightline.ingest.detect_client import DetectClient
from sightline.ingest.evidence import EvidenceStore
from sightline.ingest.handler import CameraDesk
from sightline.ingest.ingest_metrics import IngestMetrics
from sightline.ingest.job_parts import assemble_jobs
from sightline.ingest.precedence import Precedence
from sightline.ingest.reading import Reading, ReadingTools
from sightline.ingest.servicer import CameraServicer, EvidenceServicer
from sightline.ingest.settings import IngestSettings
from sightline.ingest.watch import Watch
from sightline.ingest.witness import Witness
from sightline.v1 import access_pb2
from sightline.v1.camera_service_pb2_grpc import add_CameraServiceServicer_to_server
from sightline.v1.evidence_service_pb2_grpc import add_EvidenceServiceServicer_to_server

if TYPE_CHECKING:
    import asyncio

    from sightline.chassis.access import Locator
    from sightline.chassis.audit import Auditor
    from sightline.chassis.lease import Lease
    from sightline.v1 import records_pb2

LOCATORS: dict[int, Locator] = {
    access_pb2.OBJECT_KIND_CAMERA: CameraIds(),
    access_pb2.OBJECT_KIND_WATCHLIST: WatchlistIds(),
    access_pb2.OBJECT_KIND_TRACK: ForServices(NotFound("TRACK_NOT_FOUND", "There is no such track here.")),
}


async def serve(settings: IngestSettings, stop: asyncio.Event) -> None:
    """Runs ingest until it is told to stop."""
    secrets, camera_keys = read_secrets(settings), open_secrets(settings).cameras_keys()
    camera_keys.keys()  # what is wrong with the file ends the start here
    health, evidence = Health(registry := new_registry()), EvidenceStore()
    async with (
        service_bus(settings, registry) as bus,
        serve_metrics(settings, registry),
        serve_health(settings, health),
    ):
        await check_durability(bus, settings)
        await prepare(bus, settings)
        async with (
            open_identity(settings, secrets, bus) as identity,
            open_channel(settings.detect_target, identity.to("detect")) as detect,
        ):
            finder = Precedence(DetectClient(detect, settings.detect_timeout), settings.job_frames_in_flight)
            metrics = IngestMetrics(registry)
            vault = CredentialVault(BucketKeyRing(WrappedKeys(bus, CAMERA_KEYS), camera_keys, cache_seconds=0))
            tools = ReadingTools(
                rules=settings.source_rules,
                finder=finder,
                publish=bus.publish,
                evidence=evidence,
                metrics=metrics,
                frames_in_flight=settings.frames_in_flight,
                address=settings.own_address,
                credentials=vault,
            )
            book = await open_cameras(bus)
            leases = Leases(await bus.bucket(LEASES), settings.own_address)

            def open_reading(record: records_pb2.CameraRecord, lease: Lease) -> Reading:
                return Reading(record, record.epoch, replace(tools, publish=lease.publishing(bus.publish)))

            watch = Watch(bus, book, leases, open_reading)
            held = Gauge("sightline_ingest_cameras", "Cameras that this process holds.", registry=registry)
            held.set_function(watch.count)
            desk = CameraDesk(book, leases, watch, settings.source_rules, vault)
            runner, jobs = await assemble_jobs(bus, settings, finder, metrics)
            services = [*served(desk, Witness(evidence, finder), identity.auditor), jobs(identity.auditor)]
            checks = {"broker": bus.check, "callers": identity.book.check, "cameras": watch.check}
            checks |= {"jobs": runner.check}
            async with (
                serve_rpc(settings, services, identity, health, registry, LOCATORS),
                watch.running(),
                runner.running(),
                health.watching(checks),
            ):
                await stop.wait()


def served(desk: CameraDesk, witness: Witness, auditor: Auditor) -> list[Served]:
    """The gRPC services over the use cases."""
    return [
        Served("sightline.v1.CameraService", CameraServicer(desk, auditor), add_CameraServiceServicer_to_server),
        Served(
            "sightline.v1.EvidenceService",
            EvidenceServicer(witness, auditor),
            add_EvidenceServiceServicer_to_server,
        ),
    ]


if __name__ == "__main__":
    run_service(IngestSettings, serve)
