"""When the broker's certificate ends, as it shows it over real TLS."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from installation_certificates import new_certificates
from prometheus_client import CollectorRegistry

from sightline.chassis.settings import ServiceSettings
from sightline.chassis.tls.context import ServerContexts
from sightline.cli.broker_certificate import BrokerCertificate

if TYPE_CHECKING:
    from pathlib import Path


class ProvisionSettings(ServiceSettings):
    """As of the process that provisions."""

    service: ClassVar[str] = "provision"


async def told(port: int, secrets: Path) -> float | None:
    """Days until the end, as the gauge has it after one look; None where it has nothing."""
    registry = CollectorRegistry()
    where = {"nats_monitoring_url": f"https://127.0.0.1:{port}", "secrets_dir": secrets, "tls": "on"}
    await BrokerCertificate(ProvisionSettings(**where), registry).look()
    end = registry.get_sample_value("sightline_broker_certificate_end_seconds", {"broker": "127.0.0.1"})
    return end and (end - time.time()) / 86_400


async def test_the_end_is_told_of_what_is_shown(tmp_path, free_port):
    """Nine days, as issued; nothing of a broker that is away, or for whom a stranger vouches."""
    certificates, strange = new_certificates(tmp_path / "own"), new_certificates(tmp_path / "strange")
    certificates.issue("provision")
    strange.issue("provision")
    context = ServerContexts(certificates.issue("nats", timedelta(days=9))).current()
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", free_port, ssl=context)
    async with server:
        assert round(await told(free_port, tmp_path / "own"), 2) == 9
        assert await told(free_port, tmp_path / "strange") is None
    assert await told(free_port, tmp_path / "own") is None
