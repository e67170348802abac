"""What is accepted of an `https` or `rtsps` camera, as `sightline cameras` takes and shows it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from sightline.chassis.errors import InvalidInput
from sightline.v1 import camera_service_pb2 as pb

UNCHECKED, AUTHORITIES = "unchecked", "authorities"
_WITH_TLS = frozenset({"https", "rtsps"})
CertificateOption = Annotated[
    str | None,
    typer.Option(
        help="Of https and rtsps: a file (PEM) with the camera's own certificate, which alone is accepted then; "
        "'authorities': one that those sign whom the installation trusts, as by default; 'unchecked': any."
    ),
]


def certificate_fields(certificate: str | None) -> Mapping[str, Any]:
    """Give the fields that say what is accepted; None where the option was not given.

    Raises:
        InvalidInput: CERTIFICATE_UNREADABLE.
    """
    if certificate is None:
        return {"certificate": None, "unverified_tls": None}
    named = certificate in {UNCHECKED, AUTHORITIES}
    return {"certificate": "" if named else _read(Path(certificate)), "unverified_tls": certificate == UNCHECKED}


def certificate_text(camera: pb.Camera) -> str:
    """Give it in words, a camera's own certificate by its fingerprint."""
    if urlsplit(camera.source_url).scheme not in _WITH_TLS:
        return "none: the source has no TLS"
    if camera.unverified_tls:
        return "unchecked: any is accepted"
    if not camera.certificate:
        return "by authorities"
    try:
        print_ = x509.load_pem_x509_certificate(camera.certificate.encode()).fingerprint(SHA256())
    except ValueError:
        return "its own"
    return f"its own, SHA-256 {print_.hex(':').upper()}"


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("CERTIFICATE_UNREADABLE", f"{file} cannot be read as PEM; name another file") from error
