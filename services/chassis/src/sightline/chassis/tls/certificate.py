"""A certificate with its key, and whom its owner believes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes


@dataclass(frozen=True, eq=False)
class Certificate:
    """What a process shows of itself.

    Attributes:
        chain: PEM, its own certificate first.
        key: PEM of the private key.
        authorities: PEM of those whose certificates it believes.
        names: DNS names that it bears; its service's is among them.
        end: from when on nobody accepts it.
    """

    chain: bytes
    key: bytes = field(repr=False)
    authorities: bytes
    names: tuple[str, ...]
    end: datetime

    @classmethod
    def parse(cls, chain: bytes, key: bytes, authorities: bytes) -> Certificate:
        """From PEM. Raises ValueError where one is none, or where key and certificate do not belong together."""
        own = x509.load_pem_x509_certificates(chain)[0]
        x509.load_pem_x509_certificates(authorities)
        if _raw(own.public_key()) != _raw(_public(key)):
            raise ValueError("the key belongs to another certificate")
        return cls(chain, key, authorities, dns_names(own), own.not_valid_after_utc)

    @property
    def expired(self) -> bool:
        """Whether nobody accepts it any more."""
        return self.end <= datetime.now(UTC)


def dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The DNS names of a certificate; none where it has no such extension."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(names.value.get_values_for_type(x509.DNSName))


def _public(key: bytes) -> PublicKeyTypes:
    try:
        return load_pem_private_key(key, password=None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The cause is not kept: what a parser says of a key may repeat parts of it.
        raise ValueError("the key is no private key in PEM without a password") from None


def _raw(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
