"""REST before the services of a system, in a thread of the test's own process."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING

from free_ports import find_free_ports
from prometheus_client import CollectorRegistry
from secrets_for_tests import secrets_folder

from sightline.chassis.bus import connect_bus
from sightline.gateway.__main__ import everything
from sightline.gateway.application import application
from sightline.gateway.aws_keys.book import AwsKeyBook
from sightline.gateway.body import BodyGate
from sightline.gateway.http_server import serve_http
from sightline.gateway.rest.routes import routes
from sightline.gateway.settings import GatewaySettings
from sightline.gateway.upstream import open_upstream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from processes import Service


@contextmanager
def running_gateway(services: Mapping[str, Service], nats_url: str = "", **settings: object) -> Iterator[str]:
    """Serves while the block runs; yields its address. With a broker there is all that the gateway has."""
    targets = {f"{name}_target": service.target for name, service in services.items()}
    [port] = find_free_ports(1)
    folder = secrets_folder().path
    made = GatewaySettings(tls="off", secrets_dir=folder, http_port=port, drain_seconds=1, **targets, **settings)
    started, ended = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with open_upstream(made) as upstream, AsyncExitStack() as stack:
            if nats_url:
                bus = await stack.enter_async_context(connect_bus(nats_url, "test"))
                book = AwsKeyBook(bus, secrets_folder().aws_keys())
                await stack.enter_async_context(book.following())
                found = await everything(made, bus, upstream, book, ended)
            else:
                found = routes(upstream, BodyGate(made.bodies_bytes, made.body_seconds), made, ended)
            async with serve_http(made, application(found, CollectorRegistry())):
                started.set()
                await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert started.wait(60)
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
