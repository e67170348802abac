from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
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

SERVICE = "sightline.v1.EmbedService"
# While some decode and align, others use the GPU.
_GPU_WORKERS, _GPU_BATCH = 4, 64


async def serve(settings: EmbedSettings, stop: asyncio.Event) -> None:
    """Runs embed until `stop` is set. Raises SightlineError where it cannot start."""
    limit_heap()
    secrets = read_secrets(settings)
    health = Health(registry := new_registry())
    pack = load_pack(settings.pack_dir)
    check_fitness(pack, settings.durability, settings.demonstration_reason)
    batching = choose_batching(settings)
    engines = settings.state_dir / "engines"
    embedder = open_embedder(pack, settings.device, max_batch=batching.max_batch, engines=engines)
    with (
        PictureDecoders(registry, settings.decoders) as decoders,
        ThreadPoolExecutor(batching.workers, thread_name_prefix="embed") as executor,
    ):
        handler = EmbedHandler(embedder, executor, EmbedMetrics(registry), batching)
        await handler.check()  # the first inference is slow: nobody shall wait for it
        sha256 = pack.embedder.file("model").source_sha256
        async with (
            service_bus(settings, registry) as bus,
            serve_metrics(settings, registry),
            serve_health(settings, health),
        ):
            await check_durability(bus, settings)
            await prepare(bus, settings)
            work = partial(
                Worker,
                bus,
                metrics=WorkerMetrics(registry),
                max_batch=2 * batching.workers * batching.max_batch,
                linger=settings.linger,
            )
            live = EmbeddingStream(Lane.LIVE, handler, pack.embedder_id, bus.publish)
            job = EmbeddingStream(Lane.JOB, handler, pack.embedder_id, partial(bus.publish_waiting, stop=stop))
            workers = {"live": work(EMBED_LIVE, live.handle), "job": work(EMBED_JOB, job.handle)}
            if not settings.embed_streams:
                workers = {}
            async with open_identity(settings, secrets, bus) as identity:
                servicer = EmbedServicer(handler, identity.auditor, pack.embedder_id, sha256, decoders.see)
                served = Served(SERVICE, servicer, embed_service_pb2_grpc.add_EmbedServiceServicer_to_server)
                checks = {"model": handler.check, "bus": bus.check, "callers": identity.book.check}
                checks["decoders"] = decoders.check
                checks |= {name: worker.check for name, worker in workers.items()}
                async with AsyncExitStack() as running:
                    await running.enter_async_context(serve_rpc(settings, [served], identity, health, registry))
                    for worker in workers.values():
                        await running.enter_async_context(worker.running())
                    await running.enter_async_context(health.watching(checks))
                    await stop.wait()


def choose_batching(settings: EmbedSettings) -> Batching:
    """What the settings leave open, by device."""
    on_cpu = settings.device == "cpu"
    workers = settings.threads or (available_cpus() if on_cpu else _GPU_WORKERS)
    return Batching(workers, settings.max_batch or (MAX_BATCH if on_cpu else _GPU_BATCH), settings.linger)


if __name__ == "__main__":
    run_service(EmbedSettings, serve)
