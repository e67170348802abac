"""The composition root of match."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import structlog

from sightline.chassis.audit import Auditor
from sightline.chassis.bus import connect_bus
from sightline.chassis.durability import check_durability
from sightline.chassis.health import Health, serve_health
from sightline.chassis.keyring import BucketKeyRing, derived_key, read_key_file
from sightline.chassis.lifecycle import run_service
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.pack import load_pack
from sightline.chassis.provision import prepare
from sightline.chassis.rpc import Served, open_channel, serve_rpc
from sightline.chassis.topology import KEYS, MATCH_JOB, MATCH_LIVE, TRACKS
from sightline.chassis.worker import Worker, WorkerMetrics, one_by_one
from sightline.match.edge_index import open_edge_index
from sightline.match.enrolment import Enrolment
from sightline.match.gallery import Gallery
from sightline.match.gallery_servicer import GalleryServicer
from sightline.match.handler import Identification
from sightline.match.inference import RpcFaceReader
from sightline.match.ledger import Ledger
from sightline.match.projection import Projection
from sightline.match.search import Search
from sightline.match.search_servicer import SearchServicer
from sightline.match.server_index import open_server_index
from sightline.match.settings import MatchSettings
from sightline.match.sightings import BusSightings, reading
from sightline.match.tracks import Tracks
from sightline.match.watchlists import Watchlists
from sightline.v1.gallery_service_pb2_grpc import add_GalleryServiceServicer_to_server
from sightline.v1.search_service_pb2_grpc import add_SearchServiceServicer_to_server

if TYPE_CHECKING:
    import asyncio
    from contextlib import AbstractAsyncContextManager

    from sightline.chassis.pack import Pack
    from sightline.match.index import FaceIndex

log = structlog.get_logger()

MAX_BATCH = 32


def open_index(settings: MatchSettings, pack: Pack) -> AbstractAsyncContextManager[FaceIndex]:
    """The index on a server where one is configured, else in this process."""
    dimension = pack.embedder.dimension
    if settings.qdrant_url:
        api_key = settings.qdrant_api_key.get_secret_value()
        return open_server_index(settings.qdrant_url, api_key, pack.embedder_id, dimension)
    return open_edge_index(settings.state_dir / "match" / pack.embedder_id / "index", dimension)


async def serve(settings: MatchSettings, stop: asyncio.Event) -> None:
    """Runs match until it is told to stop."""
    registry, health = new_registry(), Health()
    pack = load_pack(settings.pack_dir)
    installation_key = read_key_file(settings.key_file)
    token = settings.token.get_secret_value()
    log.info("gallery_of", pack=pack.name, fit_for=pack.fit_for, embedder=pack.embedder_id)
    async with (
        connect_bus(settings.nats_url, settings.service) as bus,
        serve_metrics(settings, registry),
        serve_health(settings, health),
        open_channel(settings.detect_target, token) as detect,
        open_channel(settings.embed_target, token) as embed,
        open_index(settings, pack) as index,
    ):
        await check_durability(bus, settings)
        await prepare(bus, settings)
        keys = BucketKeyRing(await bus.bucket(KEYS), installation_key)
        ledger, auditor = Ledger(bus, keys), Auditor(bus, settings.service)
        reader = RpcFaceReader(detect, embed, pack.embedder_id, pack.embedder.dimension)
        secret = derived_key(installation_key, "enrolment")
        with closing(Projection(settings.state_dir / "match" / pack.embedder_id / "projection.db")) as projection:
            gallery = Gallery(ledger, index, projection, pack.embedder_id, pack.embedder.dimension)
            watchlists = Watchlists(ledger, gallery, projection, keys, pack.embedder_id)
            enrolment = Enrolment(ledger, gallery, projection, reader, secret, pack.embedder_id)
            search = Search(reader, index, projection, pack)
            tracks = Tracks(await bus.bucket(TRACKS))
            identification = Identification(index, projection, tracks, BusSightings(bus), pack)
            handle, metrics = one_by_one(reading(identification)), WorkerMetrics(registry)
            live = Worker(bus, MATCH_LIVE, handle, metrics, max_batch=MAX_BATCH)
            job = Worker(bus, MATCH_JOB, handle, metrics, max_batch=MAX_BATCH)
            services = [
                Served(
                    "sightline.v1.GalleryService",
                    GalleryServicer(watchlists, enrolment, projection, auditor),
                    add_GalleryServiceServicer_to_server,
                ),
                Served(
                    "sightline.v1.SearchService",
                    SearchServicer(search, watchlists, auditor, pack.fit_for),
                    add_SearchServiceServicer_to_server,
                ),
            ]
            checks = {
                "broker": bus.check,
                "index": index.check,
                "gallery": gallery.check,
                "live": live.check,
                "job": job.check,
            }
            async with (
                gallery.following(),
                serve_rpc(settings, services, health, registry),
                live.running(),
                job.running(),
                health.watching(checks),
            ):
                await stop.wait()


if __name__ == "__main__":
    run_service(MatchSettings, serve)
