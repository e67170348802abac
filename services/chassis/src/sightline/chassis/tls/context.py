"""TLS contexts of Python's own library, for what is not gRPC: the broker, Qdrant, and metrics."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from sightline.chassis.errors import FailedPrecondition

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.chassis.tls.certificate_folder import CertificateFolder


def client_context(authorities: Path | None) -> ssl.SSLContext:
    """Believes servers whose certificates these have issued; None: the system's authorities.

    Raises:
        FailedPrecondition: AUTHORITIES_INVALID.
    """
    try:
        return ssl.create_default_context(cafile=authorities)
    except OSError as error:
        raise FailedPrecondition(
            "AUTHORITIES_INVALID",
            f"{authorities} has no certificates (PEM) of an authority that can be read: name another file.",
        ) from error


class ServerContexts:
    """Contexts of a server, each with the certificate of its moment.

    Args:
        folder: of the certificate.

    Raises:
        FailedPrecondition: as CertificateFolder.
    """

    def __init__(self, folder: CertificateFolder) -> None:
        self._folder = folder
        self._shown = folder.current()
        self._context = self._made()

    def current(self) -> ssl.SSLContext:
        """For the next connection."""
        found = self._folder.current()
        if found is not self._shown:
            try:
                self._context = self._made()
            except OSError:  # its files are just being replaced: the next connection gets it
                return self._context
            self._shown = found
        return self._context

    def end(self) -> float:
        """When the certificate ends, in seconds since 1970."""
        return self._folder.current().end.timestamp()

    def _made(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._folder.chain, self._folder.key)
        return context
