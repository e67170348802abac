"""A small certificate authority: its own certificate, and those that it issues."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sightline.chassis.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

AUTHORITY_LIFE = timedelta(days=3652)
CERTIFICATE_LIFE = timedelta(days=397)
"""What browsers accept at most."""
# Clocks that are a little slow must not find a certificate of the future.
_BACKDATED = timedelta(hours=1)
# P-256: BoringSSL (gRPC), Go (the broker), OpenSSL and browsers have it in common; browsers refuse Ed25519.
_CURVE = ec.SECP256R1


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, PEM."""

    chain: bytes
    key: bytes = field(repr=False)


class CertificateAuthority:
    """Issues certificates.

    Args:
        chain: its own certificate, then those that lead to a root; one, where it is the root.
        key: its private key.
    """

    def __init__(self, chain: list[x509.Certificate], key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
        self._chain = chain
        self._key = key

    @classmethod
    def made(cls, name: str = "Sightline") -> CertificateAuthority:
        """Make a new one, which is its own root."""
        key, subject = ec.generate_private_key(_CURVE()), _name(name)
        builder = (
            _builder(subject, subject, key.public_key(), AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
        )
        return cls([builder.sign(key, hashes.SHA256())], key)

    @classmethod
    def read(cls, certificates: bytes, key: bytes) -> CertificateAuthority:
        """Read one from PEM. Raises InvalidInput AUTHORITY_INVALID."""
        try:
            chain, private = x509.load_pem_x509_certificates(certificates), load_pem_private_key(key, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # The cause is not kept: what a parser says of a key may repeat parts of it.
            raise _invalid("they have to be PEM, and the key without a password") from None
        if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise _invalid("the key has to be one of an elliptic curve, or RSA")
        if _raw(chain[0].public_key()) != _raw(private.public_key()):
            raise _invalid("the key belongs to another certificate")
        if not _may_issue(chain[0]):
            raise _invalid("the certificate is not an authority's (CA:TRUE)")
        return cls(chain, private)

    @property
    def certificates(self) -> bytes:
        """PEM of what has to be believed."""
        return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in self._chain)

    @property
    def key(self) -> bytes:
        """PEM of the private key."""
        return _pem(self._key)

    def issue(self, names: Iterable[str], life: timedelta = CERTIFICATE_LIFE, *, calls: bool = True) -> Issued:
        """Issue a certificate for a server, and for a client where it `calls` others.

        Args:
            names: DNS names and addresses; the first one is its subject, too.
            life: from now on; never beyond the authority's own.
            calls: whether it may be shown by a client.
        """
        listed = list(names)
        key, own = ec.generate_private_key(_CURVE()), self._chain[0]
        uses = [ExtendedKeyUsageOID.SERVER_AUTH, *([ExtendedKeyUsageOID.CLIENT_AUTH] if calls else [])]
        life = min(life, own.not_valid_after_utc - datetime.now(UTC))
        certificate = (
            _builder(own.subject, _name(listed[0]), key.public_key(), life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            .add_extension(x509.SubjectAlternativeName(map(_alternative, listed)), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own.public_key()), critical=False)  # type: ignore[arg-type]  # an authority's key signs
            .sign(self._key, hashes.SHA256())
        )
        between = [each for each in self._chain if each.issuer != each.subject]
        chain = b"".join(each.public_bytes(Encoding.PEM) for each in (certificate, *between))
        return Issued(chain, _pem(key))


def _builder(
    issuer: x509.Name, subject: x509.Name, public: ec.EllipticCurvePublicKey, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _raw(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined, no-any-return]  # every public key has it


def _invalid(what: str) -> InvalidInput:
    return InvalidInput("AUTHORITY_INVALID", f"the authority's certificate and key cannot be used: {what}.")
