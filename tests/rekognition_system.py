"""Broker, services and a gateway as processes, which Rekognition's own clients call with access keys of ours."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import boto3
import httpx
from botocore.config import Config
from broker import run_closed_nats_server
from free_ports import find_free_ports
from known_callers import until_known
from processes import Service, new_service
from rekognition_shapes import check_answer
from secrets_for_tests import admit, tester_key
from video_system import prepare_broker

from sightline.chassis.bus import connect_bus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sightline.v1.access_service_pb2 import Grant

REGION = "us-east-1"
REASONS = {"purpose": "test", "legal_basis": "consent"}


@dataclass(frozen=True)
class KeyPair:
    """What a client signs with."""

    access_key_id: str
    secret_access_key: str


@dataclass
class RekognitionSystem:
    """The services by name, where the gateway listens, and keys of somebody who may do everything.

    Videos are read from the folder `videos`.
    """

    nats_url: str
    services: dict[str, Service]
    url: str
    videos: Path
    pair: KeyPair | None = None

    def client(self, pair: KeyPair | None = None, **config: Any) -> Any:
        """boto3's client, as it is, with nothing but another address."""
        keys = pair or self.pair
        assert keys is not None
        made = boto3.client(
            "rekognition",
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            config=Config(retries={"max_attempts": 2}, **config),
        )
        made.meta.events.register("before-parse.rekognition", _check_raw)
        return made

    def new_pair(self, api_key: str) -> KeyPair:
        """A pair that stands for an API key."""
        headers = {"authorization": f"Bearer {api_key}"}
        answer = httpx.post(f"{self.url}/v1/aws-keys", json={"name": "test", **REASONS}, headers=headers, timeout=60)
        made = answer.raise_for_status().json()
        return KeyPair(made["access_key_id"], made["secret_access_key"])

    def client_of(self, handle: str, *grants: Grant) -> Any:
        """The client of somebody with these rights."""

        async def admitted() -> str:
            async with connect_bus(self.nats_url, "test") as bus:
                key = await admit(bus, handle, *grants)
            targets = {name: self.services[name].target for name in ("ingest", "match", "notify")}
            await until_known(key, **targets)
            return key

        return self.client(self.new_pair(asyncio.run(admitted())))


def _check_raw(response_dict, operation_model, **_) -> None:
    """Every answer of a success has the members of botocore's shapes and no others, as it was sent."""
    if response_dict["status_code"] == HTTPStatus.OK:
        answer = json.loads(response_dict["body"])
        if "CreationTimestamp" in answer:
            assert isinstance(answer["CreationTimestamp"], float)
        check_answer(operation_model.name, answer)


@contextmanager
def running_rekognition(folder: Path, pack: Path) -> Iterator[RekognitionSystem]:
    """Starts everything; ends it with the block."""
    with ExitStack() as stack:
        nats = stack.enter_context(run_closed_nats_server(folder / "nats"))
        asyncio.run(prepare_broker(nats.tester_url))
        services: dict[str, Service] = {}
        (http_port,) = find_free_ports(1)
        (folder / "videos").mkdir()
        for name in ("detect", "embed", "match", "notify", "ingest", "gateway"):
            targets = {f"SIGHTLINE_{each.upper()}_TARGET": running.target for each, running in services.items()}
            env = {
                "SIGHTLINE_NATS_URL": nats.url,
                "SIGHTLINE_STATE_DIR": str(folder / "state"),
                "SIGHTLINE_PACK_DIR": str(pack),
                "SIGHTLINE_HTTP_PORT": str(http_port),
                "SIGHTLINE_CAMERA_NETWORKS": '["127.0.0.0/8"]',
                "SIGHTLINE_VIDEO_ROOTS": json.dumps([str(folder / "videos")]),
                **targets,
            }
            services[name] = new_service(f"sightline.{name}", env, folder / f"{name}.log")
            services[name].start()
            stack.callback(services[name].kill)
        for each in services.values():
            each.wait_serving()
        system = RekognitionSystem(nats.tester_url, services, f"http://127.0.0.1:{http_port}", folder / "videos")
        system.pair = system.new_pair(tester_key())
        yield system
        assert not nats.violations
