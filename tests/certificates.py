"""Certificates for cameras of tests: signed by themselves, or by an authority of ours."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Identity:
    """A certificate with its key, as files."""

    file: Path
    issued: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate(self) -> str:
        """PEM."""
        return self.issued.public_bytes(Encoding.PEM).decode()

    @property
    def key_file(self) -> Path:
        """PEM of the key."""
        return self.file.with_suffix(".key")

    def server(self) -> ssl.SSLContext:
        """What a server shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key_file)
        return context


def self_signed(place: Path, name: str, *, alternatives: tuple[x509.GeneralName, ...] = (), days: int = 30) -> Identity:
    """A certificate as cameras make it for themselves; with negative `days` it has expired."""
    return _issue(place, name, alternatives, days, None)


def signed_by(issuer: Identity, place: Path, *alternatives: x509.GeneralName) -> Identity:
    """A certificate that an authority made."""
    return _issue(place, "camera", alternatives, 30, issuer)


def _issue(
    place: Path, name: str, alternatives: tuple[x509.GeneralName, ...], days: int, issuer: Identity | None
) -> Identity:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.issued.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    made = Identity(place.with_suffix(".pem"), builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)
    made.file.write_text(made.certificate)
    made.key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made
