"""What makes a channel safe: whom the caller believes, what name they expect, and what they show themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import grpc

if TYPE_CHECKING:
    from sightline.chassis.tls.certificate_folder import CertificateFolder


@dataclass(frozen=True, eq=False)
class ChannelSecurity:
    """TLS of one channel.

    Attributes:
        credentials: whom the caller believes, and what they show.
        name: the certificate at the other end has to bear it, whatever the address is; empty: the address's host.
    """

    credentials: grpc.ChannelCredentials = field(repr=False)
    name: str = ""

    @property
    def options(self) -> list[tuple[str, str]]:
        """Of the channel."""
        return [("grpc.ssl_target_name_override", self.name)] if self.name else []


class ChannelSecurities(Protocol):
    """Gives the security of the next connection."""

    def current(self) -> ChannelSecurity:
        """The same object as long as nothing has changed."""


class ServiceSecurity:
    """Of a service's calls to another, which has to show a certificate of the service's name.

    Args:
        folder: of the caller's own certificate.
        service: who is called.
    """

    def __init__(self, folder: CertificateFolder, service: str) -> None:
        self._folder = folder
        self._service = service
        self._certificate = folder.current()
        self._security = self._made()

    def current(self) -> ChannelSecurity:
        """See ChannelSecurities."""
        found = self._folder.current()
        if found is not self._certificate:
            self._certificate = found
            self._security = self._made()
        return self._security

    def _made(self) -> ChannelSecurity:
        own = self._certificate
        return ChannelSecurity(grpc.ssl_channel_credentials(own.authorities, own.key, own.chain), self._service)


class ClientSecurity:
    """Of people's and programs' calls, who show no certificate.

    Args:
        authorities: PEM of those whose certificates are believed; None: the system's authorities.
        service: its name has to be in the certificate; empty: the address's host.
    """

    def __init__(self, authorities: bytes | None, service: str = "") -> None:
        self._security = ChannelSecurity(grpc.ssl_channel_credentials(authorities), service)

    def current(self) -> ChannelSecurity:
        """See ChannelSecurities."""
        return self._security
