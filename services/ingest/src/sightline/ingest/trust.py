"""Whom an `https` or `rtsps` camera has to be vouched for by: FFmpeg asks for nobody unless it is told to."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

import certifi

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of Debian, Fedora, and Alpine and macOS: Python's own place is often empty.
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


@dataclass(frozen=True)
class Trust:
    """What is accepted of a camera."""

    host: str = ""
    """The name that its certificate has to bear; empty: nothing is checked."""
    authorities: str = ""
    """A file, PEM: who may have signed it."""
    certificate: str = ""
    """PEM: the only one that is accepted, whoever signed it."""

    @contextmanager
    def file(self) -> Iterator[str]:
        """A path for FFmpeg, good while the block runs."""
        if not self.certificate:
            yield self.authorities
            return
        with NamedTemporaryFile("w", suffix=".pem", encoding="ascii") as file:
            file.write(self.certificate)
            file.flush()
            yield file.name


def system_authorities() -> Path:
    """The authorities that this system trusts, in one file; those of certifi where there is none."""
    places = (ssl.get_default_verify_paths().cafile, *_BUNDLES)
    return next((Path(place) for place in places if place and Path(place).is_file()), Path(certifi.where()))
