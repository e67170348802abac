from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from sightline.chassis.cpu import available_cpus
from sightline.chassis.durability import check_durability
from sightline.chassis.fitness import check_fitness
from sightline.chassis.health import Health, serve_health
from sightline.chassis.heap import limit_heap
from sightline.chassis.identity.identity import open_identity, read_secrets, service_bus
from sightline.chassis.lifecycle import run_service
from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.model_metric import show_model
from sightline.chassis.pack import load_pack
from sightline.chassis.picture_decoders import PictureDecoders
from sightline.chassis.provision import prepare
from sightline.chassis.rpc import Served, serve_rpc
from sightline.chassis.topology import EMBED_JOB, EMBED_LIVE, Lane
from sightline.chassis.worker import Worker, WorkerMetrics
from sightline.embed.embedder import open_embedder
from sightline.embed.handler import Batching, EmbedHandler, EmbedMetrics
from sightline.embed.network import MAX_BATCH
from sightline.embed.servicer import EmbedServicer
from sightline.embed.settings import EmbedSettings
from sightline.embed.stream import EmbeddingStream
from sightline.v1 import embed_service_pb2_grpc

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from prometheus_client import CollectorRegistry

    from sightline.chassis.bus import Bus
    from sightline.chassis.health import Check
    from sightline.chassis.identity.identity import ServiceSecrets
    from sightline.chassis.pack import Pack

SERVICE = "sightline.v1.EmbedService"
# While some decode and align, others use the GPU.
_GPU_WORKERS, _GPU_BATCH = 4, 64


async def serve(settings: EmbedSettings, stop: asyncio.Event) -> None:
    """Runs embed until `stop` is set. Raises SightlineError where it cannot start."""
    limit_heap()
    # Who calls matters to those alone who answer: a worker of the streams gets none of these secrets.
    secrets = read_secrets(settings) if settings.answers_calls else None
    health = Health(registry := new_registry())
    pack = load_pack(settings.pack_dir)
    check_fitness(pack, settings.durability, settings.demonstration_reason)
    show_model(registry, pack, "embedder")
    batching = choose_batching(settings)
    engines = settings.state_dir / "engines"
    embedder = open_embedder(pack, settings.device, max_batch=batching.max_batch, engines=engines)
    with ThreadPoolExecutor(batching.workers, thread_name_prefix="embed") as executor:
        handler = EmbedHandler(embedder, executor, EmbedMetrics(registry), batching)
        await handler.check()  # the first inference is slow: nobody shall wait for it
        async with (
            service_bus(settings, registry) as bus,
            serve_metrics(settings, registry),
            serve_health(settings, health),
            AsyncExitStack() as running,
        ):
            await check_durability(bus, settings)
            await prepare(bus, settings)
            checks: dict[str, Check] = {"model": handler.check, "bus": bus.check}
            if secrets:
                answering = _answering(settings, secrets, bus, pack, handler, health, registry)
                checks |= await running.enter_async_context(answering)
            if settings.takes_faces:
                workers = _workers(settings, bus, pack, handler, stop, WorkerMetrics(registry))
                for name, worker in workers.items():
                    await running.enter_async_context(worker.running())
                    checks[name] = worker.check
            await running.enter_async_context(health.watching(checks))
            await stop.wait()


@asynccontextmanager
async def _answering(
    settings: EmbedSettings,
    secrets: ServiceSecrets,
    bus: Bus,
    pack: Pack,
    handler: EmbedHandler,
    health: Health,
    registry: CollectorRegistry,
) -> AsyncIterator[dict[str, Check]]:
    """Answers calls while the block runs; yields what has to be well for it."""
    sha256 = pack.embedder.file("model").source_sha256
    with PictureDecoders(registry, settings.decoders) as decoders:
        async with open_identity(settings, secrets, bus) as identity:
            servicer = EmbedServicer(handler, identity.auditor, pack.embedder_id, sha256, decoders.see)
            served = Served(SERVICE, servicer, embed_service_pb2_grpc.add_EmbedServiceServicer_to_server)
            async with serve_rpc(settings, [served], identity, health, registry):
                yield {"callers": identity.book.check, "decoders": decoders.check}


def _workers(
    settings: EmbedSettings,
    bus: Bus,
    pack: Pack,
    handler: EmbedHandler,
    stop: asyncio.Event,
    metrics: WorkerMetrics,
) -> dict[str, Worker]:
    """One for each lane; that of stored videos ends waiting for its reader once `stop` is set."""
    batching = choose_batching(settings)
    most = 2 * batching.workers * batching.max_batch
    work = partial(Worker, bus, metrics=metrics, max_batch=most, linger=settings.linger)
    live = EmbeddingStream(Lane.LIVE, handler, pack.embedder_id, bus.publish)
    job = EmbeddingStream(Lane.JOB, handler, pack.embedder_id, partial(bus.publish_waiting, stop=stop))
    return {"live": work(EMBED_LIVE, live.handle), "job": work(EMBED_JOB, job.handle)}


def choose_batching(settings: EmbedSettings) -> Batching:
    """What the settings leave open, by device."""
    on_cpu = settings.device == "cpu"
    workers = settings.threads or (available_cpus() if on_cpu else _GPU_WORKERS)
    return Batching(workers, settings.max_batch or (MAX_BATCH if on_cpu else _GPU_BATCH), settings.linger)


if __name__ == "__main__":
    run_service(EmbedSettings, serve)
