"""Broker and services as processes, and a gateway in a thread of this one that Rekognition's own clients call."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from broker import run_closed_nats_server
from processes import Service, new_service
from secrets_for_tests import admit, tester_key
from video_system import prepare_broker

from sightline.chassis.bus import connect_bus
from sightline.chassis.topology import AWS_SHELF, AWS_TOKENS
from sightline.gateway.application import application
from sightline.gateway.body import BodyGate
from sightline.gateway.http_server import serve_http
from sightline.gateway.rekognition.arns import Arns
from sightline.gateway.rekognition.call import Signer
from sightline.gateway.rekognition.endpoint import Desk, Endpoint
from sightline.gateway.rekognition.errors import AwsError
from sightline.gateway.rekognition.operations import OPERATIONS
from sightline.gateway.rekognition.verifying import Verified
from sightline.gateway.settings import GatewaySettings
from sightline.gateway.shelf import Shelf
from sightline.gateway.upstream import open_upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sightline.v1.access_service_pb2 import Grant

REGION = "us-east-1"
TESTER = "AKIATESTER"


@dataclass
class KnownKeys:
    """A Verifier that believes whoever names a key it knows; signatures are another matter."""

    bearers: dict[str, str] = field(default_factory=dict)

    async def verify(self, head, _):
        """See Verifier."""
        credential = dict(head.headers).get("authorization", "").partition("Credential=")[2].partition("/")[0]
        if credential not in self.bearers:
            raise AwsError("UnrecognizedClientException", "The security token included in the request is invalid.")
        return Verified(self.bearers[credential], Signer(credential, "test", "consent"))


@dataclass
class RekognitionSystem:
    """The services by name, and where the gateway listens."""

    nats_url: str
    services: dict[str, Service]
    keys: KnownKeys
    url: str = ""

    def client(self, key: str = TESTER, **config: Any) -> Any:
        """boto3's client, as it is, with nothing but another address."""
        return boto3.client(
            "rekognition",
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=key,
            aws_secret_access_key="secret",  # noqa: S106 - nobody's
            config=Config(retries={"max_attempts": 2}, **config),
        )

    def client_of(self, handle: str, *grants: Grant) -> Any:
        """The client of somebody with these rights."""

        async def admitted() -> str:
            async with connect_bus(self.nats_url, "test") as bus:
                return await admit(bus, handle, *grants)

        self.keys.bearers[handle] = asyncio.run(admitted())
        return self.client(handle)


@contextmanager
def running_rekognition(folder: Path, pack: Path) -> Iterator[RekognitionSystem]:
    """Starts everything; ends it with the block."""
    with ExitStack() as stack:
        nats = stack.enter_context(run_closed_nats_server(folder / "nats"))
        asyncio.run(prepare_broker(nats.tester_url))
        services: dict[str, Service] = {}
        for name in ("detect", "embed", "match", "notify"):
            targets = {f"SIGHTLINE_{each.upper()}_TARGET": running.target for each, running in services.items()}
            env = {
                "SIGHTLINE_NATS_URL": nats.url,
                "SIGHTLINE_STATE_DIR": str(folder / "state"),
                "SIGHTLINE_PACK_DIR": str(pack),
                **targets,
            }
            services[name] = new_service(f"sightline.{name}", env, folder / f"{name}.log")
            services[name].start()
            stack.callback(services[name].kill)
        for each in services.values():
            each.wait_serving()
        system = RekognitionSystem(nats.tester_url, services, KnownKeys({TESTER: tester_key()}))
        with _gateway(system):
            yield system


@contextmanager
def _gateway(system: RekognitionSystem) -> Iterator[None]:
    """The endpoint in a loop of its own: boto3 waits in this thread for what it answers."""
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    failures: list[BaseException] = []

    async def serve() -> None:
        targets: dict[str, Any] = {f"{name}_target": each.target for name, each in system.services.items()}
        settings = GatewaySettings(http_port=0, **targets)
        async with AsyncExitStack() as stack:
            bus = await stack.enter_async_context(connect_bus(system.nats_url, "test"))
            upstream = await stack.enter_async_context(open_upstream(settings))
            shelf, tokens = Shelf(await bus.bucket(AWS_SHELF)), Shelf(await bus.bucket(AWS_TOKENS))
            desk = Desk(upstream, Arns(settings.aws_region, settings.aws_account), shelf, tokens)
            gate = BodyGate(settings.bodies_bytes, settings.body_seconds)
            endpoint = Endpoint(OPERATIONS, system.keys, gate, desk)
            port = await stack.enter_async_context(serve_http(settings, application([endpoint.route])))
            system.url = f"http://127.0.0.1:{port}"
            ready.set()
            await stop.wait()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        except BaseException as error:  # noqa: BLE001 - the test's thread raises it
            failures.append(error)
        finally:
            ready.set()
            loop.close()

    thread = threading.Thread(target=run, name="gateway")
    thread.start()
    ready.wait()
    try:
        if failures:
            raise failures[0]
        yield
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join()
        if failures:
            raise failures[0]
