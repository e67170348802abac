"""A server of detect with certificates of its own, and callers with theirs."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from free_ports import find_free_ports
from installation_certificates import new_certificates
from prometheus_client import CollectorRegistry
from secrets_for_tests import secrets_folder

from sightline.chassis.health import Health
from sightline.chassis.identity.identity import ServiceCredentials, open_identity, read_secrets
from sightline.chassis.identity.service_token import ServiceSigner
from sightline.chassis.principal import current_principal
from sightline.chassis.rpc import Served, open_channel, serve_rpc
from sightline.chassis.settings import ServiceSettings
from sightline.v1 import detect_service_pb2, detect_service_pb2_grpc, face_pb2

REQUEST = detect_service_pb2.DetectFacesRequest(images=[face_pb2.Image(encoded=b"x")], purpose="test")


class DetectSettings(ServiceSettings):
    """Settings of a service that answers to the name of detect."""

    service = "detect"


class StubDetect(detect_service_pb2_grpc.DetectServiceServicer):
    """Answers with its caller."""

    async def DetectFaces(self, _request, _context):
        principal = current_principal()
        return detect_service_pb2.DetectFacesResponse(detector_id=principal.service or principal.credential)


@dataclass
class Server:
    """Where it listens: for people and programs, and for services."""

    clients: int
    peers: int


@pytest.fixture
def certificates(tmp_path):
    """Those of detect and ingest, by one authority."""
    made = new_certificates(tmp_path / "installation")
    made.issue("detect")
    made.issue("ingest")
    return made


@pytest.fixture
def serve(bus, nats_server, certificates):
    """A function that serves with the certificate that is in detect's folder."""

    @asynccontextmanager
    async def serving():
        settings = DetectSettings(
            secrets_dir=secrets_folder().path,
            nats_url=nats_server.url,
            tls="on",
            tls_dir=certificates.root / "tls" / "detect",
            peer_port=find_free_ports(1)[0],
            drain_seconds=1,
        )
        async with open_identity(settings, read_secrets(settings), bus) as identity:
            add = detect_service_pb2_grpc.add_DetectServiceServicer_to_server
            served = [Served("sightline.v1.DetectService", StubDetect(), add)]
            async with serve_rpc(settings, served, identity, Health(), CollectorRegistry()) as port:
                yield Server(port, settings.peer_port)

    return serving


@pytest.fixture
async def server(serve):
    """A server with a good certificate."""
    async with serve() as running:
        yield running


def token_with(folder, service="ingest"):
    """A service's token, shown together with the certificate in that folder."""
    signer = ServiceSigner(service, secrets_folder().service_key(service))
    return ServiceCredentials(signer, "detect", folder)


async def ask(port, credentials) -> str:
    """Who the server says has called."""
    async with open_channel(f"127.0.0.1:{port}", credentials) as channel:
        stub = detect_service_pb2_grpc.DetectServiceStub(channel)
        return (await stub.DetectFaces(REQUEST, timeout=60)).detector_id
