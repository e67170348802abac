"""TLS of gRPC servers, with the certificate of the moment in every handshake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc

if TYPE_CHECKING:
    from sightline.chassis.tls.certificate import Certificate
    from sightline.chassis.tls.certificate_folder import CertificateFolder


def server_credentials(folder: CertificateFolder, *, mutual: bool) -> grpc.ServerCredentials:
    """What a port shows; a `mutual` one refuses whoever shows no certificate of our authorities.

    Raises:
        FailedPrecondition: as CertificateFolder.
    """
    shown = folder.current()

    def changed() -> grpc.ServerCertificateConfiguration | None:
        """Called in each handshake; None: go on with the one that is shown."""
        nonlocal shown
        found = folder.current()
        if found is shown:
            return None
        shown = found
        return _configuration(found)

    return grpc.dynamic_ssl_server_credentials(
        _configuration(shown),
        changed,  # type: ignore[arg-type]  # the types leave out what grpcio says of None
        require_client_authentication=mutual,
    )


def _configuration(certificate: Certificate) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration(
        [(certificate.key, certificate.chain)], root_certificates=certificate.authorities
    )
