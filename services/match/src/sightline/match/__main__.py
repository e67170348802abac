"""The composition root of match."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager, closing
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.durability import check_durability
from sightline.chassis.handling import reading_together
from sightline.chassis.health import Health, serve_health
from sightline.chassis.identity.identity import open_identity, read_secrets, service_bus
from sightline.chassis.lifecycle import run_service
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.pack import load_pack
from sightline.chassis.policy import policy_in_force
from sightline.chassis.process_guard import hide_memory
from sightline.chassis.provision import prepare
from sightline.chassis.receipts import Receipts
from sightline.chassis.rpc import Served, open_channel, serve_rpc
from sightline.chassis.topology import MATCH_JOB, MATCH_LIVE, SEARCH_COUNTS
from sightline.chassis.worker import Worker, WorkerMetrics
from sightline.match.alerts_off import AlertsOff
from sightline.match.approval_servicer import ApprovalServicer
from sightline.match.calibration import calibration_in_force
from sightline.match.disk_receipts import DiskReceipts
from sightline.match.edge_index import EdgeIndex
from sightline.match.embedder_stores import EmbedderStores, embedder_of
from sightline.match.epochs import Epochs
from sightline.match.erasure_servicer import ErasureServicer
from sightline.match.expiry import Expiry
from sightline.match.gallery_check import GalleryCheck
from sightline.match.gallery_servicer import GalleryServicer
from sightline.match.import_servicer import ImportServicer
from sightline.match.index_metrics import IndexMetrics
from sightline.match.index_rebuilds import IndexRebuilds
from sightline.match.index_servicer import IndexServicer
from sightline.match.inference import RpcFaceReader
from sightline.match.key_sources import open_keys
from sightline.match.lapses import Lapses
from sightline.match.ledger_faces import LedgerFaces
from sightline.match.migration_parts import assemble_migration
from sightline.match.migration_servicer import MigrationServicer
from sightline.match.migration_work import Readers
from sightline.match.parts import assemble
from sightline.match.receipt_book import ReceiptBook
from sightline.match.search_quota import SearchQuota
from sightline.match.search_servicer import SearchServicer
from sightline.match.settings import MatchSettings
from sightline.match.strays import Strays
from sightline.v1 import access_pb2
from sightline.v1.approval_service_pb2_grpc import add_ApprovalServiceServicer_to_server
from sightline.v1.erasure_service_pb2_grpc import add_ErasureServiceServicer_to_server
from sightline.v1.events_pb2 import EmbeddingEvent
from sightline.v1.gallery_service_pb2_grpc import add_GalleryServiceServicer_to_server
from sightline.v1.import_service_pb2_grpc import add_ImportServiceServicer_to_server
from sightline.v1.index_service_pb2_grpc import add_IndexServiceServicer_to_server
from sightline.v1.migration_service_pb2_grpc import add_MigrationServiceServicer_to_server
from sightline.v1.search_service_pb2_grpc import add_SearchServiceServicer_to_server

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from prometheus_client import CollectorRegistry

    from sightline.chassis.access import Locator
    from sightline.chassis.audit import Auditor
    from sightline.chassis.bus import Bus
    from sightline.chassis.identity.identity import Identity
    from sightline.chassis.pack import Pack
    from sightline.chassis.policy import Policy
    from sightline.match.embedder_stores import Store
    from sightline.match.index import FaceIndex
    from sightline.match.inference import FaceReader
    from sightline.match.migration_parts import MigrationParts
    from sightline.match.parts import Parts
    from sightline.match.projection import GalleryProjection
    from sightline.match.thresholds import Thresholds
    from sightline.v1.migration_service_pb2 import Embedder

log = structlog.get_logger()

MAX_BATCH = 32


async def serve(settings: MatchSettings, stop: asyncio.Event) -> None:
    """Runs match until it is told to stop."""
    health = Health(registry := new_registry())
    pack, policy = load_pack(settings.pack_dir), policy_in_force(settings.policy)
    # What is wrong with the keys ends the start here.
    secrets, (installation_keys, rotation_keys) = read_secrets(settings), open_keys(settings)
    log.info("gallery_of", pack=pack.name, fit_for=pack.fit_for, embedder=pack.embedder_id)
    calibration, stores = calibration_in_force(settings, pack), EmbedderStores(settings, rotation_keys)
    folder = stores.folder(pack.embedder_id)
    async with (
        service_bus(settings, registry) as bus,
        serve_metrics(settings, registry),
        serve_health(settings, health),
        stores.opened(embedder_of(pack)) as store,
    ):
        await check_durability(bus, settings)
        await prepare(bus, settings)
        async with (
            open_identity(settings, secrets, bus) as identity,
            open_channel(settings.detect_target, identity.to("detect")) as detect,
            open_channel(settings.embed_target, identity.to("embed")) as embed,
            coming_readers(settings, identity) as coming,
            kept_receipts(settings, bus, store) as receipts,
        ):
            reader = RpcFaceReader(detect, embed, pack.embedder_id, pack.embedder.dimension)
            index, projection = store.index, store.projection
            parts = await assemble(bus, index, projection, reader, pack, installation_keys, policy, calibration)
            live, job = workers(bus, registry, parts, epochs := Epochs(bus, registry))
            rebuilds = IndexRebuilds(index, ledger_faces(parts, index, pack, folder / "rebuild"))
            migration = assemble_migration(parts, pack, store, stores, Readers(reader, coming), identity.auditor)
            checks = {"broker": bus.check, "callers": identity.book.check, "index": index.check}
            checks |= {"gallery": parts.gallery.check, "live": live.check, "job": job.check, "epochs": epochs.check}
            checks |= {"migration": migration.work.check, "receipts": receipts.check}
            indexing = IndexServicer(index, rebuilds, GalleryCheck(index, folder / "projection.db"), identity.auditor)
            quota = SearchQuota(await bus.bucket(SEARCH_COUNTS), policy.searches.per_person_and_day)
            services = served(parts, indexing, migration, identity.auditor, pack, policy, receipts, quota)
            async with (
                parts.gallery.following(),
                epochs.following(),
                serve_rpc(settings, services, identity, health, registry, places(parts, receipts)),
                live.running(),
                job.running(),
                forgetting(bus, parts, projection, identity.auditor, policy),
                rebuilds.ending(),
                migration.work.running(),
                figures(registry, index, projection, parts.thresholds),
                health.watching(checks),
            ):
                await stop.wait()


def places(parts: Parts, receipts: ReceiptBook) -> dict[int, Locator]:
    """Where the objects belong that requests name."""
    return {access_pb2.OBJECT_KIND_WATCHLIST: parts.watchlists, access_pb2.OBJECT_KIND_RECEIPT: receipts}


def workers(bus: Bus, registry: CollectorRegistry, parts: Parts, epochs: Epochs) -> tuple[Worker, Worker]:
    """Who match the faces of cameras, and those of stored video."""
    handle = reading_together(EmbeddingEvent, epochs.fresh_only(parts.identification.handle_all))
    metrics = WorkerMetrics(registry)
    registry.register(parts.identification.drift)
    live, job = (Worker(bus, lane, handle, metrics, max_batch=MAX_BATCH) for lane in (MATCH_LIVE, MATCH_JOB))
    return live, job


@asynccontextmanager
async def forgetting(
    bus: Bus, parts: Parts, projection: GalleryProjection, auditor: Auditor, policy: Policy
) -> AsyncIterator[None]:
    """Erases what has ended, what nobody approved, and what was left behind, again and again while the block runs."""
    lapses = Lapses(parts, projection, auditor, policy.enrolments.decide_within)
    expiry, strays = Expiry(projection, parts.erasure, auditor), Strays(bus, parts, projection)
    async with expiry.running(), lapses.running(), strays.running():
        yield


@asynccontextmanager
async def figures(
    registry: CollectorRegistry, index: FaceIndex, projection: GalleryProjection, thresholds: Thresholds
) -> AsyncIterator[None]:
    """Looks at the index and at the watchlists again and again while the block runs."""
    async with IndexMetrics(registry).watching(index), AlertsOff(registry, projection, thresholds).watching():
        yield


@asynccontextmanager
async def coming_readers(
    settings: MatchSettings, identity: Identity
) -> AsyncIterator[Callable[[Embedder], FaceReader] | None]:
    """Who makes templates of a coming embedder; None where match is not told."""
    if not settings.migration_embed_target:
        yield None
        return
    async with open_channel(settings.migration_embed_target, identity.to("embed")) as channel:
        # What is kept of faces has landmarks: nothing is detected.
        yield lambda embedder: RpcFaceReader(channel, channel, embedder.id, embedder.dimension)


@asynccontextmanager
async def kept_receipts(settings: MatchSettings, bus: Bus, store: Store) -> AsyncIterator[ReceiptBook]:
    """What was written down of erasures; completed, where the index's files are this process's own."""
    with closing(ReceiptBook(settings.state_dir / "match" / "receipts.db", bus)) as book:
        async with AsyncExitStack() as running:
            await running.enter_async_context(book.following())
            if isinstance(store.index, EdgeIndex):
                disk = DiskReceipts(store.index, store.projection, book, Receipts(bus, settings.service))
                await running.enter_async_context(disk.running())
            yield book


def ledger_faces(parts: Parts, index: FaceIndex, pack: Pack, copy: Path) -> LedgerFaces:
    """What a rebuild of the index is made from."""
    return LedgerFaces(parts.ledger, index, copy, pack.embedder_id, pack.embedder.dimension)


def served(
    parts: Parts,
    indexing: IndexServicer,
    migration: MigrationParts,
    auditor: Auditor,
    pack: Pack,
    policy: Policy,
    receipts: ReceiptBook,
    quota: SearchQuota,
) -> list[Served]:
    """The gRPC services over the use cases."""
    gallery = GalleryServicer(parts, auditor)
    importing = ImportServicer(parts.importing, parts.export, parts.watchlists, auditor)
    search = SearchServicer(parts, auditor, pack.fit_for, policy.searches, quota)
    migrating, erasures = MigrationServicer(migration.migrations, auditor), ErasureServicer(receipts)
    approvals = ApprovalServicer(parts, auditor)
    return [
        Served("sightline.v1.ApprovalService", approvals, add_ApprovalServiceServicer_to_server),
        Served("sightline.v1.ErasureService", erasures, add_ErasureServiceServicer_to_server),
        Served("sightline.v1.GalleryService", gallery, add_GalleryServiceServicer_to_server),
        Served("sightline.v1.ImportService", importing, add_ImportServiceServicer_to_server),
        Served("sightline.v1.IndexService", indexing, add_IndexServiceServicer_to_server),
        Served("sightline.v1.MigrationService", migrating, add_MigrationServiceServicer_to_server),
        Served("sightline.v1.SearchService", search, add_SearchServiceServicer_to_server),
    ]


if __name__ == "__main__":
    hide_memory()
    run_service(MatchSettings, serve)
