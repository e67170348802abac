"""All that a service needs to know who calls it, and to say who it is itself."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.chassis.audit import Auditor
from sightline.chassis.bus import connect_bus
from sightline.chassis.identity.authenticator import Authenticator
from sightline.chassis.identity.callers import CallerBook
from sightline.chassis.identity.key_uses import KeyUses
from sightline.chassis.identity.oidc import open_oidc
from sightline.chassis.identity.refusals import Refusals
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.identity.service_token import ServiceSigner, ServiceTokens
from sightline.chassis.principal import calling_principal
from sightline.chassis.tls.channel_security import ServiceSecurity
from sightline.chassis.topology import KEY_USES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from prometheus_client import CollectorRegistry

    from sightline.chassis.bus import Bus
    from sightline.chassis.settings import ServiceSettings
    from sightline.chassis.tls.certificate_folder import CertificateFolder


@dataclass(frozen=True)
class ServiceSecrets:
    """What a service reads from the secrets folder before it does anything else."""

    callers_key: bytes
    signer: ServiceSigner
    tokens: ServiceTokens
    certificates: CertificateFolder | None


def read_secrets(settings: ServiceSettings) -> ServiceSecrets:
    """Reads the secrets of a service.

    Raises:
        FailedPrecondition: SECRETS_MISSING, SECRET_INVALID, SECRET_EXPOSED, PLAINTEXT_REFUSED, and as
            CertificateFolder.
    """
    folder, service, certificates = SecretsFolder(settings.secrets_dir), settings.service, settings.certificates
    if certificates:
        certificates.current()
    return ServiceSecrets(
        folder.callers_key(),
        ServiceSigner(service, folder.service_key(service)),
        ServiceTokens(service, folder.trusted_services()),
        certificates,
    )


def service_bus(
    settings: ServiceSettings, registry: CollectorRegistry | None = None
) -> AbstractAsyncContextManager[Bus]:
    """A service's own connection to the broker, by its own key.

    Raises FailedPrecondition SECRETS_MISSING, SECRET_INVALID, SECRET_EXPOSED, and as `connect_bus`.
    """
    return connect_bus(
        settings.nats_url,
        settings.service,
        authorities=settings.authorities,
        key=SecretsFolder(settings.secrets_dir).broker_key(settings.service),
        registry=registry,
    )


class ServiceCredentials:
    """Credentials of a service that calls another: its own, with the caller for whom it acts."""

    def __init__(self, signer: ServiceSigner, audience: str, certificates: CertificateFolder | None = None) -> None:
        self._signer = signer
        self._audience = audience
        self.security = ServiceSecurity(certificates, audience) if certificates else None

    def header(self) -> str:
        """See sightline.chassis.rpc.Credentials."""
        caller = calling_principal()
        return f"Bearer {self._signer.token(self._audience, caller.subject if caller else '')}"


@dataclass(frozen=True)
class Identity:
    """Who callers are, who they may be told that we are, and where refusals go."""

    authenticator: Authenticator
    refusals: Refusals
    book: CallerBook
    uses: KeyUses
    auditor: Auditor
    secrets: ServiceSecrets

    def to(self, service: str) -> ServiceCredentials:
        """Our credentials for calls to another service."""
        return ServiceCredentials(self.secrets.signer, service, self.secrets.certificates)


@asynccontextmanager
async def open_identity(settings: ServiceSettings, secrets: ServiceSecrets, bus: Bus) -> AsyncIterator[Identity]:
    """Follows who may call while the block runs; enters it once everything that is known now has been read.

    Raises:
        FailedPrecondition: NOT_PROVISIONED, or settings of the identity provider that cannot be used (OIDC_…).
        Unavailable: BROKER_UNAVAILABLE.
    """
    auditor = Auditor(bus, settings.service)
    book, uses, refusals = CallerBook(bus), KeyUses(bus, await bus.bucket(KEY_USES)), Refusals(auditor)
    async with book.following(), uses.running(), refusals.running(), open_oidc(settings) as oidc:
        authenticator = Authenticator(book, secrets.callers_key, secrets.tokens, oidc, uses)
        yield Identity(authenticator, refusals, book, uses, auditor, secrets)
