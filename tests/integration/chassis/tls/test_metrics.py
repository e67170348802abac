"""Metrics over TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
import urllib.error
import urllib.request

import pytest
from cryptography import x509
from installation_certificates import new_certificates

from sightline.chassis.metrics import new_registry, serve_metrics
from sightline.chassis.settings import ServiceSettings
from sightline.chassis.tls.context import client_context


class Settings(ServiceSettings):
    """Settings of a service without any of its own."""

    service = "detect"


@pytest.fixture
def installation(tmp_path):
    """An authority, and detect's certificate."""
    made = new_certificates(tmp_path)
    made.issue("detect")
    return made


@pytest.fixture
async def port(installation):
    """Where they are served."""
    settings = Settings(tls="on", secrets_dir=installation.root)
    async with serve_metrics(settings, new_registry()) as number:
        yield number


def read(address: str, authorities=None) -> str:
    """What Prometheus would read there."""
    context = client_context(authorities) if authorities else None
    with urllib.request.urlopen(address, timeout=60, context=context) as answer:  # noqa: S310 - our own endpoint
        return answer.read().decode()


async def test_they_are_read_over_tls_alone(port, installation):
    """With the installation's authority; in plain text nothing is answered. They say when the certificate ends."""
    text = await asyncio.to_thread(read, f"https://127.0.0.1:{port}/metrics", installation.root / "tls" / "ca.crt")
    [end] = [line.split()[1] for line in text.splitlines() if line.startswith("sightline_certificate_end_seconds ")]
    assert float(end) > 1.7e9
    with pytest.raises(OSError, match=r".+"):
        await asyncio.to_thread(read, f"http://127.0.0.1:{port}/metrics")


async def test_who_says_nothing_keeps_nobody_out(port, installation):
    """A connection without a handshake does not hold up the next one, and each sees the certificate of its moment."""
    with socket.create_connection(("127.0.0.1", port)):
        first = await serial(port)
        installation.issue("detect")
        assert await serial(port) != first


async def serial(port) -> int:
    """The number of the certificate that a new connection sees."""
    pem = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port), timeout=60)
    return x509.load_pem_x509_certificate(pem.encode()).serial_number
