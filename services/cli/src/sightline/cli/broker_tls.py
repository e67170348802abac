"""The broker's TLS, as nats-server's configuration has it."""

from dataclasses import replace

from sightline.chassis.tls.certificate_folder import CertificateFolder
from sightline.cli.nats_server import NatsServer
from sightline.cli.ports import Ports

HANDSHAKE_FIRST = (2, 10, 4)
"""The first nats-server that can speak TLS before it says anything, which our clients insist upon."""


def as_spoken_by(broker: NatsServer, ports: Ports) -> Ports:
    """Give the same ports, with TLS at the broker's where it can speak it first."""
    return replace(ports, broker_tls=broker.release >= HANDSHAKE_FIRST)


def tls_block(certificates: CertificateFolder) -> str:
    """Write the block that makes a broker show this certificate, and never speak in plain text."""
    return f"""tls {{
  cert_file: {quoted(certificates.chain)}
  key_file: {quoted(certificates.key)}
  handshake_first: true
}}
"""


def quoted(text: object) -> str:
    """Write text as a string of that configuration."""
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
