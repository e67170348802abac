"""The certificate that a camera made for itself, which alone is accepted of it."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from sightline.chassis.errors import InvalidInput

_NAMES = (x509.DNSName, x509.IPAddress)


def check_certificate(pem: str) -> None:
    """Raises InvalidInput CERTIFICATE_INVALID: it is not one certificate, or bears no name to ask for."""
    if not _name(_read(pem)):
        raise _invalid("it bears no name: have the camera make another, or leave it unchecked.")


def name_in(pem: str) -> str:
    """A name that the certificate bears: FFmpeg checks for one, whether or not its bearer is reached by it."""
    return _name(_read(pem))


def fingerprint(pem: str) -> str:
    """SHA-256 of the certificate, in hexadecimal."""
    return _read(pem).fingerprint(SHA256()).hex()


def _read(pem: str) -> x509.Certificate:
    try:
        (certificate,) = x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise _invalid("give the camera's own one, in PEM, alone.") from error
    return certificate


def _name(certificate: x509.Certificate) -> str:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = [str(name.value) for name in extension.value if isinstance(name, _NAMES)]
    except x509.ExtensionNotFound:
        names = []
    except ValueError as error:
        raise _invalid("it is damaged; take it from the camera again.") from error
    names = names or [str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return names[0].replace("*", "camera") if names else ""


def _invalid(why: str) -> InvalidInput:
    return InvalidInput("CERTIFICATE_INVALID", f"The camera's certificate cannot be used: {why}")
