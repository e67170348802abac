"""All services as the processes that they are, the gateway before them, and a collection to search in."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import processes
from broker import run_nats_server
from free_ports import find_free_ports
from secrets_for_tests import admit_tester, tester_key

from sightline.chassis.bus import connect_bus
from sightline.chassis.provision import provision
from sightline.chassis.rpc import BearerText, open_channel
from sightline.chassis.topology import TOPOLOGY
from sightline.cli import sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import grpc

_NAMES = ("detect", "embed", "match", "notify", "ingest")
WANTED = {"name": "bench", "purpose": "bench", "legal_basis": "consent"}


@dataclass
class GatewaySystem:
    """What runs.

    Attributes:
        channels: to detect and match, as the owner of an API key.
        port: of the gateway.
        gateway: its process.
        pair: an access key pair for the same API key.
    """

    channels: dict[str, grpc.aio.Channel]
    port: int
    gateway: int
    pair: dict[str, Any]


@asynccontextmanager
async def running(folder: Path, pack: Path) -> AsyncIterator[GatewaySystem]:
    """The system, ready, and ended with the block; logs lie in the folder. No limits on calls: it is not about them."""
    with ExitStack() as stack:
        broker = stack.enter_context(run_nats_server(folder / "nats"))
        async with connect_bus(broker.url, "bench") as bus:
            await provision(bus, TOPOLOGY)
            await admit_tester(bus)
        shared = {
            "SIGHTLINE_NATS_URL": broker.url,
            "SIGHTLINE_LOG_LEVEL": "warning",
            "SIGHTLINE_CALLS_PER_SECOND": "0",
            "SIGHTLINE_CALLS_AT_ONCE": "0",
            "SIGHTLINE_PACK_DIR": str(pack),
            # Searches are not counted.
            "SIGHTLINE_POLICY": str(Path(sandbox.__file__).with_name("policy.toml")),
        }
        made = {name: processes.new_service(f"sightline.{name}", {}, folder / f"{name}.log") for name in _NAMES}
        targets = {f"SIGHTLINE_{name.upper()}_TARGET": each.target for name, each in made.items()}
        (port,) = find_free_ports(1)
        gateway = processes.new_service("sightline.gateway", {}, folder / "gateway.log")
        own = {"gateway": {"SIGHTLINE_HTTP_PORT": str(port)}}
        for name, each in {**made, "gateway": gateway}.items():
            each.env = {**shared, **targets, "SIGHTLINE_STATE_DIR": str(folder / name), **own.get(name, {})}
            each.start()
            stack.callback(each.kill)
        for each in (*made.values(), gateway):
            await each.ready()
        pair = await asyncio.to_thread(_pair, port)
        credentials = BearerText(tester_key())
        async with (
            open_channel(made["detect"].target, credentials) as detect,
            open_channel(made["match"].target, credentials) as match,
        ):
            assert gateway.process is not None
            yield GatewaySystem({"detect": detect, "match": match}, port, gateway.process.pid, pair)


def _pair(port: int) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/aws-keys",
        data=json.dumps(WANTED).encode(),
        headers={"authorization": f"Bearer {tester_key()}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        return dict(json.load(answer))
