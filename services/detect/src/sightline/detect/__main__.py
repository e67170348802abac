from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

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
from sightline.detect.detector import open_detector
from sightline.detect.engine import Engine
from sightline.detect.handler import DetectHandler, DetectMetrics
from sightline.detect.servicer import DetectServicer
from sightline.detect.settings import DetectSettings
from sightline.v1 import detect_service_pb2_grpc

if TYPE_CHECKING:
    import asyncio

SERVICE = "sightline.v1.DetectService"


async def serve(settings: DetectSettings, stop: asyncio.Event) -> None:
    """Runs detect until `stop` is set. Raises SightlineError where it cannot start."""
    limit_heap()
    secrets = read_secrets(settings)
    health = Health(registry := new_registry())
    pack = load_pack(settings.pack_dir)
    check_fitness(pack, settings.durability, settings.demonstration_reason)
    show_model(registry, pack, "detector")
    engine = _engine(settings)
    detector = open_detector(pack, engine)
    threads = settings.threads or engine.pictures
    with (
        PictureDecoders(registry, settings.decoders) as decoders,
        ThreadPoolExecutor(threads, thread_name_prefix="detect") as executor,
    ):
        handler = DetectHandler(detector, executor, threads, DetectMetrics(registry))
        await handler.warm_up(engine.batch)  # nobody shall wait for the first, slow inferences
        async with (
            service_bus(settings, registry) as bus,
            serve_metrics(settings, registry),
            serve_health(settings, health),
        ):
            await check_durability(bus, settings)
            await prepare(bus, settings)
            async with open_identity(settings, secrets, bus) as identity:
                servicer = DetectServicer(handler, identity.auditor, pack.detector_id, decoders.see)
                served = Served(SERVICE, servicer, detect_service_pb2_grpc.add_DetectServiceServicer_to_server)
                async with (
                    serve_rpc(settings, [served], identity, health, registry),
                    health.watching(
                        {"model": handler.check, "decoders": decoders.check, "callers": identity.book.check}
                    ),
                ):
                    await stop.wait()


def _engine(settings: DetectSettings) -> Engine:
    return Engine(
        settings.device,
        sessions=settings.sessions,
        session_threads=settings.session_threads,
        max_batch=settings.max_batch,
        linger=settings.linger,
        engines=settings.state_dir / "engines",
    )


if __name__ == "__main__":
    run_service(DetectSettings, serve)
